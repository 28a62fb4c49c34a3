# What the programs are made of beside their options.
unit_test(show client base PkgConfig::jansson PkgConfig::sodium)
target_sources(test_show PRIVATE ${CMAKE_SOURCE_DIR}/src/prog/show.c
                                 ${CMAKE_SOURCE_DIR}/src/prog/plain.c
                                 ${CMAKE_SOURCE_DIR}/src/prog/jsonl.c)
target_include_directories(test_show PRIVATE ${CMAKE_SOURCE_DIR}/src/prog
                                             ${CMAKE_SOURCE_DIR}/include)
unit_test(lines base)
target_sources(test_lines PRIVATE ${CMAKE_SOURCE_DIR}/src/prog/lines.c)
target_include_directories(test_lines PRIVATE ${CMAKE_SOURCE_DIR}/src/prog)
unit_test(opts prog base)
