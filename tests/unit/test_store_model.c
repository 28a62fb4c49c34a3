/* Random changes, against a model that is written to be plainly right instead of fast. */
#include "store_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/tools.h"

#define PEOPLE  6
#define HASHES  4
#define ENTRIES 2000
#define RUNS    12
#define STEPS   150

/* ---- the model ---- */

struct model_person {
    char nick[8]; /* the key is their number */
    bool joined;
    bool in;
    uint64_t joined_seq;
    int64_t joined_ts;
    uint64_t left_seq;
    int64_t left_ts;
    enum role role;
    bool role_set;
    bool invited;
    uint64_t ban_seq; /* 0: not banned */
    int64_t ban_ts;
    unsigned banned_by;
    struct stay stays[ENTRIES];
    size_t n_stays;
    size_t oldest; /* that is remembered, but for the bound */
};

struct model_entry {
    unsigned author;
    unsigned id;
    int64_t ts;
    char says[32]; /* all that a repetition must say again */
};

struct model {
    struct model_person people[PEOPLE];
    struct invitation invites[HASHES]; /* uses 0: not there */
    char topic[8];
    struct model_entry log[ENTRIES + 1]; /* log[seq] */
    uint64_t first;
    uint64_t head;
    int64_t last_ts;
};

/* A change, in numbers. */
struct move {
    enum store_what what;
    unsigned author;
    unsigned id;
    unsigned subject;
    unsigned hash;
    enum role role;
    char text[8];
    uint64_t uses;
    int64_t expires;
};

struct answer {
    enum status result;
    bool fresh;
    uint64_t seq;
    int64_t ts;
};

static void
say(const struct move *m, char out[32])
{
    switch (m->what) {
    case STORE_REMOVE:
    case STORE_BAN:
    case STORE_UNBAN:
        snprintf(out, 32, "%d about %u", m->what, m->subject);
        break;
    case STORE_ROLE:
        snprintf(out, 32, "%d about %u: %d", m->what, m->subject, m->role);
        break;
    case STORE_LEAVE:
        snprintf(out, 32, "%d", m->what);
        break;
    default:
        snprintf(out, 32, "%d %s", m->what, m->text);
    }
}

static struct invitation *
usable(struct model *x, const struct move *m, int64_t now)
{
    struct invitation *i = &x->invites[m->hash];

    return i->uses > 0 && (i->expires == 0 || i->expires > now) ? i : NULL;
}

/* As the state is: ST_OK, it can be done; ST_EXISTS: it is so already, since the entry in *a. */
static enum status
judge(struct model *x, const struct move *m, int64_t now, struct answer *a)
{
    const struct model_person *author = &x->people[m->author];
    const struct model_person *subject = &x->people[m->subject];

    switch (m->what) {
    case STORE_JOIN:
        if (author->in) {
            a->seq = author->joined_seq;
            a->ts = author->joined_ts;
            return ST_EXISTS;
        }
        if (author->ban_seq != 0 || (m->hash != 0 && usable(x, m, now) == NULL))
            return ST_DENIED;
        return ST_OK;
    case STORE_LEAVE:
    case STORE_NICK:
        return author->in ? ST_OK : ST_NOT_FOUND;
    case STORE_REMOVE:
        return subject->in ? ST_OK : ST_NOT_FOUND;
    case STORE_BAN:
        a->seq = subject->ban_seq;
        a->ts = subject->ban_ts;
        return subject->ban_seq == 0 ? ST_OK : ST_EXISTS;
    case STORE_UNBAN:
        return subject->ban_seq != 0 ? ST_OK : ST_NOT_FOUND;
    default:
        return ST_OK;
    }
}

static void
put_out(struct model_person *p, uint64_t seq, int64_t ts)
{
    p->invited = false;
    if (!p->in)
        return;
    p->in = false;
    p->left_seq = seq;
    p->left_ts = ts;
    p->stays[p->n_stays - 1].last = seq;
}

static void
let_in(struct model *x, const struct move *m, uint64_t seq, int64_t ts)
{
    struct model_person *p = &x->people[m->author];

    p->joined = p->in = true;
    p->joined_seq = seq;
    p->joined_ts = ts;
    p->left_seq = 0;
    p->left_ts = 0;
    p->stays[p->n_stays++] = (struct stay){seq, UINT64_MAX};
    p->invited = m->hash != 0;
    strcpy(p->nick, m->text);
    if (m->hash != 0)
        x->invites[m->hash].uses--;
}

static void
happen(struct model *x, const struct move *m, uint64_t seq, int64_t ts)
{
    struct model_person *author = &x->people[m->author];
    struct model_person *subject = &x->people[m->subject];

    switch (m->what) {
    case STORE_JOIN:
        let_in(x, m, seq, ts);
        break;
    case STORE_LEAVE:
        put_out(author, seq, ts);
        break;
    case STORE_NICK:
        strcpy(author->nick, m->text);
        break;
    case STORE_TOPIC:
        strcpy(x->topic, m->text);
        break;
    case STORE_BAN:
        subject->ban_seq = seq;
        subject->ban_ts = ts;
        subject->banned_by = m->author;
        /* fall through */
    case STORE_REMOVE:
        put_out(subject, seq, ts);
        subject->role = ROLE_MEMBER;
        break;
    case STORE_UNBAN:
        subject->ban_seq = 0;
        break;
    case STORE_ROLE:
        subject->role = m->role;
        subject->role_set = true;
        break;
    default:
        break;
    }
}

static struct answer
model_invitations(struct model *x, const struct move *m, int64_t now)
{
    struct invitation *i = &x->invites[m->hash];
    struct answer a = {.result = ST_OK};

    if (m->what == STORE_REVOKE) {
        a.result = i->uses > 0 ? ST_OK : ST_NOT_FOUND;
        i->uses = 0;
    } else if (i->uses == 0) {
        *i = (struct invitation){.uses = m->uses, .expires = m->expires, .since = now};
        i->by = id_n(m->author);
    }
    return a;
}

static struct answer
model_do(struct model *x, const struct move *m, int64_t now)
{
    struct answer a = {.result = ST_OK};
    enum status can;
    char says[32];

    if (m->what == STORE_INVITE || m->what == STORE_REVOKE)
        return model_invitations(x, m, now);
    say(m, says);
    for (uint64_t seq = x->first; seq <= x->head; seq++) {
        const struct model_entry *e = &x->log[seq];

        if (e->author != m->author || e->id != m->id)
            continue;
        if (strcmp(e->says, says) != 0)
            return (struct answer){.result = ST_CONFLICT};
        return (struct answer){.seq = seq, .ts = e->ts};
    }
    can = judge(x, m, now, &a);
    if (can == ST_EXISTS)
        return a;
    if (can != ST_OK)
        return (struct answer){.result = can};
    x->head++;
    x->last_ts = now > x->last_ts ? now : x->last_ts + 1;
    a = (struct answer){.fresh = true, .seq = x->head, .ts = x->last_ts};
    x->log[a.seq] = (struct model_entry){.author = m->author, .id = m->id, .ts = a.ts};
    strcpy(x->log[a.seq].says, says);
    happen(x, m, a.seq, a.ts);
    return a;
}

static void
model_trim(struct model *x, uint64_t entries)
{
    if (x->head + 1 - x->first > entries)
        x->first = x->head + 1 - entries;
    for (unsigned i = 0; i < PEOPLE; i++) {
        struct model_person *p = &x->people[i];

        while (p->oldest + 1 < p->n_stays && p->stays[p->oldest + 1].first <= x->first)
            p->oldest++;
    }
}

static void
model_tell_stays(const struct model_person *p, struct text *out)
{
    size_t bound = p->n_stays > STAYS_MAX ? p->n_stays - STAYS_MAX : 0;
    const char *before = ": ";

    for (size_t i = bound > p->oldest ? bound : p->oldest; i < p->n_stays; i++) {
        say_text(out, "%s%" PRIu64 "-%" PRId64, before, p->stays[i].first,
                 (int64_t)p->stays[i].last);
        before = " ";
    }
}

/* As the fixture's tell. */
static void
model_tell(const struct model *x, struct text *out)
{
    out->len = 0;
    for (unsigned i = 0; i < PEOPLE; i++) {
        const struct model_person *p = &x->people[i];

        if (!p->joined && !p->role_set && p->ban_seq == 0)
            continue;
        say_text(out, "%u \"%s\" key %u, in %" PRIu64 " at %" PRId64 " to %" PRIu64 " at %" PRId64,
                 i, p->nick, p->joined ? i : 0, p->joined_seq, p->joined_ts, p->left_seq,
                 p->left_ts);
        say_text(out, ", %s%s%s", role_name(p->role), p->role_set ? " set" : "",
                 p->invited ? ", invited" : "");
        if (p->ban_seq != 0)
            say_text(out, ", banned by %u at %" PRId64, p->banned_by, p->ban_ts);
        model_tell_stays(p, out);
        say_text(out, "\n");
    }
    for (unsigned i = 1; i < HASHES; i++) {
        const struct invitation *v = &x->invites[i];

        if (v->uses > 0)
            say_text(out, "invitation %u by %u since %" PRId64 ": %" PRIu64 " up to %" PRId64 "\n",
                     i, v->by.bytes[15], v->since, v->uses, v->expires);
    }
    say_text(out, "topic \"%s\"\nlog %" PRIu64 " to %" PRIu64 " at %" PRId64 "\n", x->topic,
             x->first, x->head, x->last_ts);
}

/* ---- the same to the store ---- */

static struct store_change
change_of(const struct move *m)
{
    switch (m->what) {
    case STORE_JOIN:
        return m->hash != 0 ? join_by(m->author, m->id, m->text, m->hash)
                            : join_of(m->author, m->id, m->text);
    case STORE_LEAVE:
        return leave_of(m->author, m->id);
    case STORE_REMOVE:
        return remove_of(m->author, m->id, m->subject);
    case STORE_BAN:
        return ban_of(m->author, m->id, m->subject);
    case STORE_UNBAN:
        return unban_of(m->author, m->id, m->subject);
    case STORE_ROLE:
        return role_of(m->author, m->id, m->subject, m->role);
    case STORE_TOPIC:
        return topic_of(m->author, m->id, m->text);
    case STORE_NICK:
        return nick_of(m->author, m->id, m->text);
    case STORE_INVITE:
        return invite_of(m->author, m->hash, m->uses, m->expires);
    case STORE_REVOKE:
        return revoke_of(m->hash);
    default:
        return send_of(m->author, m->id, m->text);
    }
}

/* ---- chance ---- */

static unsigned
roll(uint64_t *seed, unsigned n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % n;
}

/* Few people, few ids, few texts: all kinds of repetitions and conflicts come by themselves. */
static struct move
move_by_chance(uint64_t *seed, int64_t now)
{
    static const enum store_what kinds[] = {
        STORE_JOIN,  STORE_JOIN, STORE_JOIN,  STORE_JOIN,   STORE_LEAVE,  STORE_REMOVE,
        STORE_BAN,   STORE_BAN,  STORE_UNBAN, STORE_UNBAN,  STORE_ROLE,   STORE_ROLE,
        STORE_TOPIC, STORE_NICK, STORE_SEND,  STORE_INVITE, STORE_INVITE, STORE_REVOKE,
    };
    struct move m = {
        .what = kinds[roll(seed, sizeof kinds / sizeof kinds[0])],
        .author = roll(seed, PEOPLE),
        .id = roll(seed, 40),
        .subject = roll(seed, PEOPLE),
        .role = (enum role)roll(seed, ROLE_COUNT),
        .uses = 1 + roll(seed, 3),
    };

    snprintf(m.text, sizeof m.text, "t%u", roll(seed, 3));
    if (m.what == STORE_INVITE || m.what == STORE_REVOKE)
        m.hash = 1 + roll(seed, HASHES - 1);
    else if (m.what == STORE_JOIN)
        m.hash = roll(seed, HASHES);
    if (m.what == STORE_INVITE && roll(seed, 2) == 0)
        m.expires = now + roll(seed, 500);
    return m;
}

static void
compare(const struct store_change *c, const struct answer *a, uint64_t seed, unsigned step)
{
    if (c->result != a->result || c->fresh != a->fresh || c->seq != a->seq || c->ts != a->ts)
        fail_msg("seed %" PRIu64 ", step %u, kind %d: %s %d %" PRIu64 " instead of %s %d %" PRIu64,
                 seed, step, c->what, status_name(c->result), c->fresh, c->seq,
                 status_name(a->result), a->fresh, a->seq);
}

static void
compare_all(struct fixture *f, const struct model *x, uint64_t seed, unsigned step)
{
    struct text have;
    struct text want;

    tell(f, &have);
    model_tell(x, &want);
    if (strcmp(have.p, want.p) != 0)
        fail_msg("seed %" PRIu64 ", step %u:\n%s\ninstead of\n%s", seed, step, have.p, want.p);
}

static void
trim_by_chance(struct fixture *f, struct model *x, uint64_t *seed)
{
    struct store_keep keep = {.entries = 1 + roll(seed, 60)};
    size_t removed;

    assert_int_equal(store_trim(f->store, &keep, NOW, ENTRIES, &removed, &f->why), ST_OK);
    model_trim(x, keep.entries);
}

static void
run(struct fixture *f, struct model *x, uint64_t run_seed)
{
    uint64_t seed = run_seed;
    int64_t now = NOW;

    memset(x, 0, sizeof *x);
    x->first = 1;
    for (unsigned step = 0; step < STEPS; step++) {
        struct store_change c[4];
        struct answer a[4];
        struct move m[4];
        unsigned n = 1 + roll(&seed, 4);

        now += roll(&seed, 20);
        for (unsigned i = 0; i < n; i++) {
            m[i] = move_by_chance(&seed, now);
            c[i] = change_of(&m[i]);
        }
        commit(f, c, n, now);
        for (unsigned i = 0; i < n; i++) {
            a[i] = model_do(x, &m[i], now);
            compare(&c[i], &a[i], run_seed, step);
        }
        if (roll(&seed, 15) == 0)
            trim_by_chance(f, x, &seed);
        if (f->durable && roll(&seed, 10) == 0)
            reopen(f);
        compare_all(f, x, run_seed, step);
    }
}

static void
show_problem(void *ctx, const char *text)
{
    print_error("seed %" PRIu64 ": %s\n", *(uint64_t *)ctx, text);
}

/* Whatever happened, log and members tell the same. */
static void
check(struct fixture *f, uint64_t seed)
{
    struct verify_result r;

    assert_int_equal(store_verify(f->dir, show_problem, &seed, &r, &f->why), ST_OK);
    assert_int_equal(r.problems, 0);
}

static void
the_store_does_what_the_model_does(void **state)
{
    struct fixture *f = *state;
    struct model *x = malloc(sizeof *x);

    assert_non_null(x);
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        run(f, x, seed);
        store_close(f->store);
        f->store = NULL;
        if (f->durable)
            check(f, seed);
        wipe(f->dir);
        open_store(f);
    }
    free(x);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_store_does_what_the_model_does),
    };

    return cmocka_run_group_tests_name("store_model", tests, NULL, NULL);
}
