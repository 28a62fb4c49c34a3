# Run by the build: cmake -DPROGRAMS=DIR -DOUT=DIR -P documents.cmake. Manual pages, printed
# by the programs from their own tables of options, into OUT as they are installed.
function(generate file)
    execute_process(COMMAND ${ARGN} OUTPUT_FILE ${OUT}/${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${OUT})
file(MAKE_DIRECTORY ${OUT}/man/man1 ${OUT}/man/man5)
foreach(program conclave conclave-server conclave-group conclave-keygen)
    generate(man/man1/${program}.1 ${PROGRAMS}/${program} --generate=man)
endforeach()
generate(man/man5/conclave.conf.5 ${PROGRAMS}/conclave --generate=man5)
execute_process(COMMAND ${PROGRAMS}/conclave --generate=commands OUTPUT_VARIABLE commands
                COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[a-z]+" commands "${commands}")
foreach(command IN LISTS commands)
    generate(man/man1/conclave-${command}.1 ${PROGRAMS}/conclave ${command} --generate=man)
endforeach()
foreach(tool verify backup)
    generate(man/man1/conclave-group-${tool}.1 ${PROGRAMS}/conclave-group ${tool} --generate=man)
endforeach()
