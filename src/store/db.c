#include "store.h"

#include <string.h>

#include "db.h"
#include "text.h"

/* A message that is known to be stored. The messages of one request all name the same one, and
 * requests that follow each other name the last of the one before, so two spare the look-up. */
struct message_ref {
    bool set;
    struct id author;
    struct id id;
};

/* One commit under way. */
struct work {
    struct store *s;
    struct store_change *changes;
    size_t n;
    int64_t now_ns;
    struct fault *why;
    struct message_ref checked;
    struct message_ref appended;
};

/* ---- appending ---- */

/* The author used this id before. */
static enum status
answer_twin(struct work *w, struct store_change *c, const struct person *author,
            const struct entry *e)
{
    struct store_found found;
    enum status st = w->s->ops->find(w->s, author, e, &found, w->why);

    if (st != ST_OK)
        return st;
    if (found.kind != e->kind || !found.same) {
        c->result = ST_CONFLICT;
        return ST_OK;
    }
    c->seq = found.seq;
    c->ts = found.ts;
    return ST_OK;
}

static enum status
append(struct work *w, struct store_change *c, const struct person *author, struct entry *e)
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
        st = answer_twin(w, c, author, e);
        return st != ST_NOT_FOUND ? st
                                  : fault_set(w->why, ST_CORRUPT, "the log's index does not fit");
    }
    if (st == ST_OK) {
        next->head = c->seq = e->seq;
        next->last_ts = c->ts = e->ts;
        c->fresh = true;
    }
    return st;
}

/* Refused with `otherwise`, unless this is a repetition of what was done before. */
static enum status
refuse_unless_twin(struct work *w, struct store_change *c, const struct person *author,
                   struct entry *e, enum status otherwise)
{
    enum status st = ST_NOT_FOUND;

    e->id = c->id;
    if (author != NULL)
        st = answer_twin(w, c, author, e);
    if (st != ST_NOT_FOUND)
        return st;
    c->result = otherwise;
    return ST_OK;
}

/* ---- people ---- */

static enum status
find_or_add(struct work *w, const struct id *uuid, struct person **out)
{
    enum status st;

    *out = people_find(&w->s->people, uuid);
    if (*out != NULL)
        return ST_OK;
    st = people_add(&w->s->people, uuid, out);
    if (st != ST_OK)
        return fault_set(w->why, st, "out of memory");
    return w->s->ops->keep_person(w->s, *out, w->why);
}

static enum status
start_stay(struct work *w, struct person *person, const struct store_change *c)
{
    if (people_save(&w->s->people, person) != ST_OK)
        return fault_set(w->why, ST_NOMEM, "out of memory");
    person->has_key = true;
    memcpy(person->key, c->key, sizeof person->key);
    person->nick_len = (uint8_t)c->nick.len;
    if (c->nick.len > 0)
        memcpy(person->nick, c->nick.p, c->nick.len);
    person->joined_seq = c->seq;
    person->joined_ts = c->ts;
    person->left_seq = 0;
    person->left_ts = 0;
    return w->s->ops->keep_person(w->s, person, w->why);
}

static enum status
end_stay(struct work *w, struct person *person, const struct store_change *c)
{
    if (people_save(&w->s->people, person) != ST_OK)
        return fault_set(w->why, ST_NOMEM, "out of memory");
    person->left_seq = c->seq;
    person->left_ts = c->ts;
    return w->s->ops->keep_person(w->s, person, w->why);
}

/* ---- the four changes ---- */

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
    if (st == ST_OK && found.kind != ENTRY_MESSAGE)
        st = ST_NOT_FOUND;
    if (st == ST_OK)
        w->checked = (struct message_ref){.set = true, .author = author->uuid, .id = *after};
    return st;
}

static enum status
apply_send(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_MESSAGE, .body = c->body, .ext = c->ext};
    struct person *author = people_find(&w->s->people, &c->author);
    enum status st = ST_OK;

    if (c->body.len > BODY_MAX_BYTES || c->ext.len > EXT_MAX_BYTES) {
        c->result = ST_INVALID;
        return ST_OK;
    }
    if (c->after != NULL)
        st = check_after(w, author, c->after);
    if (st == ST_NOT_FOUND)
        return refuse_unless_twin(w, c, author, &e, ST_ORDER);
    if (st == ST_OK && author == NULL)
        st = find_or_add(w, &c->author, &author);
    if (st == ST_OK)
        st = append(w, c, author, &e);
    if (st == ST_OK && c->fresh)
        w->appended = (struct message_ref){.set = true, .author = c->author, .id = c->id};
    return st;
}

static enum status
apply_join(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_JOINED, .body = c->nick};
    struct person *person = people_find(&w->s->people, &c->author);
    enum status st;

    if (c->nick.len > NAME_MAX_BYTES || !text_is_utf8(c->nick)) {
        c->result = ST_INVALID;
        return ST_OK;
    }
    if (person != NULL && person_is_in(person)) {
        c->seq = person->joined_seq;
        c->ts = person->joined_ts;
        return ST_OK;
    }
    st = find_or_add(w, &c->author, &person);
    if (st == ST_OK)
        st = append(w, c, person, &e);
    if (st == ST_OK && c->fresh)
        st = start_stay(w, person, c);
    return st;
}

static enum status
apply_leave(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_LEFT};
    struct person *person = people_find(&w->s->people, &c->author);
    enum status st;

    if (person == NULL || !person_is_in(person))
        return refuse_unless_twin(w, c, person, &e, ST_NOT_FOUND);
    st = append(w, c, person, &e);
    if (st == ST_OK && c->fresh)
        st = end_stay(w, person, c);
    return st;
}

static enum status
apply_remove(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_KICKED, .body = {c->subject.bytes, ID_LEN}};
    struct person *subject = people_find(&w->s->people, &c->subject);
    struct person *author = people_find(&w->s->people, &c->author);
    enum status st = ST_OK;

    if (subject == NULL || !person_is_in(subject))
        return refuse_unless_twin(w, c, author, &e, ST_NOT_FOUND);
    if (author == NULL)
        st = find_or_add(w, &c->author, &author);
    if (st == ST_OK)
        st = append(w, c, author, &e);
    if (st == ST_OK && c->fresh)
        st = end_stay(w, subject, c);
    return st;
}

static enum status
apply(struct work *w, struct store_change *c)
{
    c->result = ST_OK;
    c->fresh = false;
    c->seq = 0;
    c->ts = 0;
    switch (c->what) {
    case STORE_SEND:
        return apply_send(w, c);
    case STORE_JOIN:
        return apply_join(w, c);
    case STORE_LEAVE:
        return apply_leave(w, c);
    case STORE_REMOVE:
        return apply_remove(w, c);
    }
    c->result = ST_INVALID;
    return ST_OK;
}

/* ---- commit ---- */

void
store_break(struct store *s, enum status st, const struct fault *why)
{
    if (s->broken != ST_OK)
        return;
    s->broken = st == ST_CORRUPT ? ST_CORRUPT : ST_SYSTEM;
    s->broken_why = *why;
}

static enum status
undo(struct store *s, enum status st, const struct fault *why)
{
    struct fault second = {{0}};

    people_undo(&s->people);
    if (st != ST_FULL && st != ST_NOMEM)
        store_break(s, st, why);
    if (s->ops->rollback(s, &second) != ST_OK)
        store_break(s, ST_SYSTEM, &second);
    return s->broken != ST_OK ? s->broken : st;
}

static enum status
attempt(struct store *s, bool urgent, store_body *body, void *ctx, struct fault *why)
{
    enum status st;

    s->next = s->state;
    people_mark(&s->people);
    st = s->ops->begin(s, urgent, why);
    if (st == ST_OK)
        st = body(ctx, why);
    if (st == ST_OK)
        st = s->ops->commit(s, why);
    if (st != ST_OK)
        return undo(s, st, why);
    s->state = s->next;
    return ST_OK;
}

enum status
store_transact(struct store *s, bool urgent, store_body *body, void *ctx, struct fault *why)
{
    struct fault reason = s->broken_why;
    enum status st = s->broken;

    if (st == ST_OK)
        st = attempt(s, urgent, body, ctx, &reason);
    while (st == ST_FULL && urgent && s->ops->make_room(s))
        st = attempt(s, urgent, body, ctx, &reason);
    if (st != ST_OK && why != NULL)
        *why = reason;
    return st;
}

static enum status
apply_all(void *ctx, struct fault *why)
{
    struct work *w = ctx;
    enum status st = ST_OK;

    w->why = why;
    w->checked = w->appended = (struct message_ref){0}; /* an attempt before was rolled back */
    for (size_t i = 0; st == ST_OK && i < w->n; i++)
        st = apply(w, &w->changes[i]);
    w->why = NULL;
    return st;
}

static enum status
commit(struct work *w, bool urgent, struct fault *why)
{
    if (w->n == 0 && w->s->broken == ST_OK)
        return ST_OK;
    return store_transact(w->s, urgent, apply_all, w, why);
}

enum status
store_commit(struct store *s, struct store_change *changes, size_t n, int64_t now_ns,
             struct fault *why)
{
    struct work w = {.s = s, .changes = changes, .n = n, .now_ns = now_ns};

    return commit(&w, false, why);
}

enum status
store_commit_urgent(struct store *s, struct store_change *changes, size_t n, int64_t now_ns,
                    struct fault *why)
{
    struct work w = {.s = s, .changes = changes, .n = n, .now_ns = now_ns};

    return commit(&w, true, why);
}

/* ---- looking ---- */

enum status
store_state(struct store *s, struct store_state *out)
{
    *out = s->state;
    return ST_OK;
}

enum status
store_members(struct store *s, store_member_visit *visit, void *ctx)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < s->people.n; i++) {
        const struct person *p = s->people.by_uuid[i];
        struct store_member m = {
            .uuid = p->uuid,
            .nick = {p->nick, p->nick_len},
            .joined_seq = p->joined_seq,
            .joined_ts = p->joined_ts,
            .left_seq = p->left_seq,
            .left_ts = p->left_ts,
        };

        memcpy(m.key, p->key, sizeof m.key);
        if (p->joined_seq != 0)
            st = visit(ctx, &m);
    }
    return st;
}

enum status
store_reader_open(struct store_reader **out, struct store *s, struct fault *why)
{
    return s->ops->reader_open(out, s, why);
}

enum status
store_read(struct store_reader *r, const struct store_query *q, struct store_state *state,
           store_entry_visit *visit, void *ctx, struct fault *why)
{
    return r->ops->read(r, q, state, visit, ctx, why);
}

void
store_reader_close(struct store_reader *r)
{
    if (r != NULL)
        r->ops->close(r);
}

void
store_close(struct store *s)
{
    if (s != NULL)
        s->ops->close(s);
}
