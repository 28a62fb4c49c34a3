/* Answers that nobody reads are bounded; who reads never notices. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/unread.h"

#define PAGE  262144
#define PAIRS 80

static void
open_pair(int pair[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
}

static void
fill(int fd)
{
    char bytes[4096] = {0};

    while (write(fd, bytes, sizeof bytes) > 0)
        continue;
}

static void
drain(int fd)
{
    char bytes[4096];

    while (read(fd, bytes, sizeof bytes) > 0)
        continue;
}

static void
close_pair(int pair[2])
{
    close(pair[0]);
    close(pair[1]);
}

static size_t
pages_allowed(struct unread *u, int fd)
{
    size_t n = 0;

    while (n < 1000 && unread_allows(u, fd, PAGE))
        n++;
    return n;
}

static void
who_reads_gets_everything(void **state)
{
    struct unread *u;
    int pair[2];

    (void)state;
    open_pair(pair);
    assert_int_equal(unread_new(&u), ST_OK);
    assert_int_equal(pages_allowed(u, pair[0]), 1000);
    unread_free(u);
    close_pair(pair);
}

static void
who_does_not_read_gets_so_much(void **state)
{
    struct unread *u;
    int pair[2];

    (void)state;
    open_pair(pair);
    fill(pair[0]);
    assert_int_equal(unread_new(&u), ST_OK);
    assert_int_equal(pages_allowed(u, pair[0]), UNREAD_EACH / PAGE);
    assert_true(unread_allows(u, pair[0], UNREAD_SMALL));
    unread_free(u);
    close_pair(pair);
}

/* Reading for a moment is not enough: the rest still waits. */
static void
what_was_read_is_forgotten_at_the_next_look(void **state)
{
    struct unread *u;
    int pair[2];

    (void)state;
    open_pair(pair);
    fill(pair[0]);
    assert_int_equal(unread_new(&u), ST_OK);
    assert_int_equal(pages_allowed(u, pair[0]), UNREAD_EACH / PAGE);
    unread_sweep(u);
    assert_false(unread_allows(u, pair[0], PAGE));
    drain(pair[1]);
    assert_false(unread_allows(u, pair[0], PAGE));
    unread_sweep(u);
    assert_int_equal(pages_allowed(u, pair[0]), 1000);
    unread_free(u);
    close_pair(pair);
}

/* As open_pair, over TCP: [0] accepted the connection. */
static void
open_connection(int pair[2])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int listening = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&at, &len), 0);
    pair[1] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(pair[1], (struct sockaddr *)&at, sizeof at), 0);
    pair[0] = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
    assert_true(pair[0] >= 0);
    close(listening);
}

/* Reads just so much, and waits for it to come. */
static void
read_exactly(int fd, size_t n)
{
    static char bytes[PAGE];

    while (n > 0) {
        ssize_t got = recv(fd, bytes, n < sizeof bytes ? n : sizeof bytes, 0);

        assert_true(got > 0);
        n -= (size_t)got;
    }
}

/* Over a slow line the kernel's buffer is nearly always full. */
static void
what_went_makes_room_at_once(void **state)
{
    struct unread *u;
    int pair[2];

    (void)state;
    open_connection(pair);
    fill(pair[0]);
    assert_int_equal(unread_new(&u), ST_OK);
    assert_int_equal(pages_allowed(u, pair[0]), UNREAD_EACH / PAGE);
    assert_false(unread_allows(u, pair[0], PAGE));
    for (int i = 0; i < 20; i++) {
        for (int k = 0; k < 64; k++) {
            read_exactly(pair[1], PAGE / 8);
            fill(pair[0]);
        }
        assert_true(unread_allows(u, pair[0], PAGE));
    }
    unread_free(u);
    close_pair(pair);
}

static void
all_together_wait_for_so_much(void **state)
{
    int pairs[PAIRS][2];
    struct unread *u;
    size_t n = 0;

    (void)state;
    assert_int_equal(unread_new(&u), ST_OK);
    for (size_t i = 0; i < PAIRS; i++) {
        open_pair(pairs[i]);
        fill(pairs[i][0]);
        n += pages_allowed(u, pairs[i][0]);
    }
    assert_int_equal(n, UNREAD_ALL / PAGE);
    for (size_t i = 0; i < PAIRS; i++)
        close_pair(pairs[i]);
    /* Connections that ended hold nothing. */
    unread_sweep(u);
    open_pair(pairs[0]);
    fill(pairs[0][0]);
    assert_int_equal(pages_allowed(u, pairs[0][0]), UNREAD_EACH / PAGE);
    close_pair(pairs[0]);
    unread_free(u);
}

static void
unknown_descriptor_is_no_reason_to_refuse(void **state)
{
    struct unread *u;

    (void)state;
    assert_int_equal(unread_new(&u), ST_OK);
    assert_true(unread_allows(u, -1, PAGE));
    assert_true(unread_allows(u, 1 << 30, PAGE));
    unread_free(u);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_reads_gets_everything),
        cmocka_unit_test(who_does_not_read_gets_so_much),
        cmocka_unit_test(what_was_read_is_forgotten_at_the_next_look),
        cmocka_unit_test(what_went_makes_room_at_once),
        cmocka_unit_test(all_together_wait_for_so_much),
        cmocka_unit_test(unknown_descriptor_is_no_reason_to_refuse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
