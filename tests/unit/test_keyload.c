/* Which key files are read, and which are refused with which reason. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "key_files.h"
#include "net/keys.h"

static const struct keypair empty;

static void
check_refused(enum status expected, const char *path, const char *reason)
{
    struct keypair pair;
    struct fault why = {""};

    memset(&pair, 1, sizeof pair);
    assert_int_equal(keypair_load(&pair, path, &why), expected);
    if (strstr(why.text, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", why.text, reason);
    assert_null(strstr(why.text, SECRET_Z85));
    assert_memory_equal(&pair, &empty, sizeof pair);
}

static void
other_writers_forms_are_read(void **state)
{
    static const char *const good[] = {
        "metadata\n" CURVE_SECTION SECRET_LINE,
        "#   ****  Generated on 2026-11-22 21:32:55.287340 by pyzmq  ****\n\n"
        "metadata\n    email = a@b.c\n    q = 'x' # remark\n" CURVE_SECTION SECRET_LINE,
        "metadata\r\n    x = \"\"\r\ncurve   \r\n    public-key=" PUBLIC_Z85 "\r\n" SECRET_LINE,
        "version = 1\nother\n    name = x\n        deep = y\n" CURVE_SECTION SECRET_LINE,
        "metadata\n    name = \n    email =\n" CURVE_SECTION SECRET_LINE, /* as pyzmq writes */
        "curve # keys\n" SECRET_LINE "    public-key = '" PUBLIC_Z85 "'   # remark",
    };
    struct keypair pair;
    char text[KEY_Z85_LEN + 1];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct fault why = {""};

        write_file("a.key_secret", good[i], 0600);
        if (keypair_load(&pair, "a.key", &why) != ST_OK)
            fail_msg("sample %zu: %s", i, why.text);
        key_to_z85(pair.secret, text);
        assert_string_equal(text, SECRET_Z85);
        assert_string_equal(pair.cert.name, "");
    }
}

static void
malformed_files_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "metadata\n",
        CURVE_SECTION, /* no secret key */
        "curve\n" SECRET_LINE,
        CURVE_SECTION SECRET_LINE SECRET_LINE,
        CURVE_SECTION SECRET_LINE CURVE_SECTION,
        CURVE_SECTION SECRET_LINE "    public-key = x\n",
        "metadata\n    name = a\n    name = b\n" CURVE_SECTION SECRET_LINE,
        "metadata\n    public-key = \"" PUBLIC_Z85 "\"\n" CURVE_SECTION SECRET_LINE,
        "metadata\nmetadata\n" CURVE_SECTION SECRET_LINE,
        "metadata = x\n" CURVE_SECTION SECRET_LINE,
        "metadata\n    name\n" CURVE_SECTION SECRET_LINE,
        "metadata\n    name = \"a\" b\n" CURVE_SECTION SECRET_LINE,
        "metadata\n    name = \"a\n" CURVE_SECTION SECRET_LINE,
        "metadata\n    name = \"\x1b[2J\"\n" CURVE_SECTION SECRET_LINE,
        "metadata\n    = a\n" CURVE_SECTION SECRET_LINE,
        "metadata\n   name = a\n" CURVE_SECTION SECRET_LINE,
        "metadata\n\tname = a\n" CURVE_SECTION SECRET_LINE,
        "    name = a\n" CURVE_SECTION SECRET_LINE,
        "no section at all\n" CURVE_SECTION SECRET_LINE,
        CURVE_SECTION "    secret-key = \"" SECRET_Z85 "0\"\n",
        CURVE_SECTION "    secret-key =\n",
        CURVE_SECTION "    secret-key = \"D:)Q\"\n",
        CURVE_SECTION "    secret-key = \"D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%c,\"\n",
        CURVE_SECTION "    secret-key = \"0000000000000000000000000000000000000000\"\n",
        CURVE_SECTION "        secret-key = \"" SECRET_Z85 "\"\n",
        CURVE_SECTION "secret-key = \"" SECRET_Z85 "\"\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct keypair pair;
        struct fault why = {""};

        write_file("a.key_secret", bad[i], 0600);
        if (keypair_load(&pair, "a.key", &why) != ST_INVALID)
            fail_msg("sample %zu passes", i);
        assert_ptr_equal(strstr(why.text, "a.key_secret"), why.text);
        assert_null(strstr(why.text, "D:)Q"));
    }
}

static void
unsafe_files_are_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0610, 0601, 0620, 0602, 0666};

    (void)state;
    check_refused(ST_NOT_FOUND, "a.key", "a.key_secret does not exist");
    write_file("a.key_secret", CURVE_SECTION SECRET_LINE, 0600);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod("a.key_secret", modes[i]), 0);
        check_refused(ST_DENIED, "a.key", "open to others");
    }
    assert_int_equal(chmod("a.key_secret", 0400), 0);
    assert_int_equal(keypair_load(&(struct keypair){0}, "a.key", NULL), ST_OK);
    assert_int_equal(symlink("a.key_secret", "b.key_secret"), 0);
    check_refused(ST_DENIED, "b.key", "symbolic link");
    assert_int_equal(mkfifo("c.key_secret", 0600), 0);
    check_refused(ST_DENIED, "c.key", "not a regular file");
    assert_int_equal(mkdir("d.key_secret", 0700), 0);
    check_refused(ST_DENIED, "d.key", "not a regular file");
}

static void
directory_that_others_can_change_is_refused(void **state)
{
    static const mode_t modes[] = {0720, 0702, 0777, 01777};

    (void)state;
    assert_int_equal(mkdir("keys", 0700), 0);
    write_file("keys/a.key_secret", CURVE_SECTION SECRET_LINE, 0600);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod("keys", modes[i]), 0);
        check_refused(ST_DENIED, "keys/a.key", "keys can be changed by others");
        check_refused(ST_DENIED, "keys//a.key_secret", "keys can be changed by others");
    }
    assert_int_equal(chmod("keys", 0755), 0);
    assert_int_equal(keypair_load(&(struct keypair){0}, "keys/a.key", NULL), ST_OK);
    assert_int_equal(chmod(".", 0777), 0); /* where it is without a path */
    write_file("b.key_secret", CURVE_SECTION SECRET_LINE, 0600);
    check_refused(ST_DENIED, "b.key", "can be changed by others");
    assert_int_equal(chmod(".", 0700), 0);
    assert_int_equal(keypair_load(&(struct keypair){0}, "b.key", NULL), ST_OK);
}

static void
file_of_another_user_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    write_file("a.key_secret", CURVE_SECTION SECRET_LINE, 0600);
    assert_int_equal(chown("a.key_secret", 1, 1), 0);
    check_refused(ST_DENIED, "a.key", "belongs to another user");
}

static void
halves_must_belong_together(void **state)
{
    struct keypair other;
    char z85[KEY_Z85_LEN + 1];
    char text[512];

    (void)state;
    keypair_generate(&other, "");
    key_to_z85(other.cert.key, z85);
    snprintf(text, sizeof text, "curve\n    public-key = \"%s\"\n%s", z85, SECRET_LINE);
    write_file("a.key_secret", text, 0600);
    check_refused(ST_INVALID, "a.key", "do not belong together");
}

static void
files_must_be_of_the_same_identity(void **state)
{
    struct keypair alice, bob;

    (void)state;
    keypair_generate(&alice, "alice");
    keypair_generate(&bob, "bob");
    assert_int_equal(keypair_save(&alice, "a.key", false, NULL), ST_OK);
    assert_int_equal(keypair_save(&bob, "b.key", false, NULL), ST_OK);
    assert_int_equal(rename("b.key", "a.key"), 0);
    check_refused(ST_DENIED, "a.key", "a.key and a.key_secret are not of the same identity");
    assert_int_equal(keypair_load(&(struct keypair){0}, "a.key_secret", NULL), ST_OK);
    assert_int_equal(unlink("a.key"), 0);
    assert_int_equal(keypair_load(&(struct keypair){0}, "a.key", NULL), ST_OK);
    write_file("a.key", "nothing\n", 0644);
    check_refused(ST_INVALID, "a.key", "a.key");
}

static void
content_is_bounded_and_without_nul(void **state)
{
    char large[5000];
    int fd;

    (void)state;
    memset(large, '\n', sizeof large);
    large[sizeof large - 1] = '\0';
    memcpy(large, CURVE_SECTION SECRET_LINE, strlen(CURVE_SECTION SECRET_LINE));
    write_file("a.key_secret", large, 0600);
    check_refused(ST_INVALID, "a.key", "larger than 4096 bytes");
    assert_int_equal(truncate("a.key_secret", 4097), 0);
    check_refused(ST_INVALID, "a.key", "larger than 4096 bytes");
    assert_int_equal(truncate("a.key_secret", 4096), 0);
    assert_int_equal(keypair_load(&(struct keypair){0}, "a.key", NULL), ST_OK);
    fd = open("a.key_secret", O_WRONLY | O_APPEND);
    assert_int_equal(ftruncate(fd, 1000), 0);
    assert_int_equal(write(fd, "\0", 1), 1);
    close(fd);
    check_refused(ST_INVALID, "a.key", "is not part of a certificate");
}

static void
public_certificate_may_not_be_open_to_changes(void **state)
{
    struct cert cert;
    struct fault why;

    (void)state;
    write_file("a.key", CURVE_SECTION, 0664);
    assert_int_equal(cert_load(&cert, "a.key", NULL), ST_OK);
    assert_int_equal(chmod("a.key", 0646), 0);
    assert_int_equal(cert_load(&cert, "a.key", &why), ST_DENIED);
    write_file("b.key", CURVE_SECTION SECRET_LINE, 0644);
    assert_int_equal(cert_load(&cert, "b.key", &why), ST_DENIED);
    assert_non_null(strstr(why.text, "holds a secret"));
    assert_int_equal(symlink("a.key", "c.key"), 0);
    assert_int_equal(cert_load(&cert, "c.key", &why), ST_DENIED);
}

static void
server_key_is_a_file_or_z85(void **state)
{
    struct cert cert;
    struct fault why;

    (void)state;
    assert_int_equal(cert_from_option(&cert, PUBLIC_Z85, NULL), ST_OK);
    assert_int_equal(cert.key[0], 0xbb);
    write_file("a.key", "metadata\n    name = server\n" CURVE_SECTION, 0644);
    assert_int_equal(cert_from_option(&cert, "a.key", NULL), ST_OK);
    assert_string_equal(cert.name, "server");
    assert_int_equal(cert_from_option(&cert, "b.key", &why), ST_NOT_FOUND);
    assert_string_equal(why.text,
                        "the server key \"b.key\" is neither a file nor a public key of 40 "
                        "characters");
    assert_int_equal(cert_from_option(&cert, "#" PUBLIC_Z85, &why), ST_NOT_FOUND);
    assert_int_equal(cert_from_option(&cert, "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{h,D", &why),
                     ST_INVALID);
    assert_string_equal(why.text, "the server key is neither a public key nor a file");
    /* Forty characters that are digits of Z85 and a path that exists. */
    assert_int_equal(mkdir("d1234567890123456789", 0700), 0);
    write_file("d1234567890123456789/f12345678901234.key", CURVE_SECTION, 0644);
    assert_int_equal(cert_from_option(&cert, "d1234567890123456789/f12345678901234.key", NULL),
                     ST_OK);
    assert_int_equal(cert.key[0], 0xbb);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(other_writers_forms_are_read),
        IN_DIRECTORY(malformed_files_are_refused),
        IN_DIRECTORY(unsafe_files_are_refused),
        IN_DIRECTORY(directory_that_others_can_change_is_refused),
        IN_DIRECTORY(file_of_another_user_is_refused),
        IN_DIRECTORY(halves_must_belong_together),
        IN_DIRECTORY(files_must_be_of_the_same_identity),
        IN_DIRECTORY(content_is_bounded_and_without_nul),
        IN_DIRECTORY(public_certificate_may_not_be_open_to_changes),
        IN_DIRECTORY(server_key_is_a_file_or_z85),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
