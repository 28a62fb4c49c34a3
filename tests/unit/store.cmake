foreach(name IN ITEMS store store_read store_disk store_damage store_trim store_quota
                      store_verify store_backup)
    unit_test(${name} store base PkgConfig::sqlite3 Threads::Threads)
    target_sources(test_${name} PRIVATE unit/store_fixture.c)
endforeach()
unit_test(names store base PkgConfig::sqlite3)
