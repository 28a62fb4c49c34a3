# What all programs share: options, settings, help, manual pages and completions.
include(GNUInstallDirs)
layer(cli
    SOURCES commands.c complete.c config.c examples.c help.c manual.c nearest.c opts.c program.c
            screen.c settings.c value.c
    USES columns base
    LIBS PkgConfig::sodium)
target_include_directories(cli PUBLIC include)

# The parts of `conclave`: how things are told, what its commands do, and the doctor.
layer(conclave/tell
    SOURCES entry.c facts.c json.c plain.c rows.c sentences.c table.c tell.c things.c
    USES cli columns base api
    LIBS PkgConfig::jansson)
layer(conclave/cmd
    SOURCES chat.c cmd.c complete.c config.c feed.c groups.c history.c host.c init.c invite.c join.c
            lines.c members.c moderate.c progress.c resume.c search.c send.c setup.c topic.c trust.c
            whoami.c
    USES tell chat cli api disk net columns base
    LIBS PkgConfig::sodium)
layer(conclave/doctor
    SOURCES doctor.c door.c here.c report.c talk.c
    USES cmd tell cli api net base
    LIBS PkgConfig::sodium)

# What both services' programs share, and the tools for stores.
layer(daemon
    SOURCES daemon.c tools.c
    USES cli service tools net base)

# program(NAME SOURCES... USES...): one executable; sources are paths under src.
function(program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES")
    list(TRANSFORM arg_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/src/)
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_USES})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

program(conclave-keygen SOURCES daemon/conclave-keygen.c USES cli net base)
program(conclave-server SOURCES daemon/conclave-server.c USES daemon cli server service net base)
program(conclave-group SOURCES daemon/conclave-group.c
    USES daemon cli group service store roster wire net base)
program(conclave SOURCES conclave/conclave.c USES cmd doctor tell cli api net base)

# Manual pages: the programs print them from their tables of options.
set(documents ${CMAKE_BINARY_DIR}/share)
add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/documents.stamp
    COMMAND ${CMAKE_COMMAND} -DPROGRAMS=${CMAKE_BINARY_DIR}/bin -DOUT=${documents}
            -P ${CMAKE_SOURCE_DIR}/cmake/documents.cmake
    COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/documents.stamp
    DEPENDS conclave conclave-server conclave-group conclave-keygen cmake/documents.cmake
    COMMENT "Manual pages" VERBATIM)
add_custom_target(documents ALL DEPENDS ${CMAKE_BINARY_DIR}/documents.stamp)
install(DIRECTORY ${documents}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR})

# Completions: each shell asks the program.
foreach(program conclave conclave-server conclave-group conclave-keygen)
    foreach(to bash:bash-completion/completions/${program} zsh:zsh/site-functions/_${program}
               fish:fish/vendor_completions.d/${program}.fish)
        string(REGEX MATCH "^([a-z]+):((.*)/.*)$" found ${to})
        configure_file(cmake/completion/${CMAKE_MATCH_1}.in
                       ${CMAKE_BINARY_DIR}/completion/${CMAKE_MATCH_2} @ONLY)
    endforeach()
endforeach()
install(DIRECTORY ${CMAKE_BINARY_DIR}/completion/ DESTINATION ${CMAKE_INSTALL_DATADIR})
