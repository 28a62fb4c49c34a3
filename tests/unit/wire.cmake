foreach(name IN ITEMS mp wire wire_rules protocol)
    unit_test(${name} wire base PkgConfig::msgpack)
    target_sources(test_${name} PRIVATE unit/wire_samples.c unit/wire_samples_code.c)
endforeach()
target_sources(test_protocol PRIVATE unit/wire_examples.c)
target_link_libraries(test_protocol PRIVATE api)
target_compile_definitions(test_protocol PRIVATE
    PROTOCOL_MD="${CMAKE_SOURCE_DIR}/docs/protocol.md")
