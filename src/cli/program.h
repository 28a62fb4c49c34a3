/*
 * program - what every program does before anything else.
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

/* umask 077, no core dumps, not dumpable, SIGPIPE and SIGXFSZ ignored, libsodium ready. Where that
 * fails the program ends with CONCLAVE_LOCAL and the reason on standard error. */
void program_harden(const char *program);

#endif
