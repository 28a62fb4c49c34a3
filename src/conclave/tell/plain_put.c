#include "tell/plain_put.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/screen.h"

void
plain_put(struct buf *b, const char *format, ...)
{
    char text[200];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n > 0)
        buf_append(b, text, strlen(text));
}

void
plain_put_foreign(struct buf *b, const char *text)
{
    text_escape(b, span_of(text), false);
}

void
plain_put_wrapped(struct show *s, const char *text, size_t at, size_t indent)
{
    struct buf escaped;

    buf_init(&escaped, 0);
    plain_put_foreign(&escaped, text);
    screen_wrap(&s->out, buf_span(&escaped), at, indent, s->width);
    s->out.failed |= escaped.failed;
    buf_clear(&escaped);
}

void
plain_put_id(struct buf *b, const struct conclave_id *id)
{
    char text[CONCLAVE_UUID_LEN + 1];

    conclave_id_format(id, text);
    plain_put(b, "%s", text);
}

void
plain_format_time(char text[static PLAIN_TIME_SIZE], int64_t ns)
{
    time_t seconds = (time_t)(ns / NS_PER_S);
    struct tm parts;

    snprintf(text, PLAIN_TIME_SIZE, "?");
    if (localtime_r(&seconds, &parts) != NULL)
        strftime(text, PLAIN_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
}

void
plain_put_time(struct buf *b, int64_t ns)
{
    char text[PLAIN_TIME_SIZE];

    plain_format_time(text, ns);
    plain_put(b, "%s", text);
}

void
plain_put_color(struct show *s, const char *color)
{
    if (s->color)
        plain_put(&s->out, "%s", color);
}

const char *
plain_role(int role)
{
    const char *name = conclave_role_name(role);

    return name != NULL ? name : "?";
}
