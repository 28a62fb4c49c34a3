/* What the steps found: as lines for people, and as JSON. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/screen.h"
#include "doctor/doctor.h"
#include "tell/plain_put.h"
#include "tell/record.h"

#define WORD_COLUMNS  6
#define TITLE_COLUMNS 23

static const struct {
    const char *word;
    const char *name;
    const char *color;
} kinds[] = {
    [FINDING_OK] = {"ok", "ok", PLAIN_GREEN},
    [FINDING_WARN] = {"WARN", "warn", PLAIN_BOLD},
    [FINDING_FAIL] = {"FAIL", "fail", PLAIN_RED},
    [FINDING_SKIPPED] = {"-", "skipped", PLAIN_DIM},
};

/* ---- findings ---- */

static void
fill(struct finding *f, enum finding_kind kind, const char *code, const char *format, va_list args)
{
    f->kind = kind;
    f->exit = EXIT_DONE;
    snprintf(f->code, sizeof f->code, "%s", code);
    vsnprintf(f->text, sizeof f->text, format, args);
}

void
finding_ok(struct finding *f, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(f, FINDING_OK, "ok", format, args);
    va_end(args);
}

void
finding_warn(struct finding *f, const char *code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(f, FINDING_WARN, code, format, args);
    va_end(args);
}

void
finding_fail(struct finding *f, int exit, const char *code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(f, FINDING_FAIL, code, format, args);
    va_end(args);
    f->exit = exit;
}

void
finding_skip(struct finding *f, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(f, FINDING_SKIPPED, "skipped", format, args);
    va_end(args);
}

/* ---- lines ---- */

static void
begin(struct show *s, enum finding_kind kind, const char *title)
{
    plain_put_color(s, kinds[kind].color);
    plain_put(&s->out, "%-*s", WORD_COLUMNS, kinds[kind].word);
    plain_put_color(s, PLAIN_OFF);
    plain_put(&s->out, "%-*s", TITLE_COLUMNS, title);
}

void
doctor_put_plain(struct show *s, const struct doctor_line *line)
{
    struct buf text;

    begin(s, line->finding->kind, line->title);
    buf_init(&text, 0);
    text_escape(&text, span_of(line->finding->text), false);
    plain_put(&text, " (%lld ms)", (long long)line->ms);
    if (text.failed)
        s->out.failed = true;
    screen_wrap(&s->out, buf_span(&text), WORD_COLUMNS + TITLE_COLUMNS,
                WORD_COLUMNS + TITLE_COLUMNS, s->width);
    buf_clear(&text);
}

void
doctor_put_skipped(struct show *s, size_t n)
{
    begin(s, FINDING_SKIPPED, "not looked at");
    plain_put(&s->out, "%zu step%s that need%s what failed\n", n, n == 1 ? "" : "s",
              n == 1 ? "s" : "");
}

void
doctor_put_json(struct buf *out, const struct doctor_line *line)
{
    const struct finding *f = line->finding;
    struct record r = record_new();

    record_put_text(&r, "step", line->step);
    record_put_text(&r, "status", kinds[f->kind].name);
    record_put_text(&r, "code", f->code);
    record_put_text(&r, "text", f->text);
    if (f->kind == FINDING_FAIL)
        record_put(&r, "exit", json_integer(f->exit));
    record_put_number(&r, "ms", line->ms > 0 ? (uint64_t)line->ms : 0);
    record_end(&r, out);
}
