#include "tell/plain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tell/plain_put.h"

#define HANGING 4 /* blanks before the second line of a sentence */

static void
put_success(struct show *s)
{
    plain_put_color(s, PLAIN_GREEN);
    plain_put(&s->out, "SUCCESS");
    plain_put_color(s, PLAIN_OFF);
    plain_put(&s->out, " ");
}

/* ---- one thing ---- */

#define LABEL 13 /* columns of what a value is called */

/* A line of its own behind the first one. */
static void
put_field(struct show *s, const char *label, const char *value)
{
    if (s->out.len > 0 && s->out.p[s->out.len - 1] != '\n')
        plain_put(&s->out, "\n");
    plain_put(&s->out, "%-*s", LABEL, label);
    plain_put_wrapped(s, value, LABEL, LABEL);
}

static void
put_identity(struct show *s, const struct show_identity *self)
{
    char uuid[CONCLAVE_UUID_LEN + 1];

    conclave_id_format(&self->uuid, uuid);
    put_field(s, "name", self->name);
    put_field(s, "uuid", uuid);
    put_field(s, "key", self->key);
    put_field(s, "fingerprint", self->fingerprint);
}

void
plain_self(struct show *s, const void *self)
{
    put_identity(s, self);
}

void
plain_setup(struct show *s, const void *setup)
{
    const struct show_setup *made = setup;

    put_success(s);
    plain_put(&s->out, made->made ? "your identity is made" : "your identity was there already");
    put_identity(s, &made->self);
    put_field(s, "key file", made->key_file);
    put_field(s, "config file", made->config_file);
    put_field(s, "server", made->server != NULL ? made->server : "none yet");
    if (made->server == NULL)
        plain_put(&s->out,
                  "\n\nNow accept an invitation with: conclave join INVITE\n"
                  "or name the message server: conclave init --server ADDRESS --server-key KEY");
}

void
plain_info(struct show *s, const void *info)
{
    const struct show_group_info *g = info;
    const struct conclave_info *i = g->info;
    char members[64];
    char entries[64] = "none";
    char now[PLAIN_TIME_SIZE];

    snprintf(members, sizeof members, "%" PRIu64 ", %" PRIu64 " here", i->members, i->here);
    if (i->first <= i->head)
        snprintf(entries, sizeof entries, "#%" PRIu64 " to #%" PRIu64, i->first, i->head);
    plain_format_time(now, i->now);
    put_field(s, "group", g->group);
    put_field(s, "topic", i->topic);
    put_field(s, "your role", plain_role(i->role));
    put_field(s, "history", i->history);
    put_field(s, "admission", i->admission);
    put_field(s, "members", members);
    put_field(s, "entries", entries);
    put_field(s, "its clock", now);
    put_field(s, "address", i->address);
    put_field(s, "key", i->key);
    put_field(s, "fingerprint", g->fingerprint);
}

void
plain_topic(struct show *s, const void *change)
{
    const struct show_change *c = change;

    plain_put_foreign(&s->out, c->topic);
}

void
plain_invite(struct show *s, const void *invite)
{
    const struct show_invite *i = invite;

    buf_append(&s->out, i->text, strlen(i->text));
}

/* ---- success ---- */

void
plain_joined(struct show *s, const void *outcome)
{
    const struct show_outcome *o = outcome;
    struct buf *b = &s->out;

    put_success(s);
    plain_put(b, o->already ? "already a member of " : "joined ");
    plain_put_foreign(b, o->group);
    if (o->nick == NULL)
        return;
    plain_put(b, ", as \"");
    plain_put_foreign(b, o->nick);
    plain_put(b, "\"; to change the nick: conclave nick ");
    plain_put_foreign(b, o->group);
    plain_put(b, " NAME");
}

void
plain_left(struct show *s, const void *outcome)
{
    const struct show_outcome *o = outcome;

    put_success(s);
    plain_put(&s->out, "left ");
    plain_put_foreign(&s->out, o->group);
}

void
plain_sent(struct show *s, const void *outcome)
{
    const struct show_outcome *o = outcome;

    put_success(s);
    plain_put(&s->out, "stored in ");
    plain_put_foreign(&s->out, o->group);
    plain_put(&s->out, " as #%" PRIu64, o->ack->seq);
}

void
plain_stored(struct show *s, const void *outcome)
{
    const struct show_outcome *o = outcome;

    put_success(s);
    plain_put(&s->out, "%" PRIu64 " of %" PRIu64 " messages stored", o->done, o->all);
}

void
plain_exported(struct show *s, const void *outcome)
{
    const struct show_outcome *o = outcome;

    put_success(s);
    plain_put(&s->out, "%" PRIu64 " entr%s of ", o->done, o->done == 1 ? "y" : "ies");
    plain_put_foreign(&s->out, o->group);
    plain_put(&s->out, " written to ");
    plain_put_foreign(&s->out, o->file);
}

void
plain_change(struct show *s, const void *change)
{
    const struct show_change *c = change;

    put_success(s);
    plain_put_wrapped(s, c->sentence, sizeof "SUCCESS", HANGING);
}

/* ---- remarks and failures ---- */

/* On standard error, which has colours of its own. */
static void
put_who(struct show *s, const char *color)
{
    plain_put_color(s, color);
    plain_put(&s->out, "conclave:");
    plain_put_color(s, PLAIN_OFF);
    plain_put(&s->out, " ");
}

void
plain_gap(struct show *s, const void *event)
{
    const struct conclave_event *e = event;

    put_who(s, PLAIN_BOLD);
    plain_put_foreign(&s->out, e->group);
    plain_put(&s->out, ": #%" PRIu64 " to #%" PRIu64 " are no longer kept, or not yours to read",
              e->first, e->last);
}

void
plain_state(struct show *s, const void *event)
{
    static const char *const words[] = {
        [CONCLAVE_FEED_LIVE] = "up to date",
        [CONCLAVE_FEED_CATCHING_UP] = "catching up",
        [CONCLAVE_FEED_RECONNECTING] = "reconnecting",
        [CONCLAVE_FEED_ENDED] = "ended",
    };
    const struct conclave_event *e = event;

    put_who(s, PLAIN_DIM);
    plain_put_foreign(&s->out, e->group);
    plain_put(&s->out, ": %s%s", words[e->state], e->text[0] != '\0' ? ": " : "");
    plain_put_foreign(&s->out, e->text);
}

void
plain_failure(struct show *s, const void *failure)
{
    const struct show_failure *f = failure;
    size_t at = sizeof "conclave:";
    char line[64] = "";

    put_who(s, PLAIN_RED);
    if (f->to_line > f->line)
        at += (size_t)snprintf(line, sizeof line, "lines %" PRIu64 " to %" PRIu64 ": ", f->line,
                               f->to_line);
    else if (f->line > 0)
        at += (size_t)snprintf(line, sizeof line, "line %" PRIu64 ": ", f->line);
    plain_put(&s->out, "%s", line);
    plain_put_wrapped(s, f->text, at, HANGING);
}

void
plain_remark(struct show *s, const void *text)
{
    put_who(s, PLAIN_DIM);
    plain_put_wrapped(s, text, sizeof "conclave:", HANGING);
}
