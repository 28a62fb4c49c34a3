#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "chat/runner.h"

#define LETTERS 2000
#define LETTER  16384 /* bytes */

static struct news *
letter(size_t number)
{
    static char text[LETTER];
    struct news *n = news_new(NEWS_ANSWER);

    memset(text, 'x', sizeof text - 1);
    if (n != NULL && news_string(n, text) != NULL)
        n->waiting = number;
    return n;
}

static void *
put_all(void *box)
{
    size_t put = 0;

    while (put < LETTERS && mailbox_put(box, letter(put)))
        put++;
    return (void *)(uintptr_t)put;
}

static void
wait_for_news(struct mailbox *box)
{
    struct pollfd wait = {.fd = box->fd, .events = POLLIN};

    assert_int_equal(poll(&wait, 1, 10000), 1);
}

static bool
is_full(struct mailbox *box)
{
    bool full;

    pthread_mutex_lock(&box->lock);
    full = box->bytes + LETTER > MAILBOX_BYTES - LETTER;
    assert_true(box->bytes <= MAILBOX_BYTES);
    pthread_mutex_unlock(&box->lock);
    return full;
}

static void
whoever_puts_waits_and_nothing_is_lost(void **state)
{
    struct mailbox box;
    pthread_t thread;
    void *put;

    (void)state;
    assert_true(mailbox_init(&box));
    assert_int_equal(pthread_create(&thread, NULL, put_all, &box), 0);
    while (!is_full(&box))
        wait_for_news(&box);
    for (size_t i = 0; i < LETTERS;) {
        struct news *n = mailbox_take(&box);

        if (n == NULL) {
            wait_for_news(&box);
            continue;
        }
        assert_int_equal(n->waiting, i++);
        news_free(n);
        (void)is_full(&box);
    }
    pthread_join(thread, &put);
    assert_int_equal((uintptr_t)put, LETTERS);
    mailbox_clear(&box);
}

static void
nobody_waits_at_a_closed_one(void **state)
{
    struct mailbox box;
    pthread_t thread;
    void *put;

    (void)state;
    assert_true(mailbox_init(&box));
    assert_int_equal(pthread_create(&thread, NULL, put_all, &box), 0);
    while (!is_full(&box))
        wait_for_news(&box);
    mailbox_close(&box);
    pthread_join(thread, &put);
    assert_true((uintptr_t)put < LETTERS);
    mailbox_clear(&box);
}

static void
what_is_larger_than_all_room_comes_alone(void **state)
{
    struct news *large = news_new(NEWS_ANSWER);
    struct mailbox box;

    (void)state;
    assert_true(mailbox_init(&box));
    for (size_t i = 0; i < LETTERS; i++)
        assert_non_null(news_string(large, "................................................"
                                           "................................................"));
    large->bytes += MAILBOX_BYTES;
    assert_true(mailbox_put(&box, large));
    assert_ptr_equal(mailbox_take(&box), large);
    news_free(large);
    mailbox_clear(&box);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_puts_waits_and_nothing_is_lost),
        cmocka_unit_test(nobody_waits_at_a_closed_one),
        cmocka_unit_test(what_is_larger_than_all_room_comes_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
