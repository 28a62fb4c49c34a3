#include "store/change.h"

#include <string.h>

#include "base/text.h"

/* ---- appending ---- */

/* How much of a body decides: what somebody was called is the store's to know, not the caller's. */
static struct span
said(const struct entry *e)
{
    size_t fixed = entry_subject_len(e->kind);

    return (struct span){e->body.p, fixed > 0 && fixed < e->body.len ? fixed : e->body.len};
}

bool
store_entry_same(const struct entry *a, const struct entry *b)
{
    return a->kind == b->kind && span_equal(said(a), said(b)) && span_equal(a->ext, b->ext);
}

enum status
change_refuse(struct store_change *c, enum status result)
{
    c->result = result;
    return ST_OK;
}

enum status
change_answer_twin(struct work *w, struct store_change *c, const struct person *author,
                   struct entry *e)
{
    struct store_found found;
    enum status st;

    if (author == NULL)
        return ST_NOT_FOUND;
    e->id = c->id;
    st = w->s->ops->find(w->s, author, e, &found, w->why);
    if (st != ST_OK)
        return st;
    if (!found.same)
        return change_refuse(c, ST_CONFLICT);
    c->seq = found.seq;
    c->ts = found.ts;
    return ST_OK;
}

enum status
change_refuse_unless_twin(struct work *w, struct store_change *c, const struct person *author,
                          struct entry *e, enum status otherwise)
{
    enum status st = change_answer_twin(w, c, author, e);

    return st == ST_NOT_FOUND ? change_refuse(c, otherwise) : st;
}

enum status
change_append(struct work *w, struct store_change *c, const struct person *author, struct entry *e)
{
    struct store_state *next = &w->s->next;
    enum status st;

    if (next->last_ts == INT64_MAX || next->head == INT64_MAX)
        return fault_set(w->why, ST_FULL, "the log's time or number has reached its end");
    e->seq = next->head + 1;
    e->ts = w->now_ns > next->last_ts ? w->now_ns : next->last_ts + 1;
    e->author = author->uuid;
    e->id = c->id;
    st = w->s->ops->append(w->s, author, e, w->why);
    if (st == ST_EXISTS) {
        st = change_answer_twin(w, c, author, e);
        return st != ST_NOT_FOUND ? st
                                  : fault_set(w->why, ST_CORRUPT, "the log's index does not fit");
    }
    if (st == ST_OK) {
        next->head = c->seq = e->seq;
        next->last_ts = c->ts = e->ts;
        c->fresh = true;
        if (w->taker != NULL)
            w->taker->entry(w->taker->ctx, c, e);
    }
    return st;
}

/* ---- the roster ---- */

struct act
store_act(const struct store_change *c)
{
    struct act a = {.kind = (enum entry_kind)c->what,
                    .seq = c->seq,
                    .ts = c->ts,
                    .author = &c->author,
                    .subject = &c->author};

    switch (c->what) {
    case STORE_JOIN:
        a.key = c->key;
        a.hash = c->by_invite ? c->invite.hash : NULL;
        a.text = c->nick;
        break;
    case STORE_NICK:
        a.text = c->nick;
        break;
    case STORE_TOPIC:
        a.text = c->body;
        break;
    case STORE_REMOVE:
    case STORE_BAN:
    case STORE_UNBAN:
    case STORE_ROLE:
        a.subject = &c->subject;
        a.role = c->role;
        break;
    case STORE_INVITE:
        a.invite = &c->invite;
        break;
    case STORE_REVOKE:
        a.hash = c->invite.hash;
        break;
    case STORE_SEND:
    case STORE_LEAVE:
        break;
    }
    return a;
}

/* The rows of somebody who is not what they were. */
static enum status
keep_person(struct work *w, const struct person *was, const struct person *p)
{
    const struct store_rows *rows = w->s->rows;
    bool joined = p->joined_seq != was->joined_seq;
    enum status st = ST_OK;

    if (joined || p->left_seq != was->left_seq || !span_equal(person_nick(p), person_nick(was)))
        st = rows->person(w->s, p, w->why);
    if (st == ST_OK && (p->role != was->role || p->role_set != was->role_set ||
                        p->invited != was->invited || p->ban_seq != was->ban_seq))
        st = rows->standing(w->s, p, w->why);
    if (st == ST_OK && joined && was->n_stays == STAYS_MAX)
        st = rows->old_stays(w->s, p, w->why);
    return st;
}

static enum status
keep_invitation(struct work *w, const uint8_t hash[static INVITE_HASH_LEN])
{
    const struct invitation *one = invitations_find(&w->s->roster.invitations, hash);

    return one != NULL ? w->s->rows->invite(w->s, one, w->why)
                       : w->s->rows->no_invite(w->s, hash, w->why);
}

enum status
change_carry_out(struct work *w, const struct store_change *c, struct person *subject)
{
    static const struct person nobody;
    struct roster *r = &w->s->roster;
    struct act act = store_act(c);
    const uint8_t *hash = act.invite != NULL ? act.invite->hash : act.hash;
    struct person was = subject != NULL ? *subject : nobody;
    uint64_t standings = r->standings;
    size_t invitations = r->invitations.n;
    enum status st = roster_apply(r, &act);

    if (st != ST_OK)
        return fault_set(w->why, ST_NOMEM, "out of memory");
    if (w->s->rows == NULL)
        return ST_OK;
    if (subject != NULL)
        st = keep_person(w, &was, subject);
    if (st == ST_OK && hash != NULL)
        st = keep_invitation(w, hash);
    if (st == ST_OK &&
        (c->what == STORE_TOPIC || r->standings != standings || r->invitations.n != invitations))
        st = w->s->rows->about(w->s, w->why);
    return st;
}

enum status
change_find_or_add(struct work *w, const struct id *uuid, struct person **out)
{
    enum status st;

    *out = people_find(&w->s->roster.people, uuid);
    if (*out != NULL)
        return ST_OK;
    st = people_add(&w->s->roster.people, uuid, out);
    if (st != ST_OK)
        return fault_set(w->why, st, "out of memory");
    return w->s->rows == NULL ? ST_OK : w->s->rows->person(w->s, *out, w->why);
}

/* ---- messages ---- */

static bool
is_message(const struct message_ref *m, const struct id *author, const struct id *id)
{
    return m->set && id_equal(&m->author, author) && id_equal(&m->id, id);
}

static enum status
check_after(struct work *w, const struct person *author, const struct id *after)
{
    struct entry e = {.id = *after};
    struct store_found found;
    enum status st;

    if (author == NULL)
        return ST_NOT_FOUND;
    if (is_message(&w->appended, &author->uuid, after) ||
        is_message(&w->checked, &author->uuid, after))
        return ST_OK;
    st = w->s->ops->find(w->s, author, &e, &found, w->why);
    if (st == ST_OK && !found.is_message)
        st = ST_NOT_FOUND;
    if (st == ST_OK)
        w->checked = (struct message_ref){.set = true, .author = author->uuid, .id = *after};
    return st;
}

static enum status
send(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_MESSAGE, .body = c->body, .ext = c->ext};
    struct person *author = people_find(&w->s->roster.people, &c->author);
    enum status st = ST_OK;

    if (c->body.len > BODY_MAX_BYTES || c->ext.len > EXT_MAX_BYTES)
        return change_refuse(c, ST_INVALID);
    if (c->after != NULL)
        st = check_after(w, author, c->after);
    if (st == ST_NOT_FOUND)
        return change_refuse_unless_twin(w, c, author, &e, ST_ORDER);
    if (st == ST_OK && author == NULL)
        st = change_find_or_add(w, &c->author, &author);
    if (st == ST_OK)
        st = change_append(w, c, author, &e);
    if (st == ST_OK && c->fresh)
        w->appended = (struct message_ref){.set = true, .author = c->author, .id = c->id};
    return st;
}

/* ---- topic ---- */

static enum status
set_topic(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_TOPIC, .body = c->body};
    struct person *author;
    enum status st;

    if (c->body.len > TOPIC_MAX_BYTES || !text_is_utf8(c->body))
        return change_refuse(c, ST_INVALID);
    st = change_find_or_add(w, &c->author, &author);
    if (st == ST_OK)
        st = change_append(w, c, author, &e);
    return st == ST_OK && c->fresh ? change_carry_out(w, c, NULL) : st;
}

/* ---- all of them ---- */

enum status
change_apply(struct work *w, struct store_change *c)
{
    c->result = ST_OK;
    c->fresh = false;
    c->seq = 0;
    c->ts = 0;
    switch (c->what) {
    case STORE_SEND:
        return send(w, c);
    case STORE_JOIN:
        return change_join(w, c);
    case STORE_LEAVE:
        return change_leave(w, c);
    case STORE_REMOVE:
        return change_remove(w, c);
    case STORE_BAN:
        return change_ban(w, c);
    case STORE_UNBAN:
        return change_unban(w, c);
    case STORE_ROLE:
        return change_role(w, c);
    case STORE_TOPIC:
        return set_topic(w, c);
    case STORE_NICK:
        return change_nick(w, c);
    case STORE_INVITE:
        return change_invite(w, c);
    case STORE_REVOKE:
        return change_revoke(w, c);
    }
    return change_refuse(c, ST_INVALID);
}
