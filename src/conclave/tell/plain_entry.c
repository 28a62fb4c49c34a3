/* Entries of a log. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cli/screen.h"
#include "tell/plain.h"
#include "tell/plain_put.h"

#define TIME_AT     (SHOW_DAY_LEN + 1) /* where "10:00:05" begins in a local time */
#define NARROW      64                 /* columns below which entries tell the time only */
#define BYTES_SHOWN 64                 /* of a message that is not text */
#define HANGING     4                  /* blanks before the second line of an entry */

static void
put_subject(struct buf *b, const struct conclave_entry *e)
{
    if (e->subject_nick != NULL && e->subject_nick[0] != '\0')
        plain_put_foreign(b, e->subject_nick);
    else
        plain_put_id(b, &e->subject);
}

/* What the group itself did. False: it has no words of its own. */
static bool
put_deed_of_group(struct buf *b, const struct conclave_entry *e)
{
    if (e->kind != CONCLAVE_ROLE && e->kind != CONCLAVE_KICKED && e->kind != CONCLAVE_BANNED)
        return false;
    put_subject(b, e);
    if (e->kind == CONCLAVE_ROLE)
        plain_put(b, " became %s", plain_role(e->role));
    else
        plain_put(b, " was %s by the group", e->kind == CONCLAVE_KICKED ? "removed" : "banned");
    return true;
}

/* Pictures and the like are for no eyes in this form. */
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

/* What was done, behind the name of who did it. */
static void
put_deed(struct buf *b, const struct conclave_entry *e, bool lines)
{
    switch (e->kind) {
    case CONCLAVE_MESSAGE:
        put_message(b, e, lines);
        break;
    case CONCLAVE_JOINED:
        plain_put(b, "joined");
        break;
    case CONCLAVE_LEFT:
        plain_put(b, "left");
        break;
    case CONCLAVE_KICKED:
        plain_put(b, "removed ");
        put_subject(b, e);
        break;
    case CONCLAVE_BANNED:
        plain_put(b, "banned ");
        put_subject(b, e);
        break;
    case CONCLAVE_UNBANNED:
        plain_put(b, "lifted the ban of ");
        put_subject(b, e);
        break;
    case CONCLAVE_ROLE:
        plain_put(b, "made ");
        put_subject(b, e);
        plain_put(b, " %s", plain_role(e->role));
        break;
    case CONCLAVE_TOPIC:
        plain_put(b, e->body_len > 0 ? "set the topic: " : "took the topic away");
        text_escape(b, (struct span){e->body, e->body_len}, false);
        break;
    case CONCLAVE_NICK:
        plain_put(b, "took the nick ");
        text_escape(b, (struct span){e->body, e->body_len}, false);
        break;
    default:
        plain_put(b, "made an entry of kind %d", e->kind);
    }
}

/* A line of its own for a new day, where lines are too narrow for dates. */
static void
put_day(struct show *s, const char time[static PLAIN_TIME_SIZE])
{
    if (strncmp(s->day, time, SHOW_DAY_LEN) == 0)
        return;
    memcpy(s->day, time, SHOW_DAY_LEN);
    plain_put_color(s, PLAIN_DIM);
    plain_put(&s->out, "-- %s --", s->day);
    plain_put_color(s, PLAIN_OFF);
    plain_put(&s->out, "\n");
}

/* One of the colours that can be read on dark and on light, the same for a person always. */
static void
put_person_color(struct show *s, const struct conclave_id *who)
{
    static const int colors[] = {31, 32, 34, 35, 36, 91, 94, 95};
    unsigned sum = 0;

    for (size_t i = 0; i < sizeof(who->bytes); i++)
        sum = sum * 31 + who->bytes[i];
    if (s->color)
        plain_put(&s->out, "\033[1;%dm", colors[sum % (sizeof(colors) / sizeof(colors[0]))]);
}

/* Time, group and number. Returns how many columns they take. */
static size_t
put_place(struct show *s, const struct conclave_entry *e)
{
    char time[PLAIN_TIME_SIZE];
    struct buf place;
    size_t columns;
    bool narrow = s->width > 0 && s->width < NARROW;

    plain_format_time(time, e->ts);
    if (narrow)
        put_day(s, time);
    buf_init(&place, 0);
    plain_put(&place, "%s  ", narrow && strlen(time) > TIME_AT ? time + TIME_AT : time);
    if (s->with_group) {
        plain_put_foreign(&place, e->group);
        plain_put(&place, " ");
    }
    plain_put(&place, "#%" PRIu64 "  ", e->seq);
    plain_put_color(s, PLAIN_DIM);
    buf_append(&s->out, place.p, place.len);
    plain_put_color(s, PLAIN_OFF);
    columns = screen_columns(buf_span(&place));
    s->out.failed |= place.failed;
    buf_clear(&place);
    return columns;
}

/* Who did it, for a line that begins with that. Returns the columns. */
static size_t
put_author(struct show *s, const struct conclave_entry *e)
{
    bool is_message = e->kind == CONCLAVE_MESSAGE;
    struct buf nick;
    size_t columns;

    buf_init(&nick, 0);
    put_person_color(s, &e->author);
    plain_put_foreign(&nick, e->nick);
    buf_append(&s->out, nick.p, nick.len);
    plain_put_color(s, PLAIN_OFF);
    plain_put(&s->out, is_message ? "  " : " ");
    columns = screen_columns(buf_span(&nick)) + (is_message ? 2 : 1);
    s->out.failed |= nick.failed;
    buf_clear(&nick);
    return columns;
}

void
plain_entry(struct show *s, const void *entry)
{
    const struct conclave_entry *e = entry;
    bool is_message = e->kind == CONCLAVE_MESSAGE;
    size_t at = put_place(s, e) + (is_message ? 0 : 2);
    struct buf text;

    buf_init(&text, 0);
    plain_put(&s->out, "%s", is_message ? "" : "* ");
    if (!e->by_group || !put_deed_of_group(&text, e)) {
        at += put_author(s, e);
        /* On a terminal the lines of a message are lines, indented so that none passes as an entry.
         */
        put_deed(&text, e, s->width > 0);
    }
    screen_wrap(&s->out, buf_span(&text), at, HANGING, s->width);
    s->out.failed |= text.failed;
    buf_clear(&text);
}
