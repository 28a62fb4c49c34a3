# The programs' own layer, and program(NAME SOURCES... USES...): one executable from src/prog.
include(GNUInstallDirs)
layer(prog
    SOURCES opts.c program.c value.c
    USES base
    LIBS PkgConfig::sodium)

function(program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES")
    list(TRANSFORM arg_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/src/prog/)
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE prog ${arg_USES})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

program(conclave-keygen SOURCES conclave-keygen.c USES net)
program(conclave-server SOURCES conclave-server.c daemon.c USES service)
program(conclave-group SOURCES conclave-group.c daemon.c group_tools.c USES service)
program(conclave
    SOURCES conclave.c cmd.c cmd_feed.c cmd_groups.c cmd_history.c cmd_members.c cmd_send.c
            cmd_whoami.c jsonl.c lines.c plain.c show.c
    USES client net)
target_link_libraries(conclave PRIVATE PkgConfig::jansson PkgConfig::sodium)
