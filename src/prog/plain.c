#include "plain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "text.h"

#define LOCAL_TIME_SIZE 32

/* Our own words, at most 200 bytes. */
static void __attribute__((format(printf, 2, 3))) put(struct buf *b, const char *format, ...)
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

/* Somebody else's. */
static void
put_foreign(struct buf *b, const char *text)
{
    text_escape(b, span_of(text), false);
}

static void
put_id(struct buf *b, const struct conclave_id *id)
{
    char text[CONCLAVE_UUID_LEN + 1];

    conclave_id_format(id, text);
    put(b, "%s", text);
}

static void
put_local_time(struct buf *b, int64_t ns)
{
    char text[LOCAL_TIME_SIZE] = "?";
    time_t seconds = (time_t)(ns / NS_PER_S);
    struct tm parts;

    if (localtime_r(&seconds, &parts) != NULL)
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
    put(b, "%s", text);
}

void
plain_self(struct buf *b, const struct show_identity *self)
{
    put(b, "name         ");
    put_foreign(b, self->name);
    put(b, "\nuuid         ");
    put_id(b, &self->uuid);
    put(b, "\nkey          %s\nfingerprint  %s", self->key, self->fingerprint);
}

void
plain_group(struct buf *b, const struct conclave_group *g)
{
    put_foreign(b, g->name);
    put(b, "  ");
    put_foreign(b, g->address);
    put(b, "  %" PRIu64 " member%s", g->members, g->members == 1 ? "" : "s");
    if (g->description[0] != '\0') {
        put(b, "  ");
        put_foreign(b, g->description);
    }
}

void
plain_member(struct buf *b, const struct conclave_member *m)
{
    put_foreign(b, m->nick);
    put(b, "  ");
    put_id(b, &m->uuid);
    put(b, "  since ");
    put_local_time(b, m->since);
}

/* "alice  hello", "* alice joined" */
static void
plain_deed(struct buf *b, const struct conclave_entry *e)
{
    if (e->kind != CONCLAVE_MESSAGE)
        put(b, "* ");
    put_foreign(b, e->nick);
    switch (e->kind) {
    case CONCLAVE_MESSAGE:
        put(b, "  ");
        text_escape(b, (struct span){e->body, e->body_len}, false);
        break;
    case CONCLAVE_JOINED:
        put(b, " joined");
        break;
    case CONCLAVE_LEFT:
        put(b, " left");
        break;
    case CONCLAVE_KICKED:
        put(b, " removed ");
        if (e->body_len == sizeof(e->id.bytes)) {
            struct conclave_id subject;

            memcpy(subject.bytes, e->body, sizeof(subject.bytes));
            put_id(b, &subject);
        }
        break;
    default:
        put(b, " made an entry of kind %d", e->kind);
    }
}

void
plain_entry(struct buf *b, const struct conclave_entry *e, bool with_group)
{
    put_local_time(b, e->ts);
    put(b, "  ");
    if (with_group) {
        put_foreign(b, e->group);
        put(b, " ");
    }
    put(b, "#%" PRIu64 "  ", e->seq);
    plain_deed(b, e);
}

void
plain_joined(struct buf *b, const char *group, bool already, const char *nick)
{
    put(b, "SUCCESS %s ", already ? "already a member of" : "joined");
    put_foreign(b, group);
    if (nick == NULL)
        return;
    put(b, ", as \"");
    put_foreign(b, nick);
    put(b, "\"; to change the nick, leave and join");
}

void
plain_left(struct buf *b, const char *group)
{
    put(b, "SUCCESS left ");
    put_foreign(b, group);
}

void
plain_sent(struct buf *b, const char *group, const struct conclave_ack *ack)
{
    put(b, "SUCCESS stored in ");
    put_foreign(b, group);
    put(b, " as #%" PRIu64, ack->seq);
}

void
plain_stored(struct buf *b, uint64_t stored, uint64_t messages)
{
    put(b, "SUCCESS %" PRIu64 " of %" PRIu64 " messages stored", stored, messages);
}

void
plain_gap(struct buf *b, const struct conclave_event *e)
{
    put(b, "conclave: ");
    put_foreign(b, e->group);
    put(b, ": #%" PRIu64 " to #%" PRIu64 " are no longer kept", e->first, e->last);
}

void
plain_state(struct buf *b, const struct conclave_event *e)
{
    static const char *const words[] = {
        [CONCLAVE_FEED_LIVE] = "up to date",
        [CONCLAVE_FEED_CATCHING_UP] = "catching up",
        [CONCLAVE_FEED_RECONNECTING] = "reconnecting",
        [CONCLAVE_FEED_ENDED] = "ended",
    };

    put(b, "conclave: ");
    put_foreign(b, e->group);
    put(b, ": %s%s", words[e->state], e->text[0] != '\0' ? ": " : "");
    put_foreign(b, e->text);
}

void
plain_failure(struct buf *b, const struct show_failure *f)
{
    put(b, "conclave: ");
    if (f->line > 0)
        put(b, "line %" PRIu64 ": ", f->line);
    put_foreign(b, f->text);
}
