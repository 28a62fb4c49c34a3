#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define LOG_TEXT_MAX  2048
#define LOG_WINDOW_MS 60000

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static atomic_int least_level = LEVEL_INFO;

void
log_setup(enum log_level least)
{
    atomic_store(&least_level, (int)least);
}

bool
log_level_parse(enum log_level *out, const char *name)
{
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool
log_wants(enum log_level level)
{
    return (int)level >= atomic_load(&least_level);
}

/* "2026-11-22T10:00:00.123Z info  " */
static size_t
put_head(char *line, size_t size, enum log_level level)
{
    char when[TIME_TEXT_LEN + 1];
    int n;

    time_format_utc(clock_wall_ns(), when);
    n = snprintf(line, size, "%.23sZ %-5s ", when, level_names[level]);
    return n > 0 ? (size_t)n : 0;
}

void
log_line(enum log_level level, const char *format, ...)
{
    char plain[LOG_TEXT_MAX];
    char line[LOG_TEXT_MAX + 64];
    int saved = errno;
    size_t len;
    va_list args;

    if (!log_wants(level))
        return;
    va_start(args, format);
    if (vsnprintf(plain, sizeof plain, format, args) < 0)
        plain[0] = '\0';
    va_end(args);
    len = put_head(line, sizeof line, level);
    len += text_escape_fixed(line + len, sizeof line - len - 1, plain);
    line[len++] = '\n';
    while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
        ;
    errno = saved;
}

bool
log_limit_pass(struct log_limit *limit, unsigned burst, int64_t mono_ms, unsigned *missed)
{
    *missed = 0;
    if (mono_ms - limit->window_start_ms >= LOG_WINDOW_MS) {
        limit->window_start_ms = mono_ms;
        limit->passed = 0;
    }
    if (limit->passed >= burst) {
        limit->missed++;
        return false;
    }
    limit->passed++;
    *missed = limit->missed;
    limit->missed = 0;
    return true;
}
