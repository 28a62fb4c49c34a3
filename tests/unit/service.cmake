foreach(name IN ITEMS worker members sessions batch directory group_members group_messages
                      group_feed group_failures group_upkeep)
    unit_test(${name} service)
endforeach()
foreach(name IN ITEMS group_members group_messages group_feed group_failures group_upkeep)
    target_sources(test_${name} PRIVATE unit/service_desk.c unit/group_rig.c)
endforeach()
target_sources(test_directory PRIVATE unit/service_desk.c)
