# Who may come in, how often, and how fast they may ask.
foreach(name IN ITEMS auth meter unread watch)
    unit_test(${name} net PkgConfig::sodium)
endforeach()
unit_test(intake group server)
target_sources(test_intake PRIVATE unit/service_desk.c)
unit_test(program cli)
