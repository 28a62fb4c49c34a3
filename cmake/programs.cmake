# The programs' own layer, and program(NAME SOURCES... USES...): one executable from src/prog.
include(GNUInstallDirs)
layer(prog
    SOURCES commands.c completion.c completion_bash.c completion_fish.c completion_zsh.c config.c
            config_file.c help.c manual.c nearest.c opts.c program.c screen.c settings.c
            value.c
    USES base
    LIBS PkgConfig::sodium ${UNISTRING_LIBRARY})

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
    SOURCES conclave.c cmd.c cmd_chat.c cmd_config.c cmd_doctor.c cmd_feed.c cmd_groups.c
            cmd_history.c cmd_init.c cmd_invite.c cmd_join.c cmd_members.c cmd_moderate.c
            cmd_search.c cmd_send.c cmd_topic.c cmd_trust.c cmd_whoami.c doctor_door.c
            doctor_local.c doctor_report.c doctor_talk.c feed_exec.c feed_places.c feeding.c host.c
            jsonl.c lines.c plain.c plain_entry.c plain_put.c plain_rows.c progress.c reading.c
            reading_export.c record.c sending_lines.c setup.c show.c table.c
    USES chat client net)
target_link_libraries(conclave PRIVATE PkgConfig::jansson PkgConfig::sodium)

# Manual pages and completions: the programs print them from their tables of options.
set(documents ${CMAKE_BINARY_DIR}/share)
add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/documents.stamp
    COMMAND ${CMAKE_COMMAND} -DPROGRAMS=${CMAKE_BINARY_DIR}/bin -DOUT=${documents}
            -P ${CMAKE_SOURCE_DIR}/cmake/documents.cmake
    COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/documents.stamp
    DEPENDS conclave conclave-server conclave-group conclave-keygen cmake/documents.cmake
    COMMENT "Manual pages and completions" VERBATIM)
add_custom_target(documents ALL DEPENDS ${CMAKE_BINARY_DIR}/documents.stamp)
install(DIRECTORY ${documents}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR})
install(DIRECTORY ${documents}/bash-completion ${documents}/zsh ${documents}/fish
    DESTINATION ${CMAKE_INSTALL_DATADIR})
