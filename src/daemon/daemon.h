/*
 * daemon - what the two server programs share: log level, how fast a key may ask, descriptors, and
 * an outcome as an exit status.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "base/status.h"
#include "cli/opts.h"
#include "service/pace.h"

#define DAEMON_LOG_OPTION(text)                                                               \
    {                                                                                         \
        .name = "log-level", .arg = "LEVEL", .env = "CONCLAVE_LOG_LEVEL", .fallback = "info", \
        .help = "least level to log: debug, info, warn, error", .value = &(text)              \
    }

/* How fast each key may ask; their texts are read by daemon_pace. */
#define DAEMON_RATE_OPTION(text)                                                      \
    {                                                                                 \
        .name = "rate", .arg = "N", .env = "CONCLAVE_RATE", .fallback = "10000",      \
        .help = "requests a second that each key may make for long", .value = &(text) \
    }
#define DAEMON_BURST_OPTION(text)                                                  \
    {                                                                              \
        .name = "burst", .arg = "N", .env = "CONCLAVE_BURST", .fallback = "20000", \
        .help = "requests that each key may make at once", .value = &(text)        \
    }

/* Parse argv, which may hold no operand, set up the log, and take all descriptors that the system
 * lets this process have. -1: go on; else the exit status. */
int daemon_start(const struct opt_set *set, int argc, char **argv, const char *const *log_level);
/* Exactly one of a path and a switch must be given. -1, or CONCLAVE_INVALID with the reason
 * printed. */
int daemon_one_of(const char *program, const char *path, const char *path_name, bool on,
                  const char *switch_name);
/* Every option of the n in names must have a value. -1, or CONCLAVE_INVALID with the reason
 * printed. */
int daemon_required(const struct opt_set *set, const char *const *names, size_t n);
/* The values of DAEMON_RATE_OPTION and DAEMON_BURST_OPTION. -1, or CONCLAVE_INVALID with the reason
 * printed. */
int daemon_pace(const char *program, const char *rate, const char *burst, struct pace_options *out);
/* Print why st ended the program, if it did not end well; returns the exit status. */
int daemon_end(const char *program, enum status st, const struct fault *why);

#endif
