# libconclave: the client and what it stands on, shared and static, with nothing but conclave_*
# visible; and what other build systems need to find it. Programs are installed elsewhere.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(library_layers api client disk rpc net wire base)
set(library_objects)
foreach(l IN LISTS library_layers)
    list(APPEND library_objects $<TARGET_OBJECTS:${l}>)
endforeach()
set(library_needs PkgConfig::zmq PkgConfig::sodium PkgConfig::uuid PkgConfig::msgpack)

add_library(libconclave SHARED ${library_objects})
set_target_properties(libconclave PROPERTIES
    OUTPUT_NAME conclave
    EXPORT_NAME conclave
    VERSION ${PROJECT_VERSION}
    SOVERSION 0
    LINKER_LANGUAGE C
    PUBLIC_HEADER include/conclave.h)
target_include_directories(libconclave INTERFACE
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(libconclave PRIVATE ${library_needs})

# One object in which the hidden symbols are local: names inside the library then cannot clash
# with those of a program that links it statically.
set(library_object ${CMAKE_BINARY_DIR}/libconclave.o)
add_custom_command(
    OUTPUT ${library_object}
    COMMAND ${CMAKE_LINKER} -r -o ${library_object} ${library_objects}
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${library_object}
    DEPENDS ${library_objects} ${library_layers}
    COMMAND_EXPAND_LISTS VERBATIM)
set_source_files_properties(${library_object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
add_library(libconclave_static STATIC ${library_object})
set_target_properties(libconclave_static PROPERTIES
    OUTPUT_NAME conclave
    EXPORT_NAME conclave_static
    LINKER_LANGUAGE C)
target_include_directories(libconclave_static INTERFACE
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(libconclave_static INTERFACE ${library_needs})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Conclave)
install(TARGETS libconclave EXPORT ConclaveTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    PUBLIC_HEADER DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS libconclave_static EXPORT ConclaveStaticTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT ConclaveTargets NAMESPACE Conclave:: DESTINATION ${package_dir})
install(EXPORT ConclaveStaticTargets NAMESPACE Conclave:: DESTINATION ${package_dir})
configure_package_config_file(cmake/ConclaveConfig.cmake.in ${CMAKE_BINARY_DIR}/ConclaveConfig.cmake
    INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/ConclaveConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/ConclaveConfig.cmake
    ${CMAKE_BINARY_DIR}/ConclaveConfigVersion.cmake DESTINATION ${package_dir})

# Relative to the file itself, so that the tree can be installed under any prefix.
file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/conclave.pc.in ${CMAKE_BINARY_DIR}/conclave.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/conclave.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
