/* Every deed, what it does to a roster, and that it is taken back as a whole. */
#include "roster/roster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct id ann = {{1}}, bob = {{2}}, eve = {{3}};
static const uint8_t keys[4][32] = {{0}, {1, 1}, {2, 2}, {3, 3}};

static struct roster
empty(void)
{
    return (struct roster){.standings = 0};
}

/* ---- deeds ---- */

static void
apply(struct roster *r, struct act a)
{
    assert_int_equal(roster_apply(r, &a), ST_OK);
}

static struct act
join_of(const struct id *who, uint64_t seq, const char *nick)
{
    return (struct act){.kind = ENTRY_JOINED,
                        .seq = seq,
                        .ts = (int64_t)seq * 10,
                        .author = who,
                        .subject = who,
                        .text = span_of(nick),
                        .key = keys[who->bytes[0]]};
}

static struct act
deed_on(int kind, uint64_t seq, const struct id *author, const struct id *subject)
{
    return (struct act){.kind = (enum entry_kind)kind,
                        .seq = seq,
                        .ts = (int64_t)seq * 10,
                        .author = author,
                        .subject = subject};
}

static struct act
role_of(uint64_t seq, const struct id *author, const struct id *subject, enum role role)
{
    struct act a = deed_on(ENTRY_ROLE, seq, author, subject);

    a.role = role;
    return a;
}

static struct act
text_of(int kind, uint64_t seq, const struct id *who, const char *text)
{
    struct act a = deed_on(kind, seq, who, who);

    a.text = span_of(text);
    return a;
}

static struct invitation
invitation(unsigned n, uint64_t uses, int64_t expires)
{
    struct invitation one = {.by = ann, .since = 100, .uses = uses, .expires = expires};

    /* Scattered, so that adding is not in order. */
    one.hash[0] = (uint8_t)(n * 97);
    one.hash[1] = (uint8_t)(n >> 8);
    one.hash[2] = (uint8_t)n;
    return one;
}

static struct person *
person(struct roster *r, const struct id *who)
{
    struct person *p = people_find(&r->people, who);

    assert_non_null(p);
    return p;
}

static void
assert_stays(const struct person *p, size_t n, uint64_t first, uint64_t last)
{
    assert_int_equal(p->n_stays, n);
    assert_int_equal(p->stays[n - 1].first, first);
    assert_int_equal(p->stays[n - 1].last, last);
}

/* ---- what each does ---- */

static void
who_joins_is_in_and_called_so(void **state)
{
    struct roster r = empty();
    const struct person *p;

    (void)state;
    apply(&r, join_of(&ann, 1, "Ann"));
    p = person(&r, &ann);
    assert_true(person_is_in(p));
    assert_true(p->has_key);
    assert_memory_equal(p->key, keys[1], 32);
    assert_true(span_equal(person_nick(p), span_of("Ann")));
    assert_int_equal(p->joined_ts, 10);
    assert_false(p->invited || p->has_standing || p->role_set);
    assert_stays(p, 1, 1, UINT64_MAX);
    apply(&r, text_of(ENTRY_NICK, 2, &ann, "Anna"));
    assert_true(span_equal(person_nick(p), span_of("Anna")));
    assert_int_equal(r.standings, 0);
    roster_clear(&r);
}

static void
who_leaves_is_out_and_keeps_their_role(void **state)
{
    struct roster r = empty();
    const struct person *p;

    (void)state;
    apply(&r, join_of(&ann, 1, "a"));
    apply(&r, role_of(2, &ann, &ann, ROLE_OWNER));
    apply(&r, deed_on(ENTRY_LEFT, 5, &ann, &ann));
    p = person(&r, &ann);
    assert_false(person_is_in(p));
    assert_true(person_is_known(p));
    assert_int_equal(p->left_seq, 5);
    assert_int_equal(p->left_ts, 50);
    assert_int_equal(p->role, ROLE_OWNER);
    assert_stays(p, 1, 1, 5);
    apply(&r, join_of(&ann, 8, "a2"));
    assert_true(person_is_in(p));
    assert_int_equal(p->left_ts, 0);
    assert_stays(p, 2, 8, UINT64_MAX);
    roster_clear(&r);
}

static void
who_is_removed_is_out_and_has_no_role(void **state)
{
    static const int kinds[] = {ENTRY_KICKED, ENTRY_BANNED};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct roster r = empty();
        const struct person *p;

        apply(&r, join_of(&bob, 1, "b"));
        apply(&r, role_of(2, &ann, &bob, ROLE_MODERATOR));
        apply(&r, deed_on(kinds[i], 3, &ann, &bob));
        p = person(&r, &bob);
        assert_false(person_is_in(p));
        assert_stays(p, 1, 1, 3);
        assert_int_equal(p->role, ROLE_MEMBER);
        assert_true(p->role_set);
        assert_int_equal(p->ban_seq, kinds[i] == ENTRY_BANNED ? 3 : 0);
        roster_clear(&r);
    }
}

static void
a_ban_counts_also_of_who_was_never_in(void **state)
{
    struct roster r = empty();
    const struct person *p;

    (void)state;
    apply(&r, deed_on(ENTRY_BANNED, 4, &ann, &eve));
    p = person(&r, &eve);
    assert_true(person_is_known(p));
    assert_false(person_is_in(p));
    assert_int_equal(p->n_stays, 0);
    assert_int_equal(p->ban_seq, 4);
    assert_int_equal(p->ban_ts, 40);
    assert_true(id_equal(&p->banned_by, &ann));
    assert_int_equal(r.standings, 1);
    apply(&r, deed_on(ENTRY_UNBANNED, 6, &bob, &eve));
    assert_int_equal(p->ban_seq, 0);
    assert_int_equal(p->ban_ts, 0);
    assert_true(id_is_zero(&p->banned_by));
    assert_false(person_is_known(p));
    assert_int_equal(r.standings, 1); /* there is a standing, if an empty one */
    roster_clear(&r);
}

/* Who was out has nothing that ends a second time. */
static void
an_old_stay_keeps_its_end(void **state)
{
    struct roster r = empty();

    (void)state;
    apply(&r, join_of(&bob, 1, "b"));
    apply(&r, deed_on(ENTRY_LEFT, 2, &bob, &bob));
    apply(&r, deed_on(ENTRY_BANNED, 7, &ann, &bob));
    assert_stays(person(&r, &bob), 1, 1, 2);
    assert_int_equal(person(&r, &bob)->left_seq, 2);
    roster_clear(&r);
}

static void
an_invitation_is_used_up_by_those_who_join_with_it(void **state)
{
    struct roster r = empty();
    struct invitation two = invitation(1, 2, 0), other = invitation(2, 1, 0);
    struct act join = join_of(&bob, 3, "b");

    (void)state;
    apply(&r, (struct act){.kind = DEED_INVITE, .invite = &two});
    apply(&r, (struct act){.kind = DEED_INVITE, .invite = &other});
    two.uses = 100;
    apply(&r, (struct act){.kind = DEED_INVITE, .invite = &two}); /* stays as it was */
    join.hash = two.hash;
    apply(&r, join);
    assert_true(person(&r, &bob)->invited);
    assert_int_equal(r.standings, 1);
    assert_int_equal(invitations_find(&r.invitations, two.hash)->uses, 1);
    apply(&r, deed_on(ENTRY_LEFT, 4, &bob, &bob));
    assert_false(person(&r, &bob)->invited);
    join.seq = 5;
    apply(&r, join);
    assert_null(invitations_find(&r.invitations, two.hash));
    apply(&r, (struct act){.kind = DEED_REVOKE, .hash = two.hash}); /* there is none */
    assert_int_equal(r.invitations.n, 1);
    apply(&r, (struct act){.kind = DEED_REVOKE, .hash = other.hash});
    assert_int_equal(r.invitations.n, 0);
    roster_clear(&r);
}

static void
expired_invitations_make_room_where_there_is_none(void **state)
{
    struct roster r = empty();
    struct invitation late = invitation(INVITATIONS_MAX, 1, 0);
    struct act invite = {.kind = DEED_INVITE, .invite = &late};

    (void)state;
    for (unsigned i = 0; i < INVITATIONS_MAX; i++) {
        struct invitation one = invitation(i, 1, i % 2 == 0 ? 100 : 101);

        apply(&r, (struct act){.kind = DEED_INVITE, .invite = &one});
    }
    assert_int_equal(invitations_valid(&r.invitations, 99), INVITATIONS_MAX);
    assert_int_equal(invitations_valid(&r.invitations, 100), INVITATIONS_MAX / 2);
    late.since = 99;
    assert_int_equal(roster_apply(&r, &invite), ST_FULL);
    late.since = 100;
    apply(&r, invite);
    assert_int_equal(r.invitations.n, INVITATIONS_MAX / 2 + 1);
    for (size_t i = 1; i < r.invitations.n; i++) {
        const uint8_t *before = r.invitations.v[i - 1].hash;

        assert_true(memcmp(before, r.invitations.v[i].hash, INVITE_HASH_LEN) < 0);
        assert_int_equal(invitations_after(&r.invitations, before), i);
    }
    roster_clear(&r);
}

static void
the_topic_is_the_latest(void **state)
{
    struct roster r = empty();

    (void)state;
    apply(&r, text_of(ENTRY_TOPIC, 1, &ann, "long topic"));
    apply(&r, text_of(ENTRY_TOPIC, 2, &ann, "tea"));
    assert_true(span_equal((struct span){r.topic.text, r.topic.len}, span_of("tea")));
    apply(&r, text_of(ENTRY_TOPIC, 3, &ann, ""));
    assert_int_equal(r.topic.len, 0);
    assert_int_equal(r.people.n, 0);
    roster_clear(&r);
}

static void
what_is_said_changes_nothing(void **state)
{
    struct roster r = empty();

    (void)state;
    apply(&r, text_of(ENTRY_MESSAGE, 1, &ann, "hello"));
    apply(&r, text_of(200, 2, &ann, "of a kind that nobody knows yet"));
    assert_int_equal(r.people.n, 0);
    assert_int_equal(r.topic.len, 0);
    roster_clear(&r);
}

/* ---- taking back ---- */

/* Ann owns, Bob came by an invitation that has a use left, Eve is banned, and there is a topic. */
static struct roster
some(struct invitation *one)
{
    struct roster r = empty();
    struct act join = join_of(&bob, 3, "Bob");

    *one = invitation(1, 2, 0);
    apply(&r, join_of(&ann, 1, "Ann"));
    apply(&r, role_of(2, &ann, &ann, ROLE_OWNER));
    apply(&r, (struct act){.kind = DEED_INVITE, .invite = one});
    join.hash = one->hash;
    apply(&r, join);
    apply(&r, deed_on(ENTRY_BANNED, 4, &ann, &eve));
    apply(&r, text_of(ENTRY_TOPIC, 5, &ann, "tea"));
    return r;
}

static void
assert_same_person(const struct person *a, const struct person *b)
{
    struct person x = *a, y = *b;

    assert_int_equal(a->n_stays, b->n_stays);
    for (size_t i = 0; i < a->n_stays; i++) {
        assert_int_equal(a->stays[i].first, b->stays[i].first);
        assert_int_equal(a->stays[i].last, b->stays[i].last);
    }
    x.stays = y.stays = NULL;
    x.cap_stays = y.cap_stays = 0;
    assert_memory_equal(&x, &y, sizeof x);
}

static void
assert_same(struct roster *a, struct roster *b)
{
    assert_int_equal(a->people.n, b->people.n);
    for (size_t i = 0; i < a->people.n; i++)
        assert_same_person(a->people.by_uuid[i], b->people.by_uuid[i]);
    assert_int_equal(a->invitations.n, b->invitations.n);
    for (size_t i = 0; i < a->invitations.n; i++)
        assert_memory_equal(&a->invitations.v[i], &b->invitations.v[i], sizeof *a->invitations.v);
    assert_int_equal(a->standings, b->standings);
    assert_int_equal(a->topic.len, b->topic.len);
    assert_memory_equal(a->topic.text, b->topic.text, a->topic.len);
    assert_int_equal(a->people.forget_at, b->people.forget_at);
}

static void
every_deed_is_taken_back(void **state)
{
    static const struct id dan = {{0}};
    struct invitation one, next = invitation(7, 1, 0);
    struct act by_invite = join_of(&dan, 9, "Dan");
    const struct act deeds[] = {
        join_of(&dan, 9, "Dan"),
        by_invite,
        deed_on(ENTRY_LEFT, 9, &bob, &bob),
        deed_on(ENTRY_KICKED, 9, &ann, &bob),
        deed_on(ENTRY_BANNED, 9, &ann, &bob),
        deed_on(ENTRY_BANNED, 9, &ann, &dan),
        deed_on(ENTRY_UNBANNED, 9, &ann, &eve),
        role_of(9, &ann, &bob, ROLE_MODERATOR),
        role_of(9, &ann, &dan, ROLE_OWNER),
        text_of(ENTRY_NICK, 9, &bob, "Bobby"),
        text_of(ENTRY_TOPIC, 9, &ann, "coffee"),
        {.kind = DEED_INVITE, .invite = &next},
        {.kind = DEED_REVOKE, .hash = one.hash},
    };

    (void)state;
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        struct roster r = some(&one), was = some(&one);
        struct act a = deeds[i];

        if (i == 1)
            a.hash = one.hash;
        roster_mark(&r);
        apply(&r, a);
        roster_undo(&r);
        assert_same(&r, &was);
        /* And counts when it is done after all. */
        roster_mark(&r);
        apply(&r, a);
        roster_mark(&r);
        roster_undo(&r);
        apply(&was, a);
        assert_same(&r, &was);
        roster_clear(&r);
        roster_clear(&was);
    }
}

static void
many_deeds_are_taken_back_as_one(void **state)
{
    struct invitation one;
    struct roster r = some(&one), was = some(&one);
    struct act join = join_of(&bob, 0, "Bobby");

    (void)state;
    roster_mark(&r);
    apply(&r, (struct act){.kind = DEED_REVOKE, .hash = one.hash});
    for (uint64_t seq = 10; seq < 300; seq += 3) {
        apply(&r, deed_on(ENTRY_KICKED, seq, &ann, &bob));
        join.seq = seq + 1;
        apply(&r, join);
        apply(&r, role_of(seq + 2, &ann, &bob, ROLE_MODERATOR));
    }
    apply(&r, text_of(ENTRY_TOPIC, 300, &ann, ""));
    assert_int_equal(person(&r, &bob)->n_stays, STAYS_MAX);
    roster_undo(&r);
    assert_same(&r, &was);
    roster_clear(&r);
    roster_clear(&was);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_joins_is_in_and_called_so),
        cmocka_unit_test(who_leaves_is_out_and_keeps_their_role),
        cmocka_unit_test(who_is_removed_is_out_and_has_no_role),
        cmocka_unit_test(a_ban_counts_also_of_who_was_never_in),
        cmocka_unit_test(an_old_stay_keeps_its_end),
        cmocka_unit_test(an_invitation_is_used_up_by_those_who_join_with_it),
        cmocka_unit_test(expired_invitations_make_room_where_there_is_none),
        cmocka_unit_test(the_topic_is_the_latest),
        cmocka_unit_test(what_is_said_changes_nothing),
        cmocka_unit_test(every_deed_is_taken_back),
        cmocka_unit_test(many_deeds_are_taken_back_as_one),
    };

    return cmocka_run_group_tests_name("roster", tests, NULL, NULL);
}
