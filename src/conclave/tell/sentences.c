/* What is told in sentences: success, remarks, failures. Facts stand beside their sentence. */
#include <inttypes.h>
#include <stdio.h>

#include "tell/facts.h"
#include "tell/plain.h"

#define PROGRAM "conclave:"

/* Ends a line of which so many columns are taken with text, wrapped; frees text. */
static bool
end_wrapped(struct tell *t, size_t at, struct buf *text)
{
    plain_wrap(t, text, at, PLAIN_HANGING);
    buf_clear(text);
    return tell_end(t);
}

/* ---- success ---- */

static struct facts
success(const char *group)
{
    struct facts f = {0};

    fact_flag(&f, "ok", true);
    if (group != NULL)
        fact_text(&f, "group", group, JSON_ONLY);
    return f;
}

static bool __attribute__((format(printf, 3, 4)))
succeed(struct tell *t, const struct facts *f, const char *format, ...)
{
    va_list args;

    if (t->quiet || !tell_begin(t, f))
        return tell_goes_on(t);
    plain_begin(t, PLAIN_GREEN, PLAIN_SUCCESS);
    va_start(args, format);
    plain_vsay(&t->out, format, args);
    va_end(args);
    return tell_end(t);
}

bool
tell_joined(struct tell *t, const char *group, bool already, const char *nick)
{
    struct facts f = success(group);
    const char *how = already ? "already a member of" : "joined";

    fact_flag(&f, "already", already);
    if (nick == NULL)
        return succeed(t, &f, "%s %s", how, group);
    fact_text(&f, "nick", nick, JSON_ONLY);
    return succeed(t, &f, "%s %s, as \"%s\"; to change the nick: conclave nick %s NAME", how, group,
                   nick, group);
}

bool
tell_left(struct tell *t, const char *group)
{
    struct facts f = success(group);

    return succeed(t, &f, "left %s", group);
}

bool
tell_sent(struct tell *t, const char *group, const struct conclave_ack *ack)
{
    struct facts f = success(group);

    fact_number(&f, "seq", ack->seq, JSON_ONLY);
    fact_time(&f, "ts", ack->ts, JSON_ONLY);
    fact_id(&f, "id", &ack->id, JSON_ONLY);
    return succeed(t, &f, "stored in %s as #%" PRIu64, group, ack->seq);
}

bool
tell_stored(struct tell *t, const char *group, uint64_t stored, uint64_t messages)
{
    struct facts f = success(group);

    fact_number(&f, "stored", stored, JSON_ONLY);
    fact_number(&f, "messages", messages, JSON_ONLY);
    return succeed(t, &f, "%" PRIu64 " of %" PRIu64 " messages stored", stored, messages);
}

bool
tell_exported(struct tell *t, const char *group, const char *file, uint64_t entries)
{
    struct facts f = success(group);

    fact_text(&f, "file", file, JSON_ONLY);
    fact_number(&f, "entries", entries, JSON_ONLY);
    return succeed(t, &f, "%" PRIu64 " entr%s of %s written to %s", entries,
                   entries == 1 ? "y" : "ies", group, file);
}

bool
tell_change(struct tell *t, const struct tell_change *change, const char *format, ...)
{
    struct facts f = success(change->group);
    const struct {
        const char *key;
        const char *text;
    } texts[] = {{"nick", change->nick}, {"role", change->role}, {"topic", change->topic}};
    struct buf text;
    va_list args;

    if (change->subject != NULL)
        fact_id(&f, "uuid", change->subject, JSON_ONLY);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].text != NULL)
            fact_text(&f, texts[i].key, texts[i].text, JSON_ONLY);
    if (change->last != NULL)
        fact_number(&f, "last", *change->last, JSON_ONLY);
    if (t->quiet || !tell_begin(t, &f))
        return tell_goes_on(t);
    plain_begin(t, PLAIN_GREEN, PLAIN_SUCCESS);
    buf_init(&text, 0);
    va_start(args, format);
    plain_vsay(&text, format, args);
    va_end(args);
    return end_wrapped(t, sizeof PLAIN_SUCCESS, &text);
}

/* ---- remarks and failures ---- */

bool
tell_gap(struct tell *t, const struct conclave_event *e)
{
    struct facts f = {0};

    fact_text(&f, "group", e->group, JSON_ONLY);
    fact_text(&f, "kind", "gap", JSON_ONLY);
    fact_number(&f, "first", e->first, JSON_ONLY);
    fact_number(&f, "last", e->last, JSON_ONLY);
    if (!tell_begin(t, &f))
        return tell_goes_on(t);
    plain_begin(t, PLAIN_BOLD, PROGRAM);
    plain_say(&t->out, "%s: #%" PRIu64 " to #%" PRIu64 " are no longer kept, or not yours to read",
              e->group, e->first, e->last);
    return tell_end(t);
}

bool
tell_state(struct tell *t, const struct conclave_event *e)
{
    static const struct {
        const char *name;
        const char *words;
    } states[] = {
        [CONCLAVE_FEED_LIVE] = {"live", "up to date"},
        [CONCLAVE_FEED_CATCHING_UP] = {"catching_up", "catching up"},
        [CONCLAVE_FEED_RECONNECTING] = {"reconnecting", "reconnecting"},
        [CONCLAVE_FEED_ENDED] = {"ended", "ended"},
    };
    struct facts f = {0};

    fact_text(&f, "group", e->group, JSON_ONLY);
    fact_text(&f, "kind", "state", JSON_ONLY);
    fact_text(&f, "state", states[e->state].name, JSON_ONLY);
    fact_text(&f, "code", e->code, JSON_ONLY);
    fact_text(&f, "text", e->text, JSON_ONLY);
    if (t->quiet || !tell_begin(t, &f))
        return tell_goes_on(t);
    plain_begin(t, PLAIN_DIM, PROGRAM);
    plain_say(&t->out, "%s: %s%s%s", e->group, states[e->state].words,
              e->text[0] != '\0' ? ": " : "", e->text);
    return tell_end(t);
}

bool
tell_failure(struct tell *t, const struct tell_failure *failure)
{
    struct facts f = {0};
    size_t at = sizeof PROGRAM;
    char lines[64] = "";
    struct buf text;

    fact_text(&f, "error", failure->code, JSON_ONLY);
    fact_text(&f, "text", failure->text, JSON_ONLY);
    fact_number(&f, "exit", failure->exit, JSON_ONLY);
    if (failure->line > 0)
        fact_number(&f, "line", failure->line, JSON_ONLY);
    if (!tell_begin(t, &f))
        return tell_goes_on(t);
    if (failure->to_line > failure->line)
        at += (size_t)snprintf(lines, sizeof lines, "lines %" PRIu64 " to %" PRIu64 ": ",
                               failure->line, failure->to_line);
    else if (failure->line > 0)
        at += (size_t)snprintf(lines, sizeof lines, "line %" PRIu64 ": ", failure->line);
    plain_begin(t, PLAIN_RED, PROGRAM);
    plain_put(&t->out, "%s", lines);
    buf_init(&text, 0);
    plain_put_foreign(&text, failure->text);
    return end_wrapped(t, at, &text);
}

bool
tell_remark(struct tell *t, const char *format, ...)
{
    const struct facts none = {0};
    struct buf text;
    va_list args;

    if (t->json || t->quiet || !tell_begin(t, &none))
        return tell_goes_on(t);
    plain_begin(t, PLAIN_DIM, PROGRAM);
    buf_init(&text, 0);
    va_start(args, format);
    plain_vsay(&text, format, args);
    va_end(args);
    return end_wrapped(t, sizeof PROGRAM, &text);
}
