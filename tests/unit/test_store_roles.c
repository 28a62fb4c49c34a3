/* Roles, bans, nicks and the topic: the same over both back ends. */
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
survive_reopening(struct fixture *f)
{
    struct text before;
    struct text after;

    if (!f->durable)
        return;
    tell(f, &before);
    reopen(f);
    tell(f, &after);
    assert_string_equal(before.p, after.p);
}

static void
assert_first_answer(struct fixture *f, struct store_change c, uint64_t seq, int64_t ts)
{
    struct store_change again = do_one(f, c, NOW + 1000);

    assert_int_equal(again.result, ST_OK);
    assert_false(again.fresh);
    assert_int_equal(again.seq, seq);
    assert_int_equal(again.ts, ts);
}

static struct seen
last_entry(struct fixture *f)
{
    struct page p = page_after(f, state_of(f).head - 1);

    assert_int_equal(p.n, 1);
    return p.v[0];
}

static void
assert_subject(const struct seen *s, enum entry_kind kind, unsigned who, enum role role,
               const char *nick)
{
    struct entry_subject subject = subject_of(s);
    struct id uuid = id_n(who);

    assert_int_equal(s->e.kind, kind);
    assert_true(id_equal(&subject.uuid, &uuid));
    assert_int_equal(subject.role, role);
    assert_true(span_equal(subject.nick, span_of(nick)));
    assert_int_equal(s->e.ext.len, 0);
}

/* ---- roles ---- */

static void
a_role_is_given_and_taken(void **state)
{
    struct fixture *f = *state;
    struct store_change c;
    struct seen s;

    do_one(f, join_of(2, 1, "bea"), NOW);
    assert_false(member(f, 2).role_set);
    assert_int_equal(member(f, 2).role, ROLE_MEMBER);
    c = do_one(f, role_of(1, 1, 2, ROLE_MODERATOR), NOW);
    assert_true(c.fresh);
    s = last_entry(f);
    assert_subject(&s, ENTRY_ROLE, 2, ROLE_MODERATOR, "bea");
    assert_true(id_equal(&s.e.author, &c.author));
    assert_int_equal(member(f, 2).role, ROLE_MODERATOR);
    assert_true(member(f, 2).role_set);
    survive_reopening(f);
    do_one(f, role_of(1, 2, 2, ROLE_OWNER), NOW);
    assert_int_equal(member(f, 2).role, ROLE_OWNER);
    assert_first_answer(f, role_of(1, 1, 2, ROLE_MODERATOR), c.seq, c.ts);
    assert_int_equal(do_one(f, role_of(1, 1, 2, ROLE_MEMBER), NOW).result, ST_CONFLICT);
    assert_int_equal(do_one(f, role_of(1, 1, 3, ROLE_MODERATOR), NOW).result, ST_CONFLICT);
    assert_int_equal(do_one(f, role_of(1, 9, 2, ROLE_COUNT), NOW).result, ST_INVALID);
    assert_int_equal(member(f, 2).role, ROLE_OWNER);
    do_one(f, role_of(1, 3, 2, ROLE_MEMBER), NOW);
    assert_int_equal(member(f, 2).role, ROLE_MEMBER);
    assert_true(member(f, 2).role_set);
    survive_reopening(f);
}

static void
a_role_waits_for_who_is_not_in(void **state)
{
    struct fixture *f = *state;
    struct seen s;

    do_one(f, role_of(1, 1, 5, ROLE_OWNER), NOW);
    s = last_entry(f);
    assert_subject(&s, ENTRY_ROLE, 5, ROLE_OWNER, "");
    assert_int_equal(members_of(f).n, 1);
    assert_int_equal(member(f, 5).joined_seq, 0);
    assert_int_equal(member(f, 5).n_stays, 0);
    survive_reopening(f);
    do_one(f, join_of(5, 1, "emma"), NOW);
    assert_int_equal(member(f, 5).role, ROLE_OWNER);
    do_one(f, leave_of(5, 2), NOW);
    assert_int_equal(member(f, 5).role, ROLE_OWNER); /* leaving keeps it */
    do_one(f, join_of(5, 3, "emma"), NOW);
    assert_int_equal(member(f, 5).role, ROLE_OWNER);
    survive_reopening(f);
}

static void
who_is_put_out_has_no_role_any_more(void **state)
{
    struct fixture *f = *state;

    for (int ban = 0; ban < 2; ban++) {
        unsigned id = ban ? 20 : 10;

        do_one(f, join_of(2, id, "bea"), NOW);
        do_one(f, role_of(1, id, 2, ROLE_MODERATOR), NOW);
        do_one(f, ban ? ban_of(1, id + 1, 2) : remove_of(1, id + 1, 2), NOW);
        assert_int_equal(member(f, 2).role, ROLE_MEMBER);
        assert_true(member(f, 2).role_set);
        assert_int_not_equal(member(f, 2).left_seq, 0);
        survive_reopening(f);
        /* A repeated gift is no new one. */
        assert_false(do_one(f, role_of(1, id, 2, ROLE_MODERATOR), NOW).fresh);
        assert_int_equal(member(f, 2).role, ROLE_MEMBER);
    }
    do_one(f, unban_of(1, 40, 2), NOW);
    do_one(f, join_of(2, 41, "bea"), NOW);
    assert_int_equal(member(f, 2).role, ROLE_MEMBER);
}

/* ---- bans ---- */

static void
a_ban_puts_out_and_keeps_out(void **state)
{
    struct fixture *f = *state;
    struct store_change c;
    struct person m;
    struct id by = id_n(1);
    struct seen s;

    do_one(f, join_of(2, 1, "bea"), NOW);
    c = do_one(f, ban_of(1, 1, 2), NOW + 5);
    assert_true(c.fresh);
    s = last_entry(f);
    assert_subject(&s, ENTRY_BANNED, 2, ROLE_MEMBER, "bea");
    m = member(f, 2);
    assert_int_not_equal(m.ban_seq, 0);
    assert_true(id_equal(&m.banned_by, &by));
    assert_int_equal(m.ban_ts, NOW + 5);
    assert_int_equal(m.left_seq, c.seq);
    assert_int_equal(m.left_ts, c.ts);
    survive_reopening(f);
    assert_int_equal(do_one(f, join_of(2, 2, "bea"), NOW).result, ST_DENIED);
    assert_int_equal(state_of(f).head, c.seq);
    /* That somebody was in once is true for ever. */
    assert_first_answer(f, join_of(2, 1, "bea"), 1, NOW);
    assert_int_equal(do_one(f, remove_of(1, 7, 2), NOW).result, ST_NOT_FOUND);
    assert_int_equal(do_one(f, send_of(2, 9, "x"), NOW).result, ST_OK); /* the caller's to know */
}

static void
who_is_banned_already_is_not_banned_again(void **state)
{
    struct fixture *f = *state;
    struct store_change first = do_one(f, ban_of(1, 1, 2), NOW);
    struct store_change other;
    struct seen s = last_entry(f);

    assert_true(first.fresh);
    assert_subject(&s, ENTRY_BANNED, 2, ROLE_MEMBER, "");
    assert_int_equal(member(f, 2).joined_seq, 0);
    assert_first_answer(f, ban_of(1, 1, 2), first.seq, first.ts);
    assert_first_answer(f, ban_of(1, 2, 2), first.seq, first.ts);
    assert_first_answer(f, ban_of(3, 1, 2), first.seq, first.ts);
    survive_reopening(f);
    assert_first_answer(f, ban_of(3, 1, 2), first.seq, first.ts);
    assert_int_equal(state_of(f).head, 1);
    /* The id was used for another's. */
    assert_int_equal(do_one(f, ban_of(1, 1, 4), NOW).result, ST_CONFLICT);
    assert_int_equal(members_of(f).n, 1);
    do_one(f, unban_of(1, 5, 2), NOW);
    other = do_one(f, ban_of(3, 2, 2), NOW);
    assert_true(other.fresh);
    /* Of two bans, each is answered with its own. */
    assert_first_answer(f, ban_of(1, 1, 2), first.seq, first.ts);
    assert_first_answer(f, ban_of(3, 2, 2), other.seq, other.ts);
    assert_first_answer(f, ban_of(3, 9, 2), other.seq, other.ts);
}

static void
a_lifted_ban_lets_in_again(void **state)
{
    struct fixture *f = *state;
    struct store_change c;
    struct seen s;

    assert_int_equal(do_one(f, unban_of(1, 1, 2), NOW).result, ST_NOT_FOUND);
    do_one(f, join_of(2, 1, "bea"), NOW);
    assert_int_equal(do_one(f, unban_of(1, 1, 2), NOW).result, ST_NOT_FOUND);
    do_one(f, ban_of(1, 1, 2), NOW);
    c = do_one(f, unban_of(1, 2, 2), NOW);
    assert_true(c.fresh);
    s = last_entry(f);
    assert_subject(&s, ENTRY_UNBANNED, 2, ROLE_MEMBER, "bea");
    assert_int_equal(member(f, 2).ban_seq, 0);
    assert_int_equal(member(f, 2).ban_ts, 0);
    survive_reopening(f);
    assert_first_answer(f, unban_of(1, 2, 2), c.seq, c.ts);
    assert_int_equal(do_one(f, unban_of(1, 3, 2), NOW).result, ST_NOT_FOUND);
    assert_true(do_one(f, join_of(2, 2, "bea"), NOW).fresh);
    /* A repeated ban of old does nothing to who is in by now. */
    assert_false(do_one(f, ban_of(1, 1, 2), NOW).fresh);
    assert_int_equal(member(f, 2).left_seq, 0);
    assert_first_answer(f, unban_of(1, 2, 2), c.seq, c.ts);
}

static void
one_may_ban_oneself_and_be_known_from_it(void **state)
{
    struct fixture *f = *state;

    assert_true(do_one(f, ban_of(7, 1, 7), NOW).fresh);
    assert_int_not_equal(member(f, 7).ban_seq, 0);
    survive_reopening(f);
    assert_true(do_one(f, unban_of(7, 2, 7), NOW).fresh);
    assert_int_equal(members_of(f).n, 0); /* nothing is left to say of them */
    survive_reopening(f);
}

static void
the_nick_of_a_repetition_does_not_matter(void **state)
{
    struct fixture *f = *state;
    struct store_change kick;
    struct store_change role;

    do_one(f, join_of(2, 1, "bea"), NOW);
    role = do_one(f, role_of(1, 1, 2, ROLE_MODERATOR), NOW);
    kick = do_one(f, remove_of(1, 2, 2), NOW);
    do_one(f, join_of(2, 2, "beatrice"), NOW);
    assert_first_answer(f, role_of(1, 1, 2, ROLE_MODERATOR), role.seq, role.ts);
    do_one(f, leave_of(2, 3), NOW);
    assert_first_answer(f, remove_of(1, 2, 2), kick.seq, kick.ts);
    do_one(f, join_of(2, 4, "b"), NOW);
    /* An id is the author's own, and stands for one thing; who is in is put out by a new one. */
    assert_int_equal(do_one(f, ban_of(1, 2, 2), NOW).result, ST_CONFLICT);
    assert_false(do_one(f, remove_of(1, 2, 2), NOW).fresh);
    assert_int_equal(member(f, 2).left_seq, 0);
    assert_true(do_one(f, remove_of(1, 3, 2), NOW).fresh);
}

/* ---- nicks ---- */

static bool
is_called(struct fixture *f, unsigned n, const char *nick)
{
    struct person who = member(f, n);

    return span_equal(person_nick(&who), span_of(nick));
}

static void
a_nick_is_changed_by_who_is_in(void **state)
{
    struct fixture *f = *state;
    struct store_change c;
    struct seen s;

    assert_int_equal(do_one(f, nick_of(2, 1, "bea"), NOW).result, ST_NOT_FOUND);
    do_one(f, join_of(2, 2, "bea"), NOW);
    c = do_one(f, nick_of(2, 3, "beatrice"), NOW);
    assert_true(c.fresh);
    s = last_entry(f);
    assert_int_equal(s.e.kind, ENTRY_NICK);
    assert_string_equal(s.body, "beatrice");
    assert_true(is_called(f, 2, "beatrice"));
    assert_int_equal(member(f, 2).joined_seq, 1);
    survive_reopening(f);
    do_one(f, nick_of(2, 4, "b"), NOW);
    assert_first_answer(f, nick_of(2, 3, "beatrice"), c.seq, c.ts);
    assert_true(is_called(f, 2, "b"));
    assert_int_equal(do_one(f, nick_of(2, 3, "bee"), NOW).result, ST_CONFLICT);
    assert_int_equal(do_one(f, nick_of(2, 5, "bad \xff"), NOW).result, ST_INVALID);
    do_one(f, leave_of(2, 6), NOW);
    assert_int_equal(do_one(f, nick_of(2, 7, "bee"), NOW).result, ST_NOT_FOUND);
    assert_first_answer(f, nick_of(2, 3, "beatrice"), c.seq, c.ts);
    assert_true(is_called(f, 2, "b"));
    survive_reopening(f);
}

/* ---- topic ---- */

static void
assert_topic(struct fixture *f, const char *topic)
{
    const struct topic *have = &store_roster(f->store)->topic;

    assert_true(span_equal((struct span){have->text, have->len}, span_of(topic)));
}

static void
the_latest_topic_stands(void **state)
{
    static char big[TOPIC_MAX_BYTES + 1];
    struct fixture *f = *state;
    struct store_change c = topic_of(1, 9, "");

    assert_topic(f, "");
    assert_int_equal(do_one(f, topic_of(1, 1, "tea"), NOW).seq, 1);
    assert_topic(f, "tea");
    do_one(f, topic_of(2, 1, "coffee"), NOW);
    assert_int_equal(last_entry(f).e.kind, ENTRY_TOPIC);
    assert_string_equal(last_entry(f).body, "coffee");
    survive_reopening(f);
    assert_first_answer(f, topic_of(1, 1, "tea"), 1, NOW);
    assert_topic(f, "coffee");
    assert_int_equal(do_one(f, topic_of(1, 1, "mate"), NOW).result, ST_CONFLICT);
    assert_int_equal(do_one(f, topic_of(1, 2, "bad \xff"), NOW).result, ST_INVALID);
    memset(big, 'x', sizeof big);
    c.body = (struct span){(const uint8_t *)big, sizeof big};
    assert_int_equal(do_one(f, c, NOW).result, ST_INVALID);
    assert_topic(f, "coffee");
    c.body.len--;
    assert_true(do_one(f, c, NOW).fresh);
    survive_reopening(f);
    do_one(f, topic_of(1, 3, ""), NOW);
    assert_topic(f, "");
    survive_reopening(f);
}

/* ---- batches ---- */

static void
a_batch_sees_what_it_did_before(void **state)
{
    struct fixture *f = *state;
    struct store_change c[] = {
        join_of(2, 1, "bea"),   role_of(1, 1, 2, ROLE_OWNER), nick_of(2, 2, "b"),
        ban_of(1, 2, 2),        join_of(2, 3, "bea"),         unban_of(1, 3, 2),
        join_of(2, 4, "bea b"), topic_of(2, 5, "tea"),        ban_of(1, 2, 2),
        remove_of(2, 6, 2),
    };
    struct page p;

    commit(f, c, sizeof c / sizeof c[0], NOW);
    assert_int_equal(c[4].result, ST_DENIED);
    assert_int_equal(c[6].seq, 6);
    assert_int_equal(c[8].seq, 4);
    assert_false(c[8].fresh);
    assert_int_equal(state_of(f).head, 8);
    p = page_after(f, 0);
    assert_subject(&p.v[1], ENTRY_ROLE, 2, ROLE_OWNER, "bea");
    assert_subject(&p.v[3], ENTRY_BANNED, 2, ROLE_MEMBER, "b");
    assert_subject(&p.v[7], ENTRY_KICKED, 2, ROLE_MEMBER, "bea b");
    survive_reopening(f);
}

/* Everything that can be changed is, and the last change finds time at its end. */
static void
a_batch_that_fails_changes_nobody(void **state)
{
    struct fixture *f = *state;
    struct store_change c[] = {
        role_of(1, 50, 2, ROLE_OWNER),
        role_of(1, 51, 8, ROLE_OWNER), /* not known before */
        nick_of(2, 50, "b"),
        leave_of(3, 50),
        join_of(3, 51, "carl c"),
        invite_of(1, 2, 5, 0),
        revoke_of(1),
        join_by(9, 50, "igor", 3),
        ban_of(1, 52, 2),
        ban_of(1, 53, 6),
        unban_of(1, 54, 4),
        topic_of(1, 55, "coffee"),
        remove_of(1, 56, 3),
        send_of(1, 57, "x"),
    };
    struct text before;
    struct text after;

    do_one(f, join_of(1, 1, "anna"), NOW);
    do_one(f, join_of(2, 1, "bea"), NOW);
    do_one(f, join_of(3, 1, "carl"), NOW);
    do_one(f, ban_of(1, 2, 4), NOW);
    do_one(f, topic_of(1, 3, "tea"), NOW);
    do_one(f, invite_of(1, 1, 3, 0), NOW);
    do_one(f, invite_of(1, 3, 3, 0), NOW);
    do_one(f, send_of(1, 4, "x"), INT64_MAX - 11);
    tell(f, &before);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(store_commit(f->store, c, sizeof c / sizeof c[0], AT(NOW), &f->why),
                         ST_FULL);
        tell(f, &after);
        assert_string_equal(before.p, after.p);
        survive_reopening(f);
    }
    /* Without the last it is possible, so each of the others did its part above. */
    commit(f, c, sizeof c / sizeof c[0] - 1, NOW);
    for (size_t i = 0; i < sizeof c / sizeof c[0] - 1; i++)
        assert_int_equal(c[i].result, ST_OK);
    assert_int_equal(state_of(f).last_ts, INT64_MAX);
    survive_reopening(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_role_is_given_and_taken),
        ON_BOTH(a_role_waits_for_who_is_not_in),
        ON_BOTH(who_is_put_out_has_no_role_any_more),
        ON_BOTH(a_ban_puts_out_and_keeps_out),
        ON_BOTH(who_is_banned_already_is_not_banned_again),
        ON_BOTH(a_lifted_ban_lets_in_again),
        ON_BOTH(one_may_ban_oneself_and_be_known_from_it),
        ON_BOTH(the_nick_of_a_repetition_does_not_matter),
        ON_BOTH(a_nick_is_changed_by_who_is_in),
        ON_BOTH(the_latest_topic_stands),
        ON_BOTH(a_batch_sees_what_it_did_before),
        ON_BOTH(a_batch_that_fails_changes_nobody),
    };

    return cmocka_run_group_tests_name("store_roles", tests, NULL, NULL);
}
