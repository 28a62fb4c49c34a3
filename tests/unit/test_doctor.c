/* The parts of `conclave doctor`: hosts and connections, findings and their lines. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/host.h"
#include "doctor/doctor.h"

#define WAIT_MS 1000

/* ---- hosts ---- */

/* A socket at a free port of 127.0.0.1, which listens or only holds the port. */
static int
take_port(bool listens, char endpoint[static 32])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    if (listens)
        assert_int_equal(listen(fd, 1), 0);
    snprintf(endpoint, 32, "tcp://127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    return fd;
}

static void
numbers_are_found(void **state)
{
    char text[HOST_TEXT_MAX];
    struct host_addresses host;
    struct fault why;

    (void)state;
    assert_int_equal(host_find(&host, "tcp://192.0.2.7:5550", WAIT_MS, &why), ST_OK);
    assert_int_equal(host.n, 1);
    host_text(&host.addresses[0], text);
    assert_string_equal(text, "192.0.2.7");
    assert_false(host_is_loopback(&host.addresses[0]));
    assert_int_equal(host_find(&host, "tcp://[::1]:5550", WAIT_MS, &why), ST_OK);
    host_text(&host.addresses[0], text);
    assert_string_equal(text, "::1");
    assert_true(host_is_loopback(&host.addresses[0]));
    assert_int_equal(host_find(&host, "tcp://127.8.0.1:5550", WAIT_MS, &why), ST_OK);
    assert_true(host_is_loopback(&host.addresses[0]));
}

static void
what_is_no_address_is_refused(void **state)
{
    static const char *const bad[] = {"",         "tcp://",       "tcp://host",
                                      "tcp://:1", "udp://host:1", "tcp://host:123456789"};
    struct host_addresses host;
    struct fault why;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(host_find(&host, bad[i], WAIT_MS, &why), ST_INVALID);
        assert_non_null(strstr(why.text, "is not an address"));
        assert_int_equal(host.n, 0);
    }
}

static void
a_listener_takes_the_connection(void **state)
{
    char endpoint[32];
    int fd = take_port(true, endpoint);
    struct host_addresses host;
    struct fault why;
    size_t which = 9;

    (void)state;
    assert_int_equal(host_find(&host, endpoint, WAIT_MS, &why), ST_OK);
    assert_int_equal(host_connect(&host, WAIT_MS, &which, &why), ST_OK);
    assert_int_equal(which, 0);
    close(fd);
}

static void
nobody_listens(void **state)
{
    char endpoint[32];
    int fd = take_port(false, endpoint);
    struct host_addresses host;
    struct fault why;

    (void)state;
    assert_int_equal(host_find(&host, endpoint, WAIT_MS, &why), ST_OK);
    assert_int_equal(host_connect(&host, WAIT_MS, NULL, &why), ST_UNREACHABLE);
    assert_string_equal(why.text, "nobody listens there");
    close(fd);
}

static void
the_second_address_is_tried(void **state)
{
    char endpoint[2][32];
    int fds[2] = {take_port(false, endpoint[0]), take_port(true, endpoint[1])};
    struct host_addresses host, other;
    struct fault why;
    size_t which = 9;

    (void)state;
    assert_int_equal(host_find(&host, endpoint[0], WAIT_MS, &why), ST_OK);
    assert_int_equal(host_find(&other, endpoint[1], WAIT_MS, &why), ST_OK);
    host.addresses[host.n++] = other.addresses[0];
    assert_int_equal(host_connect(&host, WAIT_MS, &which, &why), ST_OK);
    assert_int_equal(which, 1);
    close(fds[0]);
    close(fds[1]);
}

static void
no_address_at_all_is_a_failure(void **state)
{
    struct host_addresses host = {.n = 0};
    struct fault why;

    (void)state;
    assert_int_equal(host_connect(&host, WAIT_MS, NULL, &why), ST_UNREACHABLE);
}

/* ---- findings ---- */

static void
findings_say_how_it_is(void **state)
{
    struct finding f;

    (void)state;
    finding_ok(&f, "all %d", 3);
    assert_int_equal(f.kind, FINDING_OK);
    assert_string_equal(f.code, "ok");
    assert_string_equal(f.text, "all 3");
    finding_fail(&f, CONCLAVE_OWN_KEY, "own_key", "no");
    assert_int_equal(f.kind, FINDING_FAIL);
    assert_int_equal(f.exit, CONCLAVE_OWN_KEY);
    assert_string_equal(f.code, "own_key");
    finding_warn(&f, "clock", "late");
    assert_int_equal(f.kind, FINDING_WARN);
    assert_int_equal(f.exit, CONCLAVE_OK);
    finding_skip(&f, "later");
    assert_string_equal(f.code, "skipped");
}

/* ---- lines ---- */

static struct tell
tell_to_memory(bool json)
{
    struct tell t;

    tell_init(&t, memfd_create("tell", MFD_CLOEXEC), json);
    assert_true(t.fd >= 0);
    return t;
}

/* That was told since the last time. */
static void
expect_told(struct tell *t, const char *wanted)
{
    char told[512];
    ssize_t n = pread(t->fd, told, sizeof told - 1, 0);

    assert_true(n >= 0);
    told[n] = '\0';
    assert_string_equal(told, wanted);
    assert_int_equal(ftruncate(t->fd, 0), 0);
    assert_int_equal(lseek(t->fd, 0, SEEK_SET), 0);
}

static void
a_step_is_a_line(void **state)
{
    struct finding f;
    struct doctor_line line = {"key", "your key file", &f, 12};
    struct tell t = tell_to_memory(false);

    (void)state;
    finding_ok(&f, "fine");
    doctor_tell(&t, &line);
    expect_told(&t, "ok    your key file          fine (12 ms)\n");
    finding_fail(&f, CONCLAVE_LOCAL, "local", "name \033[2J in it");
    doctor_tell(&t, &line);
    expect_told(&t, "FAIL  your key file          name \\x1b[2J in it (12 ms)\n");
    t.width = 44;
    finding_warn(&f, "clock", "the clock is late");
    doctor_tell(&t, &line);
    expect_told(&t, "WARN  your key file          the clock is\n"
                    "                             late (12 ms)\n");
    finding_skip(&f, "not looked at");
    doctor_tell(&t, &line);
    expect_told(&t, "");
    doctor_tell_end(&t, false, 1);
    expect_told(&t, "-     not looked at          1 step that needs what failed\n");
    doctor_tell_end(&t, false, 7);
    expect_told(&t, "-     not looked at          7 steps that need what failed\n");
    doctor_tell_end(&t, true, 0);
    expect_told(&t, "SUCCESS nothing is wrong\n");
    close(t.fd);
    tell_clear(&t);
}

static void
who_wants_quiet_hears_what_is_wrong(void **state)
{
    struct finding f;
    struct doctor_line line = {"key", "your key file", &f, 12};
    struct tell t = tell_to_memory(false);

    (void)state;
    t.quiet = true;
    finding_ok(&f, "fine");
    doctor_tell(&t, &line);
    doctor_tell_end(&t, true, 1);
    expect_told(&t, "");
    finding_fail(&f, CONCLAVE_LOCAL, "local", "no");
    doctor_tell(&t, &line);
    expect_told(&t, "FAIL  your key file          no (12 ms)\n");
    close(t.fd);
    tell_clear(&t);
}

static void
a_step_is_an_object(void **state)
{
    struct finding f;
    struct doctor_line line = {"key", "your key file", &f, 12};
    struct tell t = tell_to_memory(true);

    (void)state;
    finding_ok(&f, "f\xc3\xbcr");
    doctor_tell(&t, &line);
    expect_told(&t, "{\"step\":\"key\",\"status\":\"ok\",\"code\":\"ok\",\"text\":\"f\\u00FCr\","
                    "\"ms\":12}\n");
    finding_fail(&f, CONCLAVE_LOCAL, "local", "no");
    doctor_tell(&t, &line);
    expect_told(&t, "{\"step\":\"key\",\"status\":\"fail\",\"code\":\"local\",\"text\":\"no\","
                    "\"exit\":7,\"ms\":12}\n");
    close(t.fd);
    tell_clear(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_found),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(a_listener_takes_the_connection),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(the_second_address_is_tried),
        cmocka_unit_test(no_address_at_all_is_a_failure),
        cmocka_unit_test(findings_say_how_it_is),
        cmocka_unit_test(a_step_is_a_line),
        cmocka_unit_test(who_wants_quiet_hears_what_is_wrong),
        cmocka_unit_test(a_step_is_an_object),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
