/* Handles: what opening one needs, what works without a message server, and what is kept. */
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "client/handle.h"
#include "conclave.h"

#define ROOM_FOR_ONE 60 /* bytes of a short message in a spool */
#define PATIENCE_MS  20000
#define SERVER       "tcp://127.0.0.1:1" /* nobody listens there */
#define SERVER_KEY   "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define OTHER_KEY    "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

struct bench {
    char dir[64];
    char key[80];
    char known[80];
    char spool[80];
    char why[400];
    struct conclave_options o;
    struct conclave *c;
};

static unsigned syncs;
static unsigned removed;
static unsigned synced_before; /* the last removal */

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags);

int
__wrap_fdatasync(int fd)
{
    syncs++;
    return __real_fdatasync(fd);
}

int
__wrap_unlinkat(int dir, const char *name, int flags)
{
    removed++;
    synced_before = syncs;
    return __real_unlinkat(dir, name, flags);
}

static int
set_up(void **state)
{
    static struct bench b;

    memset(&b, 0, sizeof b);
    snprintf(b.dir, sizeof b.dir, "/tmp/open.XXXXXX");
    assert_non_null(mkdtemp(b.dir));
    snprintf(b.key, sizeof b.key, "%s/me.key", b.dir);
    snprintf(b.known, sizeof b.known, "%s/known_keys", b.dir);
    snprintf(b.spool, sizeof b.spool, "%s/spool", b.dir);
    assert_int_equal(conclave_make_key(b.key, "me", b.why, sizeof b.why), CONCLAVE_OK);
    b.o = (struct conclave_options){
        .server = SERVER,
        .server_key = SERVER_KEY,
        .key = b.key,
        .timeout_ms = 300,
        .known_keys = b.known,
        .spool = b.spool,
    };
    *state = &b;
    return 0;
}

static int
remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    conclave_close(b->c);
    return nftw(b->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static enum conclave_status
open_handle(struct bench *b)
{
    conclave_close(b->c);
    return conclave_open(&b->c, &b->o, b->why, sizeof b->why);
}

static void
write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void
without_a_server_it_knows_who_we_are(void **state)
{
    struct bench *b = *state;
    struct conclave_id id;
    char key[CONCLAVE_KEY_LEN + 1];

    b->o.server = b->o.server_key = NULL;
    assert_int_equal(open_handle(b), CONCLAVE_OK);
    conclave_self(b->c, &id, key);
    assert_int_equal(strlen(key), CONCLAVE_KEY_LEN);
    assert_string_equal(conclave_self_name(b->c), "me");
}

static void
what_needs_a_server_says_so(void **state)
{
    struct bench *b = *state;
    struct conclave_id who = {{1}};
    struct conclave_event e;

    b->o.server = NULL;
    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_list_groups(b->c), CONCLAVE_INVALID);
    assert_non_null(strstr(conclave_error(b->c), "needs a message server"));
    assert_int_equal(conclave_join(b->c, "lobby", NULL, NULL), CONCLAVE_INVALID);
    assert_int_equal(conclave_post(b->c, "lobby", "x", 1, NULL, NULL), CONCLAVE_INVALID);
    assert_int_equal(conclave_follow(b->c, "lobby"), CONCLAVE_INVALID);
    assert_int_equal(conclave_kick(b->c, "lobby", &who, NULL), CONCLAVE_INVALID);
    assert_int_equal(conclave_locate(b->c, "lobby", OTHER_KEY, "tcp://h:1"), CONCLAVE_INVALID);
    assert_int_equal(conclave_accept_key(b->c, NULL), CONCLAVE_INVALID);
    assert_int_equal(conclave_poll(b->c, 0, &e), CONCLAVE_NONE);
}

static void
known_keys_with_a_bad_line_are_refused(void **state)
{
    struct bench *b = *state;

    write_text(b->known, "server " SERVER " " SERVER_KEY "\nwhat\n");
    assert_int_equal(open_handle(b), CONCLAVE_LOCAL);
    assert_null(b->c);
    assert_non_null(strstr(b->why, b->known));
    assert_non_null(strstr(b->why, "line 2"));
}

static void
another_key_of_the_server_is_not_accepted_before_it_answers(void **state)
{
    struct bench *b = *state;

    write_text(b->known, "server " SERVER " " OTHER_KEY "\n");
    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_list_groups(b->c), CONCLAVE_SERVER_KEY);
    assert_string_equal(conclave_error_code(b->c), "other_key");
    assert_non_null(strstr(conclave_error(b->c), "is not the one that is remembered"));
    assert_int_equal(conclave_post(b->c, "lobby", "x", 1, NULL, NULL), CONCLAVE_SERVER_KEY);
    assert_int_equal(conclave_accept_key(b->c, "lobby"), CONCLAVE_SERVER_KEY);
    assert_int_equal(conclave_accept_key(b->c, NULL), CONCLAVE_UNREACHABLE);
    assert_int_equal(conclave_list_groups(b->c), CONCLAVE_SERVER_KEY);
    write_text(b->known, "server " SERVER " " SERVER_KEY "\n");
    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_accept_key(b->c, NULL), CONCLAVE_NONE);
}

/* A key that nobody showed yet is not remembered: it may be a slip of the pen. */
static void
a_server_that_never_answered_is_not_remembered(void **state)
{
    struct bench *b = *state;

    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_list_groups(b->c), CONCLAVE_UNREACHABLE);
    assert_int_not_equal(access(b->known, F_OK), 0);
}

static void
a_group_with_another_key_is_refused_until_accepted(void **state)
{
    struct bench *b = *state;

    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_locate(b->c, "lobby", SERVER_KEY, "tcp://127.0.0.1:2"), CONCLAVE_OK);
    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_locate(b->c, "lobby", OTHER_KEY, "tcp://127.0.0.1:2"),
                     CONCLAVE_SERVER_KEY);
    assert_string_equal(conclave_error_code(b->c), "key_changed");
    assert_int_equal(conclave_accept_key(b->c, "lobby"), CONCLAVE_OK);
    assert_int_equal(conclave_locate(b->c, "lobby", OTHER_KEY, "tcp://127.0.0.1:2"), CONCLAVE_OK);
}

static void
a_spool_keeps_what_was_posted_to_a_group_that_is_away(void **state)
{
    struct bench *b = *state;

    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_post(b->c, "lobby", "x", 1, NULL, NULL), CONCLAVE_UNREACHABLE);
    assert_int_equal(conclave_locate(b->c, "lobby", OTHER_KEY, "tcp://127.0.0.1:2"), CONCLAVE_OK);
    assert_int_equal(conclave_post(b->c, "lobby", "one", 3, NULL, NULL), CONCLAVE_OK);
    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_posted(b->c, "lobby"), 1);
    assert_int_equal(conclave_post(b->c, "lobby", "two", 3, NULL, NULL), CONCLAVE_OK);
    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_posted(b->c, NULL), 2);
    b->o.spool = NULL;
    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_posted(b->c, NULL), 0);
}

/* What waits in a spool says nothing about where its group is. */
static void
a_group_that_only_the_spool_knows_can_be_located(void **state)
{
    struct bench *b = *state;

    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_locate(b->c, "lobby", OTHER_KEY, "tcp://127.0.0.1:2"), CONCLAVE_OK);
    assert_int_equal(conclave_post(b->c, "lobby", "one", 3, NULL, NULL), CONCLAVE_OK);
    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_locate(b->c, "lobby", OTHER_KEY, "tcp://127.0.0.1:2"), CONCLAVE_OK);
    assert_int_equal(conclave_posted(b->c, "lobby"), 1);
}

/* It is looked for in the background already, with more patience than a call has. */
static void
a_call_ends_in_its_time_while_the_group_is_looked_for(void **state)
{
    struct bench *b = *state;
    struct conclave_event e;
    int64_t began;

    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_locate(b->c, "lobby", OTHER_KEY, "tcp://127.0.0.1:2"), CONCLAVE_OK);
    assert_int_equal(conclave_post(b->c, "lobby", "one", 3, NULL, NULL), CONCLAVE_OK);
    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_poll(b->c, 1200, &e), CONCLAVE_NONE);
    began = clock_mono_ms();
    assert_int_equal(conclave_send(b->c, "lobby", "two", 3, NULL, NULL), CONCLAVE_UNREACHABLE);
    assert_in_range(clock_mono_ms() - began, 0, 2000);
    assert_int_equal(conclave_posted(b->c, "lobby"), 1);
}

static void
another_key_is_refused_in_the_same_handle_too(void **state)
{
    struct bench *b = *state;

    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_locate(b->c, "lobby", SERVER_KEY, "tcp://127.0.0.1:2"), CONCLAVE_OK);
    assert_int_equal(conclave_locate(b->c, "lobby", OTHER_KEY, "tcp://127.0.0.1:2"),
                     CONCLAVE_SERVER_KEY);
    assert_string_equal(conclave_error_code(b->c), "key_changed");
    assert_non_null(strstr(conclave_error(b->c), "its fingerprint was"));
    assert_int_equal(conclave_accept_key(b->c, "lobby"), CONCLAVE_OK);
    assert_int_equal(conclave_locate(b->c, "lobby", OTHER_KEY, "tcp://127.0.0.1:2"), CONCLAVE_OK);
}

static struct conclave *
open_another(struct bench *b)
{
    struct conclave *c;

    assert_int_equal(conclave_open(&c, &b->o, b->why, sizeof b->why), CONCLAVE_OK);
    assert_int_equal(conclave_locate(c, "lobby", OTHER_KEY, "tcp://127.0.0.1:2"), CONCLAVE_OK);
    return c;
}

static void
post_text(struct conclave *c, const char *text)
{
    assert_int_equal(conclave_post(c, "lobby", text, strlen(text), NULL, NULL), CONCLAVE_OK);
}

/* The group is not there: nothing is answered. */
static void
poll_once(struct conclave *c)
{
    struct conclave_event e;

    c->left_ms = 0; /* it is time to look for what others left */
    assert_int_equal(conclave_poll(c, 0, &e), CONCLAVE_NONE);
}

static void
handles_share_a_spool_and_what_one_left_goes_to_another(void **state)
{
    struct bench *b = *state;
    struct conclave *first = open_another(b);
    struct conclave *second = open_another(b);

    post_text(first, "one");
    post_text(first, "two");
    post_text(second, "three");
    poll_once(second);
    assert_int_equal(conclave_posted(first, NULL), 2);
    assert_int_equal(conclave_posted(second, NULL), 1);
    conclave_close(first);
    poll_once(second);
    assert_int_equal(conclave_posted(second, "lobby"), 3);
    first = open_another(b); /* takes nothing that somebody holds */
    assert_int_equal(conclave_posted(first, NULL), 0);
    conclave_close(second);
    conclave_close(first);
    second = open_another(b);
    assert_int_equal(conclave_posted(second, "lobby"), 3);
    conclave_close(second);
}

/* It goes there when it is on disk here. */
static void
what_is_taken_over_is_synced_before_it_goes(void **state)
{
    struct bench *b = *state;
    struct conclave *first = open_another(b);
    struct conclave *second = open_another(b);

    post_text(first, "one");
    conclave_close(first);
    syncs = removed = 0;
    poll_once(second);
    assert_int_equal(conclave_posted(second, NULL), 1);
    assert_int_equal(removed, 1);
    assert_true(synced_before > 0);
    conclave_close(second);
}

static off_t
size_of_second(const struct bench *b)
{
    struct stat info;
    char pattern[128];
    glob_t found;

    snprintf(pattern, sizeof pattern, "%s/*.1/lobby.posts", b->spool);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    assert_int_equal(stat(found.gl_pathv[0], &info), 0);
    globfree(&found);
    return info.st_size;
}

static void
what_there_is_no_room_for_is_taken_over_later(void **state)
{
    struct bench *b = *state;
    struct conclave *first = open_another(b);
    struct conclave *second = open_another(b);
    char large[CONCLAVE_BODY_MAX] = "";
    struct rlimit limit;
    struct rlimit small;

    for (char c = 'a'; c < 'd'; c++)
        post_text(first, (char[]){c, '\0'});
    conclave_close(first);
    assert_int_equal(conclave_post(second, "lobby", large, sizeof large, NULL, NULL), CONCLAVE_OK);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small.rlim_cur = (rlim_t)size_of_second(b) + ROOM_FOR_ONE;
    small.rlim_max = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    poll_once(second);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(conclave_posted(second, NULL), 2);
    poll_once(second);
    assert_int_equal(conclave_posted(second, NULL), 4);
    conclave_close(second);
}

static void
the_next_handle_takes_what_several_left(void **state)
{
    struct bench *b = *state;
    struct conclave *c[3];

    for (size_t i = 0; i < 3; i++) {
        c[i] = open_another(b);
        post_text(c[i], "one");
    }
    for (size_t i = 0; i < 3; i++)
        conclave_close(c[i]);
    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_posted(b->c, "lobby"), 3);
}

static void
an_event_loop_wakes_for_what_others_left(void **state)
{
    struct bench *b = *state;
    struct conclave *c = open_another(b);
    struct pollfd wait = {.fd = conclave_fd(c), .events = POLLIN};
    struct conclave_event e;

    b->c = open_another(b);
    post_text(b->c, "one");
    assert_int_equal(conclave_poll(c, 0, &e), CONCLAVE_NONE);
    conclave_close(b->c);
    b->c = NULL;
    while (conclave_posted(c, NULL) == 0) {
        assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
        assert_int_equal(conclave_poll(c, 0, &e), CONCLAVE_NONE);
    }
    conclave_close(c);
}

static void
options_are_checked(void **state)
{
    struct bench *b = *state;

    b->o.server_key = NULL;
    assert_int_equal(open_handle(b), CONCLAVE_INVALID);
    b->o.server_key = SERVER_KEY;
    b->o.server = "127.0.0.1:1";
    assert_int_equal(open_handle(b), CONCLAVE_INVALID);
    b->o.server = SERVER;
    b->o.timeout_ms = CONCLAVE_ONCE - 1;
    assert_int_equal(open_handle(b), CONCLAVE_INVALID);
    b->o.timeout_ms = 0;
    b->o.key = "/nowhere/me.key";
    assert_int_equal(open_handle(b), CONCLAVE_LOCAL);
    b->o.key = b->key;
    b->o.spool = "/nowhere/spool";
    assert_int_equal(open_handle(b), CONCLAVE_LOCAL);
}

static void
parameters_are_checked_before_anything_is_sent(void **state)
{
    struct bench *b = *state;
    struct conclave_id who = {{1}};
    struct conclave_query q = {.words = "a\nb"};
    struct conclave_invite invite = {.server_key = OTHER_KEY};
    char text[CONCLAVE_INVITE_MAX + 1];
    uint64_t next;

    assert_int_equal(open_handle(b), CONCLAVE_OK);
    assert_int_equal(conclave_set_role(b->c, "lobby", &who, 3), CONCLAVE_INVALID);
    assert_int_equal(conclave_set_role(b->c, "lobby", &who, -1), CONCLAVE_INVALID);
    assert_int_equal(conclave_set_topic(b->c, "lobby", "two\nlines"), CONCLAVE_INVALID);
    assert_int_equal(conclave_set_nick(b->c, "lobby", " me"), CONCLAVE_INVALID);
    assert_int_equal(conclave_search(b->c, "lobby", &q, 0, &next, NULL), CONCLAVE_INVALID);
    assert_int_equal(conclave_make_invite(b->c, "lobby", 100001, 0, text, NULL), CONCLAVE_INVALID);
    assert_int_equal(conclave_make_invite(b->c, "lobby", 0, -1, text, NULL), CONCLAVE_INVALID);
    assert_string_equal(text, "");
    assert_int_equal(conclave_revoke_invite(b->c, "lobby", "abcde"), CONCLAVE_INVALID);
    assert_int_equal(conclave_revoke_invite(b->c, "lobby", "conclave:xyz"), CONCLAVE_INVALID);
    assert_int_equal(conclave_join_invite(b->c, &invite, NULL, NULL), CONCLAVE_INVALID);
    assert_non_null(strstr(conclave_error(b->c), "another message server"));
}

static void
roles_have_names(void **state)
{
    int role = -1;

    (void)state;
    for (int r = CONCLAVE_MEMBER; r <= CONCLAVE_OWNER; r++) {
        assert_true(conclave_role_parse(&role, conclave_role_name(r)));
        assert_int_equal(role, r);
    }
    assert_null(conclave_role_name(3));
    assert_null(conclave_role_name(-1));
    assert_false(conclave_role_parse(&role, "king"));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(without_a_server_it_knows_who_we_are),
        TEST(what_needs_a_server_says_so),
        TEST(known_keys_with_a_bad_line_are_refused),
        TEST(another_key_of_the_server_is_not_accepted_before_it_answers),
        TEST(a_server_that_never_answered_is_not_remembered),
        TEST(a_group_with_another_key_is_refused_until_accepted),
        TEST(a_spool_keeps_what_was_posted_to_a_group_that_is_away),
        TEST(a_group_that_only_the_spool_knows_can_be_located),
        TEST(a_call_ends_in_its_time_while_the_group_is_looked_for),
        TEST(another_key_is_refused_in_the_same_handle_too),
        TEST(handles_share_a_spool_and_what_one_left_goes_to_another),
        TEST(what_is_taken_over_is_synced_before_it_goes),
        TEST(what_there_is_no_room_for_is_taken_over_later),
        TEST(the_next_handle_takes_what_several_left),
        TEST(an_event_loop_wakes_for_what_others_left),
        TEST(options_are_checked),
        TEST(parameters_are_checked_before_anything_is_sent),
        TEST(roles_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
