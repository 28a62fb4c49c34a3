foreach(name IN ITEMS store store_read store_disk store_damage store_trim store_quota
                      store_verify store_backup store_roles store_invites store_stays store_model
                      store_blocks store_pair store_synced store_read_only search search_file)
    unit_test(${name} tools search sqlite store base PkgConfig::sqlite3 Threads::Threads)
    target_sources(test_${name} PRIVATE unit/store_fixture.c unit/memory_store.c)
endforeach()
target_sources(test_search PRIVATE unit/search_fixture.c)
target_sources(test_search_file PRIVATE unit/search_fixture.c)
unit_test(names tools search sqlite store base PkgConfig::sqlite3)
unit_test(people roster base)
unit_test(roster roster base)
unit_test(block tools search sqlite store base PkgConfig::sqlite3)
unit_test(schema sqlite store base PkgConfig::sqlite3)
