/* Addresses as users write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "net/net.h"

static void
good_addresses_pass(void **state)
{
    static const char *const good[] = {"tcp://127.0.0.1:5550", "tcp://host-1.example:1",
                                       "tcp://[::1]:65535", "tcp://a_b:80"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(endpoint_check(good[i], false, NULL), ST_OK);
}

static void
bad_addresses_are_refused_in_words(void **state)
{
    static const char *const bad[] = {"",
                                      "127.0.0.1:5550",
                                      "ipc:///tmp/x",
                                      "tcp://",
                                      "tcp://host",
                                      "tcp://:80",
                                      "tcp://host:",
                                      "tcp://host:0",
                                      "tcp://host:65536",
                                      "tcp://host:080",
                                      "tcp://*:1",
                                      "tcp://host:80/path",
                                      "tcp://h st:80",
                                      "tcp://[::1:80",
                                      "tcp://host:+80",
                                      "tcp://h:1;tcp://h:2"};
    struct fault why;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        why.text[0] = 0;
        assert_int_equal(endpoint_check(bad[i], false, &why), ST_INVALID);
        assert_true(why.text[0] != 0);
    }
}

static void
servers_may_leave_host_and_port_open(void **state)
{
    (void)state;
    assert_int_equal(endpoint_check("tcp://*:5550", true, NULL), ST_OK);
    assert_int_equal(endpoint_check("tcp://127.0.0.1:*", true, NULL), ST_OK);
    assert_int_equal(endpoint_check("tcp://127.0.0.1:0", true, NULL), ST_OK);
}

static void
too_long_an_address_is_refused(void **state)
{
    char text[ENDPOINT_MAX + 20];

    (void)state;
    memset(text, 'a', sizeof text);
    memcpy(text, "tcp://", 6);
    memcpy(text + sizeof text - 4, ":80", 4);
    assert_int_equal(endpoint_check(text, false, NULL), ST_INVALID);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_addresses_pass),
        cmocka_unit_test(bad_addresses_are_refused_in_words),
        cmocka_unit_test(servers_may_leave_host_and_port_open),
        cmocka_unit_test(too_long_an_address_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
