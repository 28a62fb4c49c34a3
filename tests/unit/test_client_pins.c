/* Remembered keys: the text, the file, and several programs at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "disk/pin_file.h"
#include "synced.h"

#define KEY1 "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define KEY2 "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

struct bench {
    char dir[64];
    char path[80];
    char lock[90];
};

static int
set_up(void **state)
{
    static struct bench b;

    snprintf(b.dir, sizeof b.dir, "/tmp/pins.XXXXXX");
    assert_non_null(mkdtemp(b.dir));
    snprintf(b.path, sizeof b.path, "%s/known_keys", b.dir);
    snprintf(b.lock, sizeof b.lock, "%s.lock", b.path);
    *state = &b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    unlink(b->path);
    unlink(b->lock);
    return rmdir(b->dir);
}

static void
write_text(const struct bench *b, const char *text)
{
    FILE *f = fopen(b->path, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(b->path, 0600), 0);
}

static struct pin_file *
open_file(const struct bench *b)
{
    struct pin_file *f;

    assert_int_equal(pin_file_open(&f, b->path, NULL), ST_OK);
    return f;
}

static struct pin_place
group(const char *name)
{
    struct pin_place place = {.kind = PIN_GROUP};

    memset(place.server, 9, sizeof place.server);
    snprintf(place.name, sizeof place.name, "%s", name);
    return place;
}

static const uint8_t one[KEY_LEN] = {1};
static const uint8_t two[KEY_LEN] = {2};

static enum status
check(struct pin_file *f, const struct pin_place *place, const uint8_t *key)
{
    struct fault why;

    return pin_file_check(f, place, key, true, &why);
}

/* ---- the text ---- */

static void
text_is_read_and_written_alike(void **state)
{
    static const char text[] = "server tcp://h:1 " KEY1 "\n"
                               "group " KEY1 " lobby " KEY2 "\n"
                               "group " KEY2 " lobby " KEY2 " offered " KEY1 "\n"
                               "group " KEY1 " dev " KEY2 " at tcp://h:3\n"
                               "group " KEY2 " dev " KEY2 " at tcp://h:4 offered " KEY1 "\n"
                               "server tcp://h:2 " KEY1 " offered " KEY2 "\n";
    struct pins p = {0};
    struct buf out;

    (void)state;
    assert_int_equal(pins_parse(&p, span_of(text), NULL), ST_OK);
    assert_int_equal(p.n, 6);
    assert_true(p.items[2].has_offered);
    assert_string_equal(p.items[3].address, "tcp://h:3");
    buf_init(&out, 0);
    pins_format(&out, &p);
    assert_true(span_equal(buf_span(&out), span_of(text)));
    buf_clear(&out);
    pins_clear(&p);
}

static void
every_other_line_is_refused_with_its_number(void **state)
{
    static const char *const bad[] = {
        "\n",
        "# comment\n",
        "server tcp://h:1\n",
        "server tcp://h:1 " KEY1,
        "server tcp://h:1  " KEY1 "\n",
        "server tcp://h:1 " KEY1 " \n",
        " server tcp://h:1 " KEY1 "\n",
        "server tcp://h:0 " KEY1 "\n",
        "server http://h:1 " KEY1 "\n",
        "server tcp://h:1 " KEY1 "0\n",
        "server tcp://h:1 0000000000000000000000000000000000000000\n",
        "server tcp://h:1 " KEY1 " " KEY2 "\n",
        "server tcp://h:1 " KEY1 " offered\n",
        "server tcp://h:1 " KEY1 " at tcp://h:2\n",
        "group " KEY1 " lobby " KEY2 " at\n",
        "group " KEY1 " lobby " KEY2 " at h:2\n",
        "group " KEY1 " lobby " KEY2 " at tcp://h:2 tcp://h:3\n",
        "group " KEY1 " lobby " KEY2 " offered " KEY1 " at tcp://h:2\n",
        "server tcp://h:1 " KEY1 " offers " KEY2 "\n",
        "server tcp://h:1 " KEY1 " offered " KEY2 " x\n",
        "group lobby " KEY1 "\n",
        "group " KEY1 " -lobby " KEY2 "\n",
        "group " KEY1 " a/b " KEY2 "\n",
        "Server tcp://h:1 " KEY1 "\n",
        "server tcp://g:1 " KEY2 "\n",
    };
    char text[512];
    struct pins p = {0};
    struct fault why;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "server tcp://g:1 %s\n%s", KEY1, bad[i]);
        assert_int_equal(pins_parse(&p, span_of(text), &why), ST_INVALID);
        assert_non_null(strstr(why.text, "line 2"));
        assert_int_equal(p.n, 0);
    }
}

static void
zero_bytes_are_refused(void **state)
{
    char text[] = "server tcp://h:1 " KEY1 "\n";
    struct pins p = {0};

    (void)state;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        char was = text[i];
        text[i] = '\0';
        assert_int_equal(pins_parse(&p, (struct span){(uint8_t *)text, sizeof text - 1}, NULL),
                         ST_INVALID);
        text[i] = was;
    }
}

/* ---- the file ---- */

static void
the_first_key_is_remembered(void **state)
{
    struct bench *b = *state;
    struct pin_place lobby = group("lobby");
    struct pin_file *f = open_file(b);
    struct stat info;

    assert_false(pin_file_has(f, &lobby));
    assert_int_equal(pin_file_check(f, &lobby, one, false, NULL), ST_OK);
    assert_false(pin_file_has(f, &lobby));
    assert_int_equal(check(f, &lobby, one), ST_OK);
    pin_file_close(f);
    assert_int_equal(stat(b->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    f = open_file(b);
    assert_true(pin_file_has(f, &lobby));
    assert_int_equal(check(f, &lobby, one), ST_OK);
    assert_int_equal(check(f, &lobby, two), ST_SERVER_KEY);
    pin_file_close(f);
}

static void
a_changed_key_is_told_with_both_fingerprints(void **state)
{
    struct pin_place lobby = group("lobby");
    char before[FINGERPRINT_LEN + 1];
    char now[FINGERPRINT_LEN + 1];
    struct pin_file *f;
    struct fault why;

    (void)state;
    assert_int_equal(pin_file_open(&f, NULL, NULL), ST_OK);
    assert_int_equal(check(f, &lobby, one), ST_OK);
    assert_int_equal(pin_file_check(f, &lobby, two, false, &why), ST_SERVER_KEY);
    key_fingerprint(one, before);
    key_fingerprint(two, now);
    assert_non_null(strstr(why.text, "the group lobby"));
    assert_non_null(strstr(why.text, before));
    assert_non_null(strstr(strstr(why.text, before), now));
    pin_file_close(f);
}

static void
what_was_refused_can_be_accepted_later(void **state)
{
    struct bench *b = *state;
    struct pin_place lobby = group("lobby");
    struct pin_file *f = open_file(b);

    assert_int_equal(check(f, &lobby, one), ST_OK);
    assert_int_equal(pin_file_accept(f, &lobby, NULL), ST_NOT_FOUND);
    assert_int_equal(check(f, &lobby, two), ST_SERVER_KEY);
    pin_file_close(f);
    f = open_file(b);
    assert_int_equal(pin_file_accept(f, &lobby, NULL), ST_OK);
    assert_int_equal(check(f, &lobby, two), ST_OK);
    assert_int_equal(check(f, &lobby, one), ST_SERVER_KEY);
    pin_file_close(f);
}

static void
groups_keep_their_keys_when_the_servers_is_accepted(void **state)
{
    struct pin_place server = {.kind = PIN_SERVER, .name = "tcp://s:1"};
    struct pin_place lobby = group("lobby");
    struct pin_file *f;

    (void)state;
    memcpy(lobby.server, one, sizeof one);
    assert_int_equal(pin_file_open(&f, NULL, NULL), ST_OK);
    assert_int_equal(check(f, &server, one), ST_OK);
    assert_int_equal(check(f, &lobby, one), ST_OK);
    assert_int_equal(check(f, &server, two), ST_SERVER_KEY);
    assert_int_equal(pin_file_accept(f, &server, NULL), ST_OK);
    memcpy(lobby.server, two, sizeof two);
    assert_int_equal(check(f, &lobby, two), ST_SERVER_KEY);
    assert_int_equal(check(f, &lobby, one), ST_OK);
    pin_file_close(f);
}

static void
where_a_group_answered_is_remembered_with_its_key(void **state)
{
    const struct bench *b = *state;
    struct pin_place lobby = group("lobby"), never = group("never");
    struct pin_file *f = open_file(b), *other;
    struct stat before, after;

    assert_int_equal(check(f, &lobby, one), ST_OK);
    assert_string_equal(pin_file_address(f, &lobby), "");
    pin_file_answered(f, &lobby, two, "tcp://h:2"); /* somebody else */
    pin_file_answered(f, &never, one, "tcp://h:2");
    assert_string_equal(pin_file_address(f, &lobby), "");
    assert_string_equal(pin_file_address(f, &never), "");
    pin_file_answered(f, &lobby, one, "tcp://h:1");
    other = open_file(b);
    assert_string_equal(pin_file_address(other, &lobby), "tcp://h:1");
    /* What is there is not written again. */
    assert_int_equal(stat(b->path, &before), 0);
    pin_file_answered(other, &lobby, one, "tcp://h:1");
    assert_int_equal(stat(b->path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    /* With another key it may be elsewhere. */
    assert_int_equal(check(f, &lobby, two), ST_SERVER_KEY);
    assert_string_equal(pin_file_address(f, &lobby), "tcp://h:1");
    assert_int_equal(pin_file_accept(f, &lobby, NULL), ST_OK);
    assert_string_equal(pin_file_address(f, &lobby), "");
    pin_file_close(f);
    pin_file_close(other);
}

/* Remembering where is a help, not a promise. */
static void
a_place_that_cannot_be_written_is_remembered_in_the_handle(void **state)
{
    const struct bench *b = *state;
    struct pin_place lobby = group("lobby");
    struct pin_file *f = open_file(b);

    assert_int_equal(check(f, &lobby, one), ST_OK);
    write_text(b, "this is no such file\n");
    pin_file_answered(f, &lobby, one, "tcp://h:1");
    assert_string_equal(pin_file_address(f, &lobby), "");
    pin_file_close(f);
    assert_int_equal(pin_file_open(&f, NULL, NULL), ST_OK);
    assert_int_equal(check(f, &lobby, one), ST_OK);
    pin_file_answered(f, &lobby, one, "tcp://h:1");
    assert_string_equal(pin_file_address(f, &lobby), "tcp://h:1");
    pin_file_close(f);
}

static void
the_right_key_again_ends_the_offer(void **state)
{
    struct bench *b = *state;
    struct pin_place lobby = group("lobby");
    struct pin_file *f = open_file(b);

    assert_int_equal(check(f, &lobby, one), ST_OK);
    assert_int_equal(check(f, &lobby, two), ST_SERVER_KEY);
    assert_int_equal(check(f, &lobby, one), ST_OK);
    assert_int_equal(pin_file_accept(f, &lobby, NULL), ST_NOT_FOUND);
    pin_file_close(f);
}

static void
an_unsafe_or_damaged_file_is_refused(void **state)
{
    struct bench *b = *state;
    struct pin_file *f;
    struct fault why;

    write_text(b, "server tcp://h:1 " KEY1 "\nserver\n");
    assert_int_equal(pin_file_open(&f, b->path, &why), ST_INVALID);
    assert_null(f);
    assert_non_null(strstr(why.text, b->path));
    assert_non_null(strstr(why.text, "line 2"));
    write_text(b, "server tcp://h:1 " KEY1 "\n");
    assert_int_equal(chmod(b->path, 0620), 0);
    assert_int_equal(pin_file_open(&f, b->path, &why), ST_DENIED);
    assert_int_equal(unlink(b->path), 0);
    assert_int_equal(symlink("/etc/passwd", b->path), 0);
    assert_int_equal(pin_file_open(&f, b->path, &why), ST_DENIED);
}

static void
state_that_others_can_change_is_refused(void **state)
{
    struct bench *b = *state;
    struct pin_file *f;
    struct fault why;

    write_text(b, "server tcp://h:1 " KEY1 "\n");
    assert_int_equal(chmod(b->dir, 0770), 0);
    assert_int_equal(pin_file_open(&f, b->path, &why), ST_DENIED);
    assert_null(f);
    assert_non_null(strstr(why.text, "can be changed by others"));
    assert_int_equal(chmod(b->dir, 0700), 0);
    assert_int_equal(pin_file_open(&f, b->path, &why), ST_OK);
    pin_file_close(f);
}

/* A program that finds the file damaged by then changes nothing in it. */
static void
a_file_that_broke_meanwhile_is_left_alone(void **state)
{
    struct bench *b = *state;
    struct pin_place lobby = group("lobby");
    struct pin_file *f = open_file(b);
    struct stat info;

    write_text(b, "nonsense\n");
    assert_int_equal(check(f, &lobby, one), ST_INVALID);
    assert_int_equal(stat(b->path, &info), 0);
    assert_int_equal(info.st_size, 9);
    pin_file_close(f);
}

static void
what_another_program_remembered_counts(void **state)
{
    struct bench *b = *state;
    struct pin_place lobby = group("lobby");
    struct pin_place dev = group("dev");
    struct pin_file *f = open_file(b);
    struct pin_file *g = open_file(b);

    assert_int_equal(check(f, &lobby, one), ST_OK);
    assert_int_equal(check(g, &dev, one), ST_OK);
    assert_int_equal(check(g, &lobby, two), ST_SERVER_KEY);
    assert_int_equal(pin_file_accept(f, &lobby, NULL), ST_OK);
    assert_int_equal(check(g, &lobby, two), ST_OK);
    pin_file_close(f);
    pin_file_close(g);
}

#define PROGRAMS 4
#define EACH     40

static void
remember_many(const struct bench *b, int program)
{
    struct pin_file *f = open_file(b);

    for (int i = 0; i < EACH; i++) {
        char name[32];
        struct pin_place place;
        snprintf(name, sizeof name, "g%d-%d", program, i);
        place = group(name);
        if (check(f, &place, one) != ST_OK)
            _exit(1);
    }
    pin_file_close(f);
    _exit(0);
}

static void
programs_at_once_lose_nothing(void **state)
{
    struct bench *b = *state;
    struct pin_file *f;

    for (int p = 0; p < PROGRAMS; p++)
        if (fork() == 0)
            remember_many(b, p);
    for (int p = 0; p < PROGRAMS; p++) {
        int status = -1;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    f = open_file(b);
    for (int p = 0; p < PROGRAMS; p++)
        for (int i = 0; i < EACH; i++) {
            char name[32];
            struct pin_place place;
            snprintf(name, sizeof name, "g%d-%d", p, i);
            place = group(name);
            assert_true(pin_file_has(f, &place));
        }
    pin_file_close(f);
}

/* Who wrote it may have been killed when it was in place and the directory not yet on disk: nobody
 * is trusted by a key that a power cut would have us forget. */
static void
what_is_read_is_on_disk(void **state)
{
    struct bench *b = *state;
    struct pin_place lobby = group("lobby");
    struct pin_file *f = open_file(b);
    struct pin_file *other = open_file(b);

    assert_int_equal(check(f, &lobby, one), ST_OK);
    synced_reset(0);
    assert_int_equal(check(other, &lobby, one), ST_OK); /* reads what f wrote */
    assert_true(synced_last(b->dir));
    pin_file_close(other);
    synced_reset(0);
    other = open_file(b);
    assert_true(synced_last(b->dir));
    pin_file_close(other);
    pin_file_close(f);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(text_is_read_and_written_alike),
        TEST(every_other_line_is_refused_with_its_number),
        TEST(zero_bytes_are_refused),
        TEST(the_first_key_is_remembered),
        TEST(a_changed_key_is_told_with_both_fingerprints),
        TEST(what_was_refused_can_be_accepted_later),
        TEST(groups_keep_their_keys_when_the_servers_is_accepted),
        TEST(where_a_group_answered_is_remembered_with_its_key),
        TEST(a_place_that_cannot_be_written_is_remembered_in_the_handle),
        TEST(the_right_key_again_ends_the_offer),
        TEST(an_unsafe_or_damaged_file_is_refused),
        TEST(state_that_others_can_change_is_refused),
        TEST(a_file_that_broke_meanwhile_is_left_alone),
        TEST(what_another_program_remembered_counts),
        TEST(what_is_read_is_on_disk),
        TEST(programs_at_once_lose_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
