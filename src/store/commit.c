#include <string.h>

#include "base/text.h"
#include "store/engine.h"

/* Everything about one change returns ST_OK with c->result set, or what fails the transaction. */

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
    const struct store_taker *taker; /* NULL: nobody */
    struct fault *why;
    struct message_ref checked;
    struct message_ref appended;
};

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

static enum status
refuse(struct store_change *c, enum status result)
{
    c->result = result;
    return ST_OK;
}

/* Was this very change made before? Answers so, or with ST_CONFLICT. ST_NOT_FOUND: it was not.
 * author may be NULL: not known. A group knows the latest before it comes here: recent.h. */
static enum status
answer_twin(struct work *w, struct store_change *c, const struct person *author, struct entry *e)
{
    struct store_found found;
    enum status st;

    if (author == NULL)
        return ST_NOT_FOUND;
    e->id = c->id;
    st = w->s->engine->find(w->s, author, e, &found, w->why);
    if (st != ST_OK)
        return st;
    if (!found.same)
        return refuse(c, ST_CONFLICT);
    c->seq = found.seq;
    c->ts = found.ts;
    return ST_OK;
}

static enum status
refuse_unless_twin(struct work *w, struct store_change *c, const struct person *author,
                   struct entry *e, enum status otherwise)
{
    enum status st = answer_twin(w, c, author, e);

    return st == ST_NOT_FOUND ? refuse(c, otherwise) : st;
}

/* Append e as author's, whose id it gets, or answer with its twin. */
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
    st = w->s->engine->append(w->s, author, e, w->why);
    if (st == ST_EXISTS) {
        st = answer_twin(w, c, author, e);
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
    const struct store_engine *engine = w->s->engine;
    bool joined = p->joined_seq != was->joined_seq;
    enum status st = ST_OK;

    if (joined || p->left_seq != was->left_seq || !span_equal(person_nick(p), person_nick(was)))
        st = engine->put_person(w->s, p, w->why);
    if (st == ST_OK && (p->role != was->role || p->role_set != was->role_set ||
                        p->invited != was->invited || p->ban_seq != was->ban_seq))
        st = engine->put_standing(w->s, p, w->why);
    if (st == ST_OK && joined && was->n_stays == STAYS_MAX)
        st = engine->drop_stays(w->s, p, w->why);
    return st;
}

static enum status
keep_invitation(struct work *w, const uint8_t hash[static INVITE_HASH_LEN])
{
    const struct invitation *one = invitations_find(&w->s->roster.invitations, hash);

    return one != NULL ? w->s->engine->put_invite(w->s, one, w->why)
                       : w->s->engine->drop_invite(w->s, hash, w->why);
}

/* Do what c says, which was appended if it had to be, to the roster and its rows. subject: whom it
 * changes, who is there; or NULL. */
static enum status
carry_out(struct work *w, const struct store_change *c, struct person *subject)
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
    if (subject != NULL)
        st = keep_person(w, &was, subject);
    if (st == ST_OK && hash != NULL)
        st = keep_invitation(w, hash);
    if (st == ST_OK &&
        (c->what == STORE_TOPIC || r->standings != standings || r->invitations.n != invitations))
        st = w->s->engine->put_about(w->s, w->why);
    return st;
}

static enum status
find_or_add(struct work *w, const struct id *uuid, struct person **out)
{
    enum status st;

    *out = people_find(&w->s->roster.people, uuid);
    if (*out != NULL)
        return ST_OK;
    st = people_add(&w->s->roster.people, uuid, out);
    if (st != ST_OK)
        return fault_set(w->why, st, "out of memory");
    return w->s->engine->put_person(w->s, *out, w->why);
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
    st = w->s->engine->find(w->s, author, &e, &found, w->why);
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
        return refuse(c, ST_INVALID);
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

/* ---- topic ---- */

static enum status
set_topic(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_TOPIC, .body = c->body};
    struct person *author;
    enum status st;

    if (c->body.len > TOPIC_MAX_BYTES || !text_is_utf8(c->body))
        return refuse(c, ST_INVALID);
    st = find_or_add(w, &c->author, &author);
    if (st == ST_OK)
        st = append(w, c, author, &e);
    return st == ST_OK && c->fresh ? carry_out(w, c, NULL) : st;
}

/* ---- the author ---- */

static struct person *
find(const struct work *w, const struct id *uuid)
{
    return people_find(&w->s->roster.people, uuid);
}

static bool
is_nick(struct span nick)
{
    return nick.len <= NAME_MAX_BYTES && text_is_utf8(nick);
}

/* Is there a use left of what c names? */
static bool
may_enter(const struct work *w, const struct store_change *c)
{
    const struct invitation *invite = invitations_find(&w->s->roster.invitations, c->invite.hash);

    return invite != NULL && !invitation_is_expired(invite, w->now_ns);
}

static enum status
join(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_JOINED, .body = c->nick};
    struct person *person = find(w, &c->author);
    enum status st;

    if (!is_nick(c->nick))
        return refuse(c, ST_INVALID);
    if (person != NULL && person_is_in(person)) {
        st = answer_twin(w, c, person, &e);
        if (st == ST_NOT_FOUND) {
            c->seq = person->joined_seq;
            c->ts = person->joined_ts;
            st = ST_OK;
        }
        return st;
    }
    if ((person != NULL && person->ban_seq != 0) || (c->by_invite && !may_enter(w, c)))
        return refuse_unless_twin(w, c, person, &e, ST_DENIED);
    st = find_or_add(w, &c->author, &person);
    if (st == ST_OK)
        st = append(w, c, person, &e);
    if (st == ST_OK && c->fresh)
        st = carry_out(w, c, person);
    return st;
}

static enum status
leave(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_LEFT};
    struct person *person = find(w, &c->author);
    enum status st;

    if (person == NULL || !person_is_in(person))
        return refuse_unless_twin(w, c, person, &e, ST_NOT_FOUND);
    st = append(w, c, person, &e);
    return st == ST_OK && c->fresh ? carry_out(w, c, person) : st;
}

static enum status
set_nick(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_NICK, .body = c->nick};
    struct person *person = find(w, &c->author);
    enum status st;

    if (!is_nick(c->nick))
        return refuse(c, ST_INVALID);
    if (person == NULL || !person_is_in(person))
        return refuse_unless_twin(w, c, person, &e, ST_NOT_FOUND);
    st = append(w, c, person, &e);
    return st == ST_OK && c->fresh ? carry_out(w, c, person) : st;
}

/* ---- the subject ---- */

/* An entry about somebody. */
struct about_entry {
    struct entry e;
    uint8_t body[ENTRY_SUBJECT_MAX];
};

static void
write_about(struct about_entry *out, enum entry_kind kind, const struct store_change *c,
            const struct person *subject)
{
    struct entry_subject about = {.uuid = c->subject, .role = c->role};

    if (subject != NULL)
        about.nick = person_nick(subject);
    out->e =
        (struct entry){.kind = (uint8_t)kind, .body = entry_pack_subject(out->body, kind, &about)};
}

static enum status
carry_out_about(struct work *w, struct store_change *c, struct about_entry *about)
{
    struct person *author;
    struct person *subject;
    enum status st = find_or_add(w, &c->author, &author);

    if (st == ST_OK)
        st = append(w, c, author, &about->e);
    if (st != ST_OK || !c->fresh)
        return st;
    st = find_or_add(w, &c->subject, &subject);
    return st == ST_OK ? carry_out(w, c, subject) : st;
}

static enum status
kick(struct work *w, struct store_change *c)
{
    struct person *subject = find(w, &c->subject);
    struct about_entry about;

    write_about(&about, ENTRY_KICKED, c, subject);
    if (subject == NULL || !person_is_in(subject))
        return refuse_unless_twin(w, c, find(w, &c->author), &about.e, ST_NOT_FOUND);
    return carry_out_about(w, c, &about);
}

static enum status
ban(struct work *w, struct store_change *c)
{
    struct person *subject = find(w, &c->subject);
    struct about_entry about;
    enum status st;

    write_about(&about, ENTRY_BANNED, c, subject);
    if (subject != NULL && subject->ban_seq != 0) {
        st = answer_twin(w, c, find(w, &c->author), &about.e);
        if (st == ST_NOT_FOUND) {
            c->seq = subject->ban_seq;
            c->ts = subject->ban_ts;
            st = ST_OK;
        }
        return st;
    }
    return carry_out_about(w, c, &about);
}

static enum status
unban(struct work *w, struct store_change *c)
{
    struct person *subject = find(w, &c->subject);
    struct about_entry about;

    write_about(&about, ENTRY_UNBANNED, c, subject);
    if (subject == NULL || subject->ban_seq == 0)
        return refuse_unless_twin(w, c, find(w, &c->author), &about.e, ST_NOT_FOUND);
    return carry_out_about(w, c, &about);
}

static enum status
set_role(struct work *w, struct store_change *c)
{
    struct about_entry about;

    if ((unsigned)c->role >= ROLE_COUNT)
        return refuse(c, ST_INVALID);
    write_about(&about, ENTRY_ROLE, c, find(w, &c->subject));
    return carry_out_about(w, c, &about);
}

/* ---- invitations ---- */

static enum status
invite(struct work *w, struct store_change *c)
{
    const struct invitations *all = &w->s->roster.invitations;
    enum status st = ST_OK;

    if (c->invite.uses == 0 || c->invite.uses > INT64_MAX)
        return refuse(c, ST_INVALID);
    if (invitations_find(all, c->invite.hash) != NULL)
        return ST_OK;
    if (invitations_valid(all, w->now_ns) >= INVITATIONS_MAX)
        return refuse(c, ST_FULL);
    c->invite.by = c->author;
    c->invite.since = w->now_ns;
    /* These make room for it in the roster. */
    for (size_t i = 0; st == ST_OK && all->n >= INVITATIONS_MAX && i < all->n; i++)
        if (invitation_is_expired(&all->v[i], w->now_ns))
            st = w->s->engine->drop_invite(w->s, all->v[i].hash, w->why);
    return st == ST_OK ? carry_out(w, c, NULL) : st;
}

static enum status
revoke(struct work *w, struct store_change *c)
{
    if (invitations_find(&w->s->roster.invitations, c->invite.hash) == NULL)
        return refuse(c, ST_NOT_FOUND);
    return carry_out(w, c, NULL);
}

/* ---- all of them ---- */

static enum status
apply(struct work *w, struct store_change *c)
{
    c->result = ST_OK;
    c->fresh = false;
    c->seq = 0;
    c->ts = 0;
    switch (c->what) {
    case STORE_SEND:
        return send(w, c);
    case STORE_JOIN:
        return join(w, c);
    case STORE_LEAVE:
        return leave(w, c);
    case STORE_REMOVE:
        return kick(w, c);
    case STORE_BAN:
        return ban(w, c);
    case STORE_UNBAN:
        return unban(w, c);
    case STORE_ROLE:
        return set_role(w, c);
    case STORE_TOPIC:
        return set_topic(w, c);
    case STORE_NICK:
        return set_nick(w, c);
    case STORE_INVITE:
        return invite(w, c);
    case STORE_REVOKE:
        return revoke(w, c);
    }
    return refuse(c, ST_INVALID);
}

static enum status
apply_all(void *ctx, struct fault *why)
{
    struct work *w = ctx;
    enum status st = ST_OK;

    w->why = why;
    w->checked = w->appended = (struct message_ref){0}; /* an attempt before was rolled back */
    if (w->taker != NULL)
        w->taker->begin(w->taker->ctx);
    for (size_t i = 0; st == ST_OK && i < w->n; i++)
        st = apply(w, &w->changes[i]);
    w->why = NULL;
    return st;
}

enum status
store_commit(struct store *s, struct store_change *changes, size_t n,
             const struct store_commit_options *o, struct fault *why)
{
    struct work w = {.s = s, .changes = changes, .n = n, .now_ns = o->now_ns, .taker = o->taker};

    if (n == 0 && s->broken == ST_OK)
        return ST_OK;
    return store_transact(s, o->urgent, apply_all, &w, why);
}
