/* Entries of a log. */
#include <inttypes.h>
#include <string.h>

#include "base/deed.h"
#include "base/text.h"
#include "cli/screen.h"
#include "columns/width.h"
#include "tell/facts.h"
#include "tell/plain.h"

#define TIME_AT     (TELL_DAY_LEN + 1) /* where "10:00:05" begins in a local time */
#define NARROW      64                 /* columns below which entries tell the time only */
#define BYTES_SHOWN 64                 /* of a message that is not text */

static bool
has_nick(const struct conclave_entry *e)
{
    return e->subject_nick != NULL && e->subject_nick[0] != '\0';
}

/* ---- the facts ---- */

/* Who and what it is about, beside its author. */
static void
add_subject(struct facts *f, const struct conclave_entry *e)
{
    static const struct conclave_id nobody;

    if (memcmp(&e->subject, &nobody, sizeof nobody) == 0)
        return;
    fact_id(f, "subject", &e->subject, JSON_ONLY);
    if (has_nick(e))
        fact_text(f, "subject_nick", e->subject_nick, JSON_ONLY);
    if (deed_of(e->kind)->has_role && conclave_role_name(e->role) != NULL)
        fact_text(f, "role", conclave_role_name(e->role), JSON_ONLY);
}

static void
add_content(struct facts *f, const struct conclave_entry *e)
{
    switch (deed_of(e->kind)->body) {
    case BODY_WHO:
        add_subject(f, e);
        break;
    case BODY_NOTHING:
        break;
    case BODY_TEXT:
    case BODY_NICK:
        fact_body(f, (struct span){e->body, e->body_len});
        break;
    }
}

static struct facts
facts_of(const struct conclave_entry *e)
{
    struct facts f = {0};

    fact_text(&f, "group", e->group, JSON_ONLY);
    fact_number(&f, "seq", e->seq, JSON_ONLY);
    fact_time(&f, "ts", e->ts, JSON_ONLY);
    fact_text(&f, "kind", conclave_kind_name(e->kind), JSON_ONLY);
    fact_id(&f, "author", &e->author, JSON_ONLY);
    fact_text(&f, "nick", e->nick, JSON_ONLY);
    if (e->by_group)
        fact_flag(&f, "by_group", true);
    fact_id(&f, "id", &e->id, JSON_ONLY);
    add_content(&f, e);
    if (e->ext_len > 0)
        fact_base64(&f, "ext_base64", (struct span){e->ext, e->ext_len});
    return f;
}

/* ---- the line ---- */

/* Pictures and the like are for no eyes in this form. With `lines`, those of a message stay lines;
 * they are indented, so that none passes as an entry. */
static void
put_message(struct buf *b, const struct conclave_entry *e, bool lines)
{
    struct span body = {e->body, e->body_len};
    bool cut = body.len > BYTES_SHOWN && !text_is_utf8(body);

    if (cut)
        body.len = BYTES_SHOWN;
    text_escape(b, body, lines);
    if (cut)
        plain_put(b, "… (%zu bytes that are not text; --json has them)", e->body_len);
}

/* What was done, in words. */
static void
put_deed(struct buf *b, const struct conclave_entry *e)
{
    const struct deed *d = deed_of(e->kind);
    char uuid[CONCLAVE_UUID_LEN + 1];
    struct buf words;

    if (d->said == NULL) {
        plain_put(b, "made an entry of kind %d", e->kind);
        return;
    }
    conclave_id_format(&e->subject, uuid);
    buf_init(&words, 0);
    deed_say(&words, d, e->by_group,
             &(struct deed_words){.whom = span_of(has_nick(e) ? e->subject_nick : uuid),
                                  .role = span_of(plain_role(e->role)),
                                  .text = {e->body, e->body_len}});
    text_escape(b, buf_span(&words), false);
    b->failed |= words.failed;
    buf_clear(&words);
}

/* A line of its own for a new day, where lines are too narrow for dates. */
static void
put_day(struct tell *t, const char time[static PLAIN_TIME_SIZE])
{
    if (strncmp(t->day, time, TELL_DAY_LEN) == 0)
        return;
    memcpy(t->day, time, TELL_DAY_LEN);
    plain_put_color(t, PLAIN_DIM);
    plain_put(&t->out, "-- %s --", t->day);
    plain_put_color(t, PLAIN_OFF);
    plain_put(&t->out, "\n");
}

/* One of the colours that can be read on dark and on light, the same for a person always. */
static void
put_person_color(struct tell *t, const struct conclave_id *who)
{
    static const int colors[] = {31, 32, 34, 35, 36, 91, 94, 95};
    unsigned sum = 0;

    for (size_t i = 0; i < sizeof who->bytes; i++)
        sum = sum * 31 + who->bytes[i];
    if (t->color)
        plain_put(&t->out, "\033[1;%dm", colors[sum % (sizeof colors / sizeof colors[0])]);
}

/* Ends what was coloured and begins there in t->out. Returns its columns. */
static size_t
end_colored(struct tell *t, size_t from)
{
    int columns = width_text((const char *)t->out.p + from, t->out.len - from);

    plain_put_color(t, PLAIN_OFF);
    return (size_t)columns;
}

/* Time, group and number. Returns how many columns they take. */
static size_t
put_place(struct tell *t, const struct conclave_entry *e)
{
    char time[PLAIN_TIME_SIZE];
    bool narrow = t->width > 0 && t->width < NARROW;
    size_t from;

    plain_format_time(time, e->ts);
    if (narrow)
        put_day(t, time);
    plain_put_color(t, PLAIN_DIM);
    from = t->out.len;
    plain_put(&t->out, "%s  ", narrow && strlen(time) > TIME_AT ? time + TIME_AT : time);
    if (t->with_group)
        plain_say(&t->out, "%s ", e->group);
    plain_put(&t->out, "#%" PRIu64 "  ", e->seq);
    return end_colored(t, from);
}

/* Who did it, for a line that begins with that. Returns the columns. */
static size_t
put_author(struct tell *t, const struct conclave_entry *e)
{
    const char *gap = e->kind == CONCLAVE_MESSAGE ? "  " : " ";
    size_t columns;
    size_t from;

    put_person_color(t, &e->author);
    from = t->out.len;
    plain_put_foreign(&t->out, e->nick);
    columns = end_colored(t, from) + strlen(gap);
    plain_put(&t->out, "%s", gap);
    return columns;
}

bool
tell_entry(struct tell *t, const struct conclave_entry *e)
{
    const struct facts f = facts_of(e);
    bool is_message = e->kind == CONCLAVE_MESSAGE;
    struct buf text;
    size_t at;

    if (!tell_begin(t, &f))
        return tell_goes_on(t);
    at = put_place(t, e) + (is_message ? 0 : 2);
    plain_put(&t->out, "%s", is_message ? "" : "* ");
    if (!e->by_group || deed_of(e->kind)->said_by_group == NULL)
        at += put_author(t, e);
    buf_init(&text, 0);
    if (is_message)
        put_message(&text, e, t->width > 0);
    else
        put_deed(&text, e);
    plain_wrap(t, &text, at, PLAIN_HANGING);
    buf_clear(&text);
    return tell_end(t);
}
