unit_test(doctor client net prog base PkgConfig::jansson PkgConfig::sodium)
foreach(part doctor_report host jsonl plain plain_entry plain_put plain_rows record show table)
    target_sources(test_doctor PRIVATE ${CMAKE_SOURCE_DIR}/src/prog/${part}.c)
endforeach()
