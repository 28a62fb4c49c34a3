/* Invitations as text: there and back, what mail programs do to them, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "client/invite.h"
#include "conclave.h"

static struct invite
sample(void)
{
    struct invite i = {.server = "tcp://server.example:5550",
                       .group = "lobby",
                       .address = "tcp://[::1]:5551"};

    memset(i.server_key, 1, sizeof i.server_key);
    memset(i.group_key, 2, sizeof i.group_key);
    memset(i.secret, 3, sizeof i.secret);
    return i;
}

static void
text_of(const struct invite *i, char text[CONCLAVE_INVITE_MAX + 1])
{
    assert_int_equal(invite_format(i, text), ST_OK);
}

static bool
reads(const char *text)
{
    struct invite i;
    struct fault why = {{0}};
    bool ok = invite_parse(&i, span_of(text), &why) == ST_OK;

    if (!ok) {
        assert_true(why.text[0] != '\0');
        assert_true(sodium_is_zero((const uint8_t *)&i, sizeof i));
    }
    return ok;
}

static void
what_is_written_is_read(void **state)
{
    struct invite i = sample();
    char text[CONCLAVE_INVITE_MAX + 1];
    struct invite back;

    (void)state;
    text_of(&i, text);
    assert_int_equal(strncmp(text, "conclave:lwHZ", 9), 0);
    assert_int_equal(invite_parse(&back, span_of(text), NULL), ST_OK);
    assert_string_equal(back.server, i.server);
    assert_string_equal(back.group, i.group);
    assert_string_equal(back.address, i.address);
    assert_memory_equal(back.server_key, i.server_key, KEY_LEN);
    assert_memory_equal(back.group_key, i.group_key, KEY_LEN);
    assert_memory_equal(back.secret, i.secret, INVITE_SECRET_LEN);
}

static void
the_longest_fits(void **state)
{
    struct invite i = sample();
    char text[CONCLAVE_INVITE_MAX + 1];

    (void)state;
    memset(i.server, 'a', ENDPOINT_MAX);
    memcpy(i.server, "tcp://", 6);
    memcpy(i.server + ENDPOINT_MAX - 5, ":5550", 5);
    memcpy(i.address, i.server, sizeof i.address);
    memset(i.group, 'g', NAME_MAX_BYTES);
    text_of(&i, text);
    assert_true(reads(text));
    assert_true(strlen(text) <= CONCLAVE_INVITE_MAX);
}

static void
white_space_does_no_harm(void **state)
{
    struct invite i = sample();
    char text[CONCLAVE_INVITE_MAX + 1];
    char broken[2 * CONCLAVE_INVITE_MAX + 8] = " \n\t";
    size_t n = 3;

    (void)state;
    text_of(&i, text);
    for (size_t at = 0; at < strlen(text); at++) {
        if (at % 40 == 39) {
            broken[n++] = '\r';
            broken[n++] = '\n';
            broken[n++] = ' ';
        }
        broken[n++] = text[at];
    }
    broken[n++] = '\n';
    assert_true(reads(broken));
}

static void
a_part_of_one_is_refused(void **state)
{
    struct invite i = sample();
    char text[CONCLAVE_INVITE_MAX + 1];

    (void)state;
    text_of(&i, text);
    for (size_t len = strlen(text); len-- > 0;) {
        text[len] = '\0';
        assert_false(reads(text));
    }
}

static void
one_with_more_behind_is_refused(void **state)
{
    struct invite i = sample();
    char text[CONCLAVE_INVITE_MAX + 16];

    (void)state;
    text_of(&i, text);
    strcat(text, "AAAA");
    assert_false(reads(text));
    text_of(&i, text);
    strcat(text, "=");
    assert_false(reads(text));
    text_of(&i, text);
    text[20] = '+';
    assert_false(reads(text));
}

static void
every_changed_character_is_read_or_refused(void **state)
{
    static const char others[] = "A_z9-*";
    struct invite i = sample();
    char text[CONCLAVE_INVITE_MAX + 1];

    (void)state;
    text_of(&i, text);
    for (size_t at = 0; text[at] != '\0'; at++) {
        char was = text[at];
        for (const char *o = others; *o != '\0'; o++) {
            text[at] = *o;
            (void)reads(text); /* a refusal has a reason and leaves nothing */
        }
        text[at] = was;
    }
    assert_true(reads(text));
}

static void
names_addresses_and_keys_are_checked(void **state)
{
    char text[CONCLAVE_INVITE_MAX + 1];
    struct invite i = sample();

    (void)state;
    strcpy(i.server, "ipc://server");
    text_of(&i, text);
    assert_false(reads(text));
    i = sample();
    strcpy(i.address, "tcp://group:0");
    text_of(&i, text);
    assert_false(reads(text));
    i = sample();
    strcpy(i.group, "../etc");
    text_of(&i, text);
    assert_false(reads(text));
    i = sample();
    strcpy(i.group, "a\x1b[m");
    text_of(&i, text);
    assert_false(reads(text));
    i = sample();
    memset(i.group_key, 0, sizeof i.group_key);
    text_of(&i, text);
    assert_false(reads(text));
}

static void
too_long_and_other_text_is_refused(void **state)
{
    static char large[100000];

    (void)state;
    memset(large, 'A', sizeof large - 1);
    memcpy(large, "conclave:", 9);
    assert_false(reads(large));
    assert_false(reads(""));
    assert_false(reads("conclave:"));
    assert_false(reads("hello"));
    assert_false(reads("conclave:3_____8"));
}

/* [2, ...]: whoever made it speaks another version. */
static void
another_version_is_named(void **state)
{
    struct invite i;
    struct fault why;

    (void)state;
    assert_int_equal(invite_parse(&i, span_of("conclave:kQI"), &why), ST_INVALID);
    assert_non_null(strstr(why.text, "another version"));
}

static void
the_public_form_has_the_same(void **state)
{
    struct invite i = sample();
    char text[CONCLAVE_INVITE_MAX + 1];
    char why[200] = "";
    struct conclave_invite out;
    char key[CONCLAVE_KEY_LEN + 1];

    (void)state;
    text_of(&i, text);
    assert_true(conclave_invite_parse(&out, text, why, sizeof why));
    assert_string_equal(out.server, i.server);
    assert_string_equal(out.group, "lobby");
    key_to_z85(i.group_key, key);
    assert_string_equal(out.group_key, key);
    assert_memory_equal(out.secret, i.secret, sizeof out.secret);
    assert_false(conclave_invite_parse(&out, "nothing", why, sizeof why));
    assert_non_null(strstr(why, "not an invitation"));
    assert_false(conclave_invite_parse(&out, NULL, NULL, 0));
}

static void
the_group_remembers_a_hash(void **state)
{
    struct invite i = sample();
    uint8_t hash[INVITE_HASH_LEN];
    char hex[2 * INVITE_HASH_LEN + 1];

    (void)state;
    invite_hash(hash, i.secret);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    /* b2sum -l 256 of 32 bytes 03 */
    assert_string_equal(hex, "fc14ac676780c40e5cfeb5b8701b14761a89b5519eaf663b29e7f8abbdc72195");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_longest_fits),
        cmocka_unit_test(white_space_does_no_harm),
        cmocka_unit_test(a_part_of_one_is_refused),
        cmocka_unit_test(one_with_more_behind_is_refused),
        cmocka_unit_test(every_changed_character_is_read_or_refused),
        cmocka_unit_test(names_addresses_and_keys_are_checked),
        cmocka_unit_test(too_long_and_other_text_is_refused),
        cmocka_unit_test(another_version_is_named),
        cmocka_unit_test(the_public_form_has_the_same),
        cmocka_unit_test(the_group_remembers_a_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
