/* Invitations: the same over both back ends. */
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct invite_list {
    size_t n;
    struct invitation last;
};

static struct invite_list
invites_of(struct fixture *f)
{
    const struct invitations *all = &store_roster(f->store)->invitations;
    struct invite_list l = {.n = all->n};

    for (size_t i = 1; i < l.n; i++)
        assert_true(memcmp(all->v[i - 1].hash, all->v[i].hash, INVITE_HASH_LEN) < 0);
    if (l.n > 0)
        l.last = all->v[l.n - 1];
    return l;
}

static void
an_invitation_is_remembered_until_it_is_revoked(void **state)
{
    struct fixture *f = *state;
    struct store_change c = do_one(f, invite_of(1, 5, 3, NOW + 100), NOW);
    struct id by = id_n(1);
    struct invitation i;

    assert_int_equal(c.result, ST_OK);
    assert_false(c.fresh);
    assert_int_equal(state_of(f).head, 0);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(invites_of(f).n, 1);
        i = invites_of(f).last;
        assert_memory_equal(i.hash, c.invite.hash, sizeof i.hash);
        assert_true(id_equal(&i.by, &by));
        assert_int_equal(i.since, NOW);
        assert_int_equal(i.uses, 3);
        assert_int_equal(i.expires, NOW + 100);
        /* The first stands. */
        assert_int_equal(do_one(f, invite_of(2, 5, 9, 0), NOW + 1).result, ST_OK);
        if (f->durable)
            reopen(f);
    }
    assert_int_equal(do_one(f, invite_of(1, 6, 0, 0), NOW).result, ST_INVALID);
    assert_int_equal(do_one(f, invite_of(1, 6, UINT64_MAX, 0), NOW).result, ST_INVALID);
    assert_int_equal(do_one(f, revoke_of(6), NOW).result, ST_NOT_FOUND);
    assert_int_equal(do_one(f, revoke_of(5), NOW).result, ST_OK);
    assert_int_equal(do_one(f, revoke_of(5), NOW).result, ST_NOT_FOUND);
    assert_int_equal(invites_of(f).n, 0);
    if (f->durable)
        reopen(f);
    assert_int_equal(invites_of(f).n, 0);
}

static void
each_joining_takes_one_use(void **state)
{
    struct fixture *f = *state;

    do_one(f, invite_of(1, 5, 2, 0), NOW);
    assert_true(do_one(f, join_by(2, 1, "bea", 5), NOW).fresh);
    assert_true(member(f, 2).invited);
    assert_int_equal(invites_of(f).last.uses, 1);
    /* In already; repeated; by another id: no use is taken. */
    assert_int_equal(do_one(f, join_by(2, 1, "bea", 5), NOW).seq, 1);
    assert_int_equal(do_one(f, join_by(2, 2, "bea", 5), NOW).seq, 1);
    assert_int_equal(do_one(f, join_by(2, 2, "bea", 77), NOW).result, ST_OK);
    assert_int_equal(invites_of(f).last.uses, 1);
    assert_int_equal(do_one(f, join_by(3, 1, "carl", 77), NOW).result, ST_DENIED);
    assert_int_equal(members_of(f).n, 1);
    if (f->durable)
        reopen(f);
    assert_true(member(f, 2).invited);
    assert_true(do_one(f, join_by(3, 1, "carl", 5), NOW).fresh);
    assert_int_equal(invites_of(f).n, 0);
    assert_int_equal(do_one(f, join_by(4, 1, "dora", 5), NOW).result, ST_DENIED);
    assert_int_equal(state_of(f).head, 2);
    /* The last use was taken by who asks again, perhaps after they left. */
    assert_int_equal(do_one(f, join_by(3, 1, "carl", 5), NOW).seq, 2);
    do_one(f, leave_of(3, 2), NOW);
    assert_int_equal(do_one(f, join_by(3, 1, "carl", 5), NOW).seq, 2);
    assert_int_equal(do_one(f, join_by(3, 9, "carl", 5), NOW).result, ST_DENIED);
    if (f->durable)
        reopen(f);
    assert_int_equal(members_of(f).n, 2);
    assert_int_equal(invites_of(f).n, 0);
}

static void
a_refused_joining_takes_none(void **state)
{
    struct fixture *f = *state;

    do_one(f, invite_of(1, 5, 2, 0), NOW);
    do_one(f, send_of(2, 1, "x"), NOW);
    assert_int_equal(do_one(f, join_by(2, 1, "bea", 5), NOW).result, ST_CONFLICT);
    assert_int_equal(do_one(f, join_by(2, 2, "bad \xff", 5), NOW).result, ST_INVALID);
    do_one(f, ban_of(1, 1, 2), NOW);
    assert_int_equal(do_one(f, join_by(2, 2, "bea", 5), NOW).result, ST_DENIED);
    assert_int_equal(invites_of(f).last.uses, 2);
}

/* Each change by itself, so that none leans on what another of its batch did. */
static void
a_batch_that_fails_gives_uses_back(void **state)
{
    struct fixture *f = *state;
    struct store_change tries[][2] = {
        {join_by(2, 1, "bea", 5), send_of(1, 9, "x")},
        {join_by(2, 1, "bea", 6), send_of(1, 9, "x")}, /* the last use */
        {revoke_of(5), send_of(1, 9, "x")},
        {invite_of(1, 7, 1, 0), send_of(1, 9, "x")},
    };
    struct text before;
    struct text after;

    do_one(f, invite_of(1, 5, 2, 0), NOW);
    do_one(f, invite_of(1, 6, 1, 0), NOW);
    do_one(f, send_of(1, 1, "x"), INT64_MAX - 1);
    tell(f, &before);
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        /* An entry that takes the last of time, where the change itself takes none. */
        struct store_change c[3] = {tries[i][0], send_of(1, 8, "x"), tries[i][1]};

        assert_int_equal(store_commit(f->store, c, 3, AT(NOW), &f->why), ST_FULL);
        tell(f, &after);
        assert_string_equal(before.p, after.p);
        if (f->durable)
            reopen(f);
    }
    assert_true(do_one(f, join_by(2, 1, "bea", 6), NOW).fresh);
}

static void
an_invitation_ends_with_its_time(void **state)
{
    struct fixture *f = *state;

    do_one(f, invite_of(1, 5, 9, NOW + 100), NOW);
    assert_true(do_one(f, join_by(2, 1, "bea", 5), NOW + 99).fresh);
    assert_int_equal(do_one(f, join_by(3, 1, "carl", 5), NOW + 100).result, ST_DENIED);
    assert_int_equal(do_one(f, join_by(2, 1, "bea", 5), NOW + 100).result, ST_OK);
    assert_int_equal(invites_of(f).n, 1); /* the expired too */
    assert_int_equal(invites_of(f).last.uses, 8);
}

static void
the_end_of_a_stay_is_the_end_of_its_invitation(void **state)
{
    struct fixture *f = *state;

    do_one(f, invite_of(1, 5, 9, 0), NOW);
    for (unsigned how = 0; how < 3; how++) {
        unsigned id = 10 + how * 10;

        do_one(f, join_by(2, id, "bea", 5), NOW);
        assert_true(member(f, 2).invited);
        if (how == 0)
            do_one(f, leave_of(2, id + 1), NOW);
        else
            do_one(f, how == 1 ? remove_of(1, id + 1, 2) : ban_of(1, id + 1, 2), NOW);
        assert_false(member(f, 2).invited);
        if (f->durable)
            reopen(f);
        assert_false(member(f, 2).invited);
    }
    do_one(f, unban_of(1, 60, 2), NOW);
    assert_true(do_one(f, join_of(2, 61, "bea"), NOW).fresh);
    assert_false(member(f, 2).invited);
    assert_int_equal(invites_of(f).last.uses, 6);
}

static void
there_are_so_many_and_no_more(void **state)
{
    struct fixture *f = *state;
    static struct store_change all[INVITATIONS_MAX];

    /* In an order that is not that of the hashes; every other one has an end. */
    for (unsigned i = 0; i < INVITATIONS_MAX; i++)
        all[i] = invite_of(1, 1 + i * 7 % INVITATIONS_MAX, 1, i % 2 == 0 ? NOW + 100 : 0);
    commit(f, all, INVITATIONS_MAX, NOW);
    for (unsigned i = 0; i < INVITATIONS_MAX; i++)
        assert_int_equal(all[i].result, ST_OK);
    assert_int_equal(invites_of(f).n, INVITATIONS_MAX);
    assert_int_equal(do_one(f, invite_of(1, 5000, 1, 0), NOW + 99).result, ST_FULL);
    assert_int_equal(do_one(f, invite_of(1, 5, 1, 0), NOW + 99).result, ST_OK); /* is there */
    if (f->durable)
        reopen(f);
    assert_int_equal(invites_of(f).n, INVITATIONS_MAX);
    assert_int_equal(do_one(f, invite_of(1, 5000, 1, 0), NOW + 100).result, ST_OK);
    assert_int_equal(invites_of(f).n, INVITATIONS_MAX / 2 + 1);
    if (f->durable)
        reopen(f);
    assert_int_equal(invites_of(f).n, INVITATIONS_MAX / 2 + 1);
    assert_true(do_one(f, join_by(2, 1, "bea", 5000), NOW).fresh);
    assert_int_equal(invites_of(f).n, INVITATIONS_MAX / 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_invitation_is_remembered_until_it_is_revoked),
        ON_BOTH(each_joining_takes_one_use),
        ON_BOTH(a_refused_joining_takes_none),
        ON_BOTH(a_batch_that_fails_gives_uses_back),
        ON_BOTH(an_invitation_ends_with_its_time),
        ON_BOTH(the_end_of_a_stay_is_the_end_of_its_invitation),
        ON_BOTH(there_are_so_many_and_no_more),
    };

    return cmocka_run_group_tests_name("store_invites", tests, NULL, NULL);
}
