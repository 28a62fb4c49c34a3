/* What the steps found: as lines for people, and as JSON. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "doctor/doctor.h"
#include "tell/facts.h"
#include "tell/plain.h"

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
    f->exit = CONCLAVE_OK;
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
finding_fail(struct finding *f, enum conclave_status exit, const char *code, const char *format,
             ...)
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
begin(struct tell *t, enum finding_kind kind, const char *title)
{
    plain_put_color(t, kinds[kind].color);
    plain_put(&t->out, "%-*s", WORD_COLUMNS, kinds[kind].word);
    plain_put_color(t, PLAIN_OFF);
    plain_put(&t->out, "%-*s", TITLE_COLUMNS, title);
}

static struct facts
facts_of(const struct doctor_line *line)
{
    const struct finding *found = line->finding;
    struct facts f = {0};

    fact_text(&f, "step", line->step, JSON_ONLY);
    fact_text(&f, "status", kinds[found->kind].name, JSON_ONLY);
    fact_text(&f, "code", found->code, JSON_ONLY);
    fact_text(&f, "text", found->text, JSON_ONLY);
    if (found->kind == FINDING_FAIL)
        fact_number(&f, "exit", found->exit, JSON_ONLY);
    fact_number(&f, "ms", line->ms > 0 ? (uint64_t)line->ms : 0, JSON_ONLY);
    return f;
}

void
doctor_tell(struct tell *t, const struct doctor_line *line)
{
    enum finding_kind kind = line->finding->kind;
    const struct facts f = facts_of(line);
    struct buf text;

    if (t->quiet && (kind == FINDING_OK || kind == FINDING_SKIPPED))
        return;
    /* For people, one line tells of all that was skipped. */
    if ((t->json || kind != FINDING_SKIPPED) && tell_begin(t, &f)) {
        begin(t, kind, line->title);
        buf_init(&text, 0);
        plain_say(&text, "%s (%" PRId64 " ms)", line->finding->text, line->ms);
        plain_wrap(t, &text, WORD_COLUMNS + TITLE_COLUMNS, WORD_COLUMNS + TITLE_COLUMNS);
        buf_clear(&text);
        tell_end(t);
    }
    tell_flush(t);
}

void
doctor_tell_end(struct tell *t, bool good, size_t skipped)
{
    const struct facts none = {0};

    if (t->json || t->quiet)
        return;
    if (good)
        tell_change(t, &(struct tell_change){.group = NULL}, "nothing is wrong");
    if (skipped > 0 && tell_begin(t, &none)) {
        begin(t, FINDING_SKIPPED, "not looked at");
        plain_put(&t->out, "%zu step%s that need%s what failed", skipped, skipped == 1 ? "" : "s",
                  skipped == 1 ? "s" : "");
        tell_end(t);
    }
    tell_flush(t);
}
