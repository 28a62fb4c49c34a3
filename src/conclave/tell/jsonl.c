#include "tell/jsonl.h"

#include <string.h>

#include "base/text.h"
#include "tell/plain.h"
#include "tell/record.h"

/* Who and what an entry is about, beside its author. */
static void
put_subject(struct record *r, const struct conclave_entry *e)
{
    static const struct conclave_id nobody;

    if (memcmp(&e->subject, &nobody, sizeof(nobody)) == 0)
        return;
    record_put_id(r, "subject", &e->subject);
    if (e->subject_nick != NULL && e->subject_nick[0] != '\0')
        record_put_text(r, "subject_nick", e->subject_nick);
    if (e->kind == CONCLAVE_ROLE && conclave_role_name(e->role) != NULL)
        record_put(r, "role", json_string(conclave_role_name(e->role)));
}

static void
put_body(struct record *r, const struct conclave_entry *e)
{
    struct span body = {e->body, e->body_len};

    switch (e->kind) {
    case CONCLAVE_KICKED:
    case CONCLAVE_BANNED:
    case CONCLAVE_UNBANNED:
    case CONCLAVE_ROLE:
        put_subject(r, e);
        return;
    case CONCLAVE_LEFT:
        return;
    default:
        break;
    }
    if (text_is_utf8(body))
        record_put(r, "text", json_stringn(body.len > 0 ? (const char *)body.p : "", body.len));
    else
        record_put_base64(r, "body_base64", body);
}

void
jsonl_entry(struct buf *b, const void *entry)
{
    const struct conclave_entry *e = entry;
    struct record r = record_new();

    record_put_text(&r, "group", e->group);
    record_put_number(&r, "seq", e->seq);
    record_put_time(&r, "ts", e->ts);
    record_put_text(&r, "kind", conclave_kind_name(e->kind));
    record_put_id(&r, "author", &e->author);
    record_put_text(&r, "nick", e->nick);
    if (e->by_group)
        record_put(&r, "by_group", json_true());
    record_put_id(&r, "id", &e->id);
    put_body(&r, e);
    if (e->ext_len > 0)
        record_put_base64(&r, "ext_base64", (struct span){e->ext, e->ext_len});
    record_end(&r, b);
}

/* ---- lists ---- */

void
jsonl_group(struct buf *b, const void *group)
{
    const struct conclave_group *g = group;
    struct record r = record_new();

    record_put_text(&r, "name", g->name);
    record_put_text(&r, "address", g->address);
    record_put_text(&r, "key", g->key);
    record_put_number(&r, "members", g->members);
    record_put_text(&r, "description", g->description);
    record_end(&r, b);
}

static void
put_role(struct record *r, int role)
{
    const char *name = conclave_role_name(role);

    if (name != NULL)
        record_put(r, "role", json_string(name));
}

void
jsonl_member(struct buf *b, const void *member)
{
    const struct conclave_member *m = member;
    struct record r = record_new();

    record_put_id(&r, "uuid", &m->uuid);
    record_put_text(&r, "nick", m->nick);
    record_put_time(&r, "since", m->since);
    if (m->until != 0)
        record_put_time(&r, "until", m->until);
    put_role(&r, m->role);
    record_put(&r, "here", json_boolean(m->here));
    record_end(&r, b);
}

static void
put_maker(struct record *r, const struct conclave_id *who, const char *nick)
{
    record_put_id(r, "by", who);
    if (nick[0] != '\0')
        record_put_text(r, "by_nick", nick);
}

void
jsonl_ban(struct buf *b, const void *ban)
{
    const struct conclave_banned *banned = ban;
    struct record r = record_new();

    record_put_id(&r, "uuid", &banned->uuid);
    record_put_text(&r, "nick", banned->nick);
    put_maker(&r, &banned->by, banned->by_nick);
    record_put_time(&r, "since", banned->since);
    record_end(&r, b);
}

/* What lasts for ever has no end. */
static void
put_expires(struct record *r, int64_t expires)
{
    if (expires != 0)
        record_put_time(r, "expires", expires);
}

void
jsonl_invitation(struct buf *b, const void *invitation)
{
    const struct conclave_invitation *i = invitation;
    struct record r = record_new();

    record_put_text(&r, "id", i->id);
    record_put_number(&r, "uses", i->uses);
    put_expires(&r, i->expires);
    put_maker(&r, &i->by, i->by_nick);
    record_put_time(&r, "since", i->since);
    record_end(&r, b);
}

void
jsonl_setting(struct buf *b, const void *setting)
{
    const struct show_setting *s = setting;
    struct record r = record_new();

    record_put_text(&r, "name", s->name);
    record_put_text(&r, "value", s->value);
    record_put_text(&r, "origin", s->origin);
    record_end(&r, b);
}

/* ---- one thing ---- */

static void
put_self(struct record *r, const struct show_identity *self)
{
    record_put_text(r, "name", self->name);
    record_put_id(r, "uuid", &self->uuid);
    record_put_text(r, "key", self->key);
    record_put_text(r, "fingerprint", self->fingerprint);
}

void
jsonl_self(struct buf *b, const void *self)
{
    struct record r = record_new();

    put_self(&r, self);
    record_end(&r, b);
}

void
jsonl_setup(struct buf *b, const void *setup)
{
    const struct show_setup *s = setup;
    struct record r = record_new();

    record_put(&r, "ok", json_true());
    record_put(&r, "made", json_boolean(s->made));
    put_self(&r, &s->self);
    record_put_text(&r, "key_file", s->key_file);
    record_put_text(&r, "config_file", s->config_file);
    if (s->server != NULL)
        record_put_text(&r, "server", s->server);
    record_end(&r, b);
}

void
jsonl_info(struct buf *b, const void *info)
{
    const struct show_group_info *g = info;
    const struct conclave_info *i = g->info;
    struct record r = record_new();

    record_put_text(&r, "group", g->group);
    record_put_text(&r, "topic", i->topic);
    record_put_text(&r, "history", i->history);
    record_put_text(&r, "admission", i->admission);
    put_role(&r, i->role);
    record_put_number(&r, "members", i->members);
    record_put_number(&r, "here", i->here);
    record_put_number(&r, "first", i->first);
    record_put_number(&r, "head", i->head);
    record_put_id(&r, "log", &i->log);
    record_put_time(&r, "now", i->now);
    record_put_text(&r, "address", i->address);
    record_put_text(&r, "key", i->key);
    record_put_text(&r, "fingerprint", g->fingerprint);
    record_end(&r, b);
}

void
jsonl_topic(struct buf *b, const void *change)
{
    const struct show_change *c = change;
    struct record r = record_new();

    record_put_text(&r, "group", c->group);
    record_put_text(&r, "topic", c->topic);
    record_end(&r, b);
}

void
jsonl_invite(struct buf *b, const void *invite)
{
    const struct show_invite *i = invite;
    struct record r = record_new();

    record_put_text(&r, "group", i->group);
    record_put_text(&r, "invite", i->text);
    record_put_text(&r, "id", i->made.id);
    record_put_number(&r, "uses", i->made.uses);
    put_expires(&r, i->made.expires);
    record_end(&r, b);
}

/* ---- success ---- */

static struct record
success(const char *group)
{
    struct record r = record_new();

    record_put(&r, "ok", json_true());
    if (group != NULL)
        record_put_text(&r, "group", group);
    return r;
}

void
jsonl_joined(struct buf *b, const void *outcome)
{
    const struct show_outcome *o = outcome;
    struct record r = success(o->group);

    record_put(&r, "already", json_boolean(o->already));
    if (o->nick != NULL)
        record_put_text(&r, "nick", o->nick);
    record_end(&r, b);
}

void
jsonl_left(struct buf *b, const void *outcome)
{
    const struct show_outcome *o = outcome;
    struct record r = success(o->group);

    record_end(&r, b);
}

void
jsonl_sent(struct buf *b, const void *outcome)
{
    const struct show_outcome *o = outcome;
    struct record r = success(o->group);

    record_put_number(&r, "seq", o->ack->seq);
    record_put_time(&r, "ts", o->ack->ts);
    record_put_id(&r, "id", &o->ack->id);
    record_end(&r, b);
}

void
jsonl_stored(struct buf *b, const void *outcome)
{
    const struct show_outcome *o = outcome;
    struct record r = success(o->group);

    record_put_number(&r, "stored", o->done);
    record_put_number(&r, "messages", o->all);
    record_end(&r, b);
}

void
jsonl_exported(struct buf *b, const void *outcome)
{
    const struct show_outcome *o = outcome;
    struct record r = success(o->group);

    record_put_text(&r, "file", o->file);
    record_put_number(&r, "entries", o->done);
    record_end(&r, b);
}

void
jsonl_change(struct buf *b, const void *change)
{
    const struct show_change *c = change;
    struct record r = success(c->group);
    const struct {
        const char *key;
        const char *text;
    } fields[] = {{"nick", c->nick}, {"role", c->role}, {"topic", c->topic}, {"id", c->id}};

    if (c->subject != NULL)
        record_put_id(&r, "uuid", c->subject);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (fields[i].text != NULL)
            record_put_text(&r, fields[i].key, fields[i].text);
    if (c->last != NULL)
        record_put_number(&r, "last", *c->last);
    record_end(&r, b);
}

/* ---- remarks and failures ---- */

void
jsonl_gap(struct buf *b, const void *event)
{
    const struct conclave_event *e = event;
    struct record r = record_new();

    record_put_text(&r, "group", e->group);
    record_put(&r, "kind", json_string("gap"));
    record_put_number(&r, "first", e->first);
    record_put_number(&r, "last", e->last);
    record_end(&r, b);
}

void
jsonl_state(struct buf *b, const void *event)
{
    const struct conclave_event *e = event;
    struct record r = record_new();

    record_put_text(&r, "group", e->group);
    record_put(&r, "kind", json_string("state"));
    record_put(&r, "state", json_string(show_state_name(e->state)));
    record_put_text(&r, "code", e->code);
    record_put_text(&r, "text", e->text);
    record_end(&r, b);
}

void
jsonl_failure(struct buf *b, const void *failure)
{
    const struct show_failure *f = failure;
    struct record r = record_new();

    record_put_text(&r, "error", f->code);
    record_put_text(&r, "text", f->text);
    record_put(&r, "exit", json_integer(f->exit));
    if (f->line > 0)
        record_put_number(&r, "line", f->line);
    record_end(&r, b);
}
