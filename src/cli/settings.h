/*
 * settings - the options of `conclave`: one table, and where their values go.
 * Threads: any; the table is constant, a struct settings is its owner's.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/paths.h"
#include "cli/opts.h"

/* What the command line, the environment and the configuration say, as text; NULL: nothing.
 * Borrowed from them. */
struct settings {
    const char *config;
    const char *key;
    const char *server;
    const char *server_key;
    const char *state;
    const char *timeout;
    const char *color;
    const char *nick;
    const char *after;
    const char *before;
    const char *last;
    const char *limit;
    const char *count;
    const char *wait;
    const char *file;
    const char *export_to;
    const char *resume;
    const char *exec;
    const char *from;
    const char *uses;
    const char *expires;
    const char *joined_since;
    const char *theme;
    const char *notify;
    bool json;
    bool quiet;
    bool utc;
    bool whole;
    bool allow_empty;
    bool follow;
    bool past;
    bool dry_run;
    bool reverse;
};

/* Options beside those that every command takes. */
enum {
    OPTION_NICK = 1u << 0,
    OPTION_AFTER = 1u << 1,
    OPTION_LIMIT = 1u << 2,
    OPTION_COUNT = 1u << 3,
    OPTION_FILE = 1u << 4,
    OPTION_WHOLE = 1u << 5,
    OPTION_ALLOW_EMPTY = 1u << 24,
    OPTION_FOLLOW = 1u << 6,
    OPTION_EXPORT = 1u << 7,
    OPTION_RESUME = 1u << 8,
    OPTION_EXEC = 1u << 9,
    OPTION_FROM = 1u << 10,
    OPTION_PAST = 1u << 11,
    OPTION_USES = 1u << 12,
    OPTION_EXPIRES = 1u << 13,
    OPTION_THEME = 1u << 14,
    OPTION_NOTIFY = 1u << 15,
    OPTION_BEFORE = 1u << 16,
    OPTION_LAST = 1u << 17,
    OPTION_REVERSE = 1u << 18,
    OPTION_JOINED_SINCE = 1u << 19,
    OPTION_DRY_RUN = 1u << 20,
    OPTION_WAIT = 1u << 21,
};
#define OPTION_ALL (~0u)

/* Rows for the options in `options` and those of every command, with values going to *set (NULL:
 * only to be looked at). Returns how many. */
size_t settings_options(struct opt rows[static OPTIONS_MAX], unsigned options,
                        struct settings *set);
/* Ask for all rows of what may stand in the configuration. */
size_t settings_configured(struct opt rows[static OPTIONS_MAX], struct settings *set);

/* The address of a message server whole: tcp:// may be left out of the value. In *out, or value. */
const char *settings_address(struct path *out, const char *value);

#endif
