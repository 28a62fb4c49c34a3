#include "cli/settings.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/entry.h"
#include "base/text.h"

#define SCHEME "tcp://"

#define TEXT_OF(number)  TEXT_OF_(number)
#define TEXT_OF_(number) #number

/* ---- values that fit ---- */

static bool
is_address(const char *value)
{
    const char *host = strncmp(value, SCHEME, strlen(SCHEME)) == 0 ? value + strlen(SCHEME) : value;
    const char *port = strrchr(host, ':');
    long long n;

    return port != NULL && port > host && strchr(host, '/') == NULL &&
           opts_number(port + 1, 1, UINT16_MAX, &n) && text_is_word(span_of(value), PATH_MAX);
}

static bool
is_path(const char *value)
{
    return value[0] != '\0' && strlen(value) < PATH_MAX;
}

static bool
is_timeout(const char *value)
{
    long long ms;

    return opts_duration_ms(value, &ms) && ms >= 0 && ms <= INT_MAX;
}

static bool
is_wait(const char *value)
{
    long long ms;

    return opts_duration_ms(value, &ms) && ms > 0 && ms <= INT_MAX;
}

static bool
is_lifetime(const char *value)
{
    long long ms;

    return strcmp(value, "never") == 0 || (opts_duration_ms(value, &ms) && ms >= 1000);
}

static bool
is_count(const char *value)
{
    long long n;

    return opts_number(value, 1, INT64_MAX, &n);
}

static bool
is_nick(const char *value)
{
    return text_is_name(span_of(value), NAME_MAX_BYTES);
}

/* Also the name of a directory. */
static bool
is_file_name(const char *value)
{
    return text_is_group_name(span_of(value));
}

#define NEEDED_NUMBER "a number from 1 on"
#define NEEDED_PATH   "a path"

/* ---- the table ---- */

static const char *const color_choices[] = {"auto", "always", "never", NULL};
static const char *const theme_choices[] = {"dark", "light", NULL};
static const char *const notify_choices[] = {"no", "bell", "desktop", NULL};

static const struct setting {
    unsigned which; /* OPTION_..., or 0: every command */
    size_t field;   /* where in struct settings */
    struct opt row; /* but for value, on and common */
} table[] = {
    {OPTION_NICK,
     offsetof(struct settings, nick),
     {.name = "nick",
      .letter = 'n',
      .arg = "NAME",
      .env = "CONCLAVE_NICK",
      .configured = true,
      .fits = is_nick,
      .needed = "a name that is fit for a nick: 1 to 64 bytes without control characters",
      .help = "what to be called; else the name in your certificate"}},
    {OPTION_AFTER,
     offsetof(struct settings, after),
     {.name = "after",
      .letter = 'a',
      .arg = "TIME",
      .env = "CONCLAVE_AFTER",
      .help = "only entries after that time, or that entry"}},
    {OPTION_BEFORE,
     offsetof(struct settings, before),
     {.name = "before",
      .letter = 'b',
      .arg = "TIME",
      .help = "only entries before that time, or that entry"}},
    {OPTION_FROM,
     offsetof(struct settings, from),
     {.name = "from", .arg = "WHO", .help = "only messages of that person"}},
    {OPTION_LIMIT,
     offsetof(struct settings, limit),
     {.name = "limit",
      .letter = 'l',
      .arg = "N",
      .env = "CONCLAVE_LIMIT",
      .fits = is_count,
      .needed = NEEDED_NUMBER,
      .help = "at most N entries"}},
    {OPTION_LAST,
     offsetof(struct settings, last),
     {.name = "last",
      .letter = 'L',
      .arg = "N",
      .fits = is_count,
      .needed = NEEDED_NUMBER,
      .help = "only the last N entries; with a feed, begin with them"}},
    {OPTION_REVERSE,
     offsetof(struct settings, reverse),
     {.name = "reverse", .letter = 'R', .help = "newest first"}},
    {OPTION_COUNT,
     offsetof(struct settings, count),
     {.name = "count",
      .letter = 'c',
      .arg = "N",
      .env = "CONCLAVE_COUNT",
      .fits = is_count,
      .needed = NEEDED_NUMBER,
      .help = "end after N entries"}},
    {OPTION_WAIT,
     offsetof(struct settings, wait),
     {.name = "wait",
      .letter = 'W',
      .arg = "TIME",
      .fits = is_wait,
      .needed = "a time such as 500ms or 5m",
      .help = "end with status 8 when nothing came for so long"}},
    {OPTION_FOLLOW,
     offsetof(struct settings, follow),
     {.name = "follow", .letter = 'f', .help = "go on with what is said from then on, as feed"}},
    {OPTION_EXPORT,
     offsetof(struct settings, export_to),
     {.name = "export",
      .letter = 'e',
      .arg = "FILE",
      .fits = is_path,
      .needed = NEEDED_PATH,
      .help = "write all of it into FILE as JSON, an object a line"}},
    {OPTION_RESUME,
     offsetof(struct settings, resume),
     {.name = "resume",
      .letter = 'r',
      .arg = "NAME",
      .fits = is_file_name,
      .needed = "a name of 1 to 64 bytes without blanks and slashes",
      .help = "go on where the feed that was called NAME stopped"}},
    {OPTION_EXEC,
     offsetof(struct settings, exec),
     {.name = "exec",
      .letter = 'x',
      .arg = "COMMAND",
      .help = "run COMMAND for each entry, with its JSON on standard input"}},
    {OPTION_FILE,
     offsetof(struct settings, file),
     {.name = "file",
      .letter = 'F',
      .arg = "FILE",
      .fits = is_path,
      .needed = NEEDED_PATH,
      .help = "send what is in FILE; - is standard input"}},
    {OPTION_WHOLE,
     offsetof(struct settings, whole),
     {.name = "whole", .letter = 'w', .help = "send all of the input as one message"}},
    {OPTION_ALLOW_EMPTY,
     offsetof(struct settings, allow_empty),
     {.name = "allow-empty", .help = "send a message without text, too"}},
    {OPTION_PAST,
     offsetof(struct settings, past),
     {.name = "past", .letter = 'p', .help = "also those who were members"}},
    {OPTION_JOINED_SINCE,
     offsetof(struct settings, joined_since),
     {.name = "joined-since",
      .letter = 'J',
      .arg = "TIME",
      .help = "everybody who has come since then"}},
    {OPTION_DRY_RUN,
     offsetof(struct settings, dry_run),
     {.name = "dry-run", .letter = 'N', .help = "only say whom it would be"}},
    {OPTION_USES,
     offsetof(struct settings, uses),
     {.name = "uses",
      .letter = 'U',
      .arg = "N",
      .fallback = "1",
      .fits = is_count,
      .needed = NEEDED_NUMBER,
      .help = "for so many people"}},
    {OPTION_EXPIRES,
     offsetof(struct settings, expires),
     {.name = "expires",
      .letter = 'E',
      .arg = "TIME",
      .fallback = TEXT_OF(INVITE_HOURS) "h",
      .fits = is_lifetime,
      .needed = "a time from 1s on, such as 24h or 7d, or never",
      .help = "how long it can be used: as 90m, 24h or 7d, or never"}},
    {OPTION_THEME,
     offsetof(struct settings, theme),
     {.name = "theme",
      .arg = "THEME",
      .env = "CONCLAVE_THEME",
      .fallback = "dark",
      .configured = true,
      .choices = theme_choices,
      .help = "colours for a dark or a light terminal: dark, light"}},
    {OPTION_NOTIFY,
     offsetof(struct settings, notify),
     {.name = "notify",
      .arg = "HOW",
      .env = "CONCLAVE_NOTIFY",
      .fallback = "no",
      .configured = true,
      .choices = notify_choices,
      .help = "when somebody names you: no, bell, desktop"}},
    {0,
     offsetof(struct settings, key),
     {.name = "key",
      .letter = 'k',
      .arg = "FILE",
      .env = "CONCLAVE_KEY",
      .configured = true,
      .fits = is_path,
      .needed = NEEDED_PATH,
      .help = "your certificate; FILE_secret is read (default: identity.key beside the "
              "configuration)"}},
    {0,
     offsetof(struct settings, server),
     {.name = "server",
      .letter = 's',
      .arg = "ADDRESS",
      .env = "CONCLAVE_SERVER",
      .fallback = "tcp://127.0.0.1:5550",
      .configured = true,
      .fits = is_address,
      .needed = "an address such as example.org:5550",
      .help = "the message server"}},
    {0,
     offsetof(struct settings, server_key),
     {.name = "server-key",
      .letter = 'S',
      .arg = "FILE|Z85",
      .env = "CONCLAVE_SERVER_KEY",
      .configured = true,
      .fits = is_path,
      .needed = "the path of a certificate, or a public key of 40 characters",
      .help = "its public key: certificate, or 40 characters"}},
    {0,
     offsetof(struct settings, timeout),
     {.name = "timeout",
      .letter = 't',
      .arg = "TIME",
      .env = "CONCLAVE_TIMEOUT",
      .configured = true,
      .fits = is_timeout,
      .needed = "a time such as 500ms or 5s",
      .help = "longest wait for an answer: seconds, or as 500ms; 0: one attempt (default: 5s; "
              "lines of input 60s)"}},
    {0,
     offsetof(struct settings, json),
     {.name = "json",
      .letter = 'j',
      .env = "CONCLAVE_JSON",
      .configured = true,
      .help = "print JSON, an object a line"}},
    {0,
     offsetof(struct settings, quiet),
     {.name = "quiet",
      .letter = 'q',
      .env = "CONCLAVE_QUIET",
      .configured = true,
      .help = "print what was asked for and failures, nothing else"}},
    {0,
     offsetof(struct settings, utc),
     {.name = "utc",
      .letter = 'u',
      .env = "CONCLAVE_UTC",
      .configured = true,
      .help = "read and print times in UTC, not in the local zone"}},
    {0,
     offsetof(struct settings, color),
     {.name = "color",
      .arg = "WHEN",
      .env = "CONCLAVE_COLOR",
      .fallback = "auto",
      .configured = true,
      .choices = color_choices,
      .help = "auto (on a terminal, unless NO_COLOR is set), always, never"}},
    {0,
     offsetof(struct settings, config),
     {.name = "config",
      .letter = 'C',
      .arg = "FILE",
      .env = "CONCLAVE_CONFIG",
      .fits = is_path,
      .needed = NEEDED_PATH,
      .help = "the configuration (default: ~/.config/conclave/conclave.conf)"}},
    {0,
     offsetof(struct settings, state),
     {.name = "state",
      .arg = "DIR",
      .env = "CONCLAVE_STATE",
      .configured = true,
      .fits = is_path,
      .needed = NEEDED_PATH,
      .help = "where keys that were met, cursors and unsent messages are remembered (default: "
              "~/.local/state/conclave)"}},
};
#define N_SETTINGS (sizeof(table) / sizeof(table[0]))
_Static_assert(N_SETTINGS <= OPTIONS_MAX, "every option has a row");

static void
make_row(struct opt *row, const struct setting *s, struct settings *set)
{
    void *field = set != NULL ? (char *)set + s->field : NULL;

    *row = s->row;
    row->common = s->which == 0;
    if (row->arg != NULL)
        row->value = field;
    else
        row->on = field;
}

size_t
settings_options(struct opt rows[static OPTIONS_MAX], unsigned options, struct settings *set)
{
    size_t n = 0;

    for (size_t i = 0; i < N_SETTINGS; i++)
        if (table[i].which == 0 || (table[i].which & options) != 0)
            make_row(&rows[n++], &table[i], set);
    return n;
}

size_t
settings_configured(struct opt rows[static OPTIONS_MAX], struct settings *set)
{
    size_t n = 0;

    for (size_t i = 0; i < N_SETTINGS; i++)
        if (table[i].row.configured)
            make_row(&rows[n++], &table[i], set);
    return n;
}

const char *
settings_address(struct path *out, const char *value)
{
    if (strncmp(value, SCHEME, strlen(SCHEME)) == 0)
        return value;
    snprintf(out->text, sizeof out->text, SCHEME "%s", value);
    return out->text;
}
