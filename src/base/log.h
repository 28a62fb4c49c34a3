/*
 * log - levelled lines on standard error: one event a line, with UTC time and level.
 * A line is written with one write(2), so lines of several threads do not mix. Control
 * characters in arguments are escaped. Never pass a secret or a message body.
 * Set up once at the start of a program; this is the process's one piece of global state.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };

void log_setup(enum log_level least);
/* "debug", "info", "warn" or "error". False: something else. */
bool log_level_parse(enum log_level *out, const char *name);
bool log_wants(enum log_level level);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...)                          \
    do {                                        \
        if (log_wants(LEVEL_DEBUG))             \
            log_line(LEVEL_DEBUG, __VA_ARGS__); \
    } while (0)
#define log_info(...)  log_line(LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_line(LEVEL_ERROR, __VA_ARGS__)

/* Lets through `burst` lines a minute of an event that strangers can cause, and counts the rest.
 * Zero-initialise. True: log it now; *missed says how many were left out since the last one. */
struct log_limit {
    int64_t window_start_ms;
    unsigned passed;
    unsigned missed;
};
bool log_limit_pass(struct log_limit *limit, unsigned burst, int64_t mono_ms, unsigned *missed);

#endif
