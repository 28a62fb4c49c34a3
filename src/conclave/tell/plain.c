#include "tell/plain.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/screen.h"

static void
put(struct buf *b, const char *format, va_list args)
{
    va_list again;
    int n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (n < 0 || buf_reserve(b, (size_t)n + 1) != ST_OK) {
        b->failed = true;
        return;
    }
    vsnprintf((char *)b->p + b->len, (size_t)n + 1, format, args);
    b->len += (size_t)n;
}

void
plain_put(struct buf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put(b, format, args);
    va_end(args);
}

void
plain_put_foreign(struct buf *b, const char *text)
{
    text_escape(b, span_of(text), false);
}

void
plain_vsay(struct buf *b, const char *format, va_list args)
{
    struct buf raw;

    buf_init(&raw, 0);
    put(&raw, format, args);
    text_escape(b, buf_span(&raw), false);
    b->failed |= raw.failed;
    buf_clear(&raw);
}

void
plain_say(struct buf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    plain_vsay(b, format, args);
    va_end(args);
}

void
plain_wrap(struct tell *t, const struct buf *text, size_t at, size_t indent)
{
    screen_wrap(&t->out, buf_span(text), at, indent, t->width);
    t->out.failed |= text->failed;
}

void
plain_put_color(struct tell *t, const char *color)
{
    if (t->color)
        plain_put(&t->out, "%s", color);
}

void
plain_begin(struct tell *t, const char *color, const char *word)
{
    plain_put_color(t, color);
    plain_put(&t->out, "%s", word);
    plain_put_color(t, PLAIN_OFF);
    plain_put(&t->out, " ");
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

const char *
plain_role(int role)
{
    const char *name = conclave_role_name(role);

    return name != NULL ? name : "?";
}
