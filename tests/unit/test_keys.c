/* Keys as text, what is saved, sets of keys, and that CZMQ's zcert reads ours and we read its. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <czmq.h>

#include "key_files.h"
#include "net/keys.h"

static const struct keypair empty;

/* ---- text forms ---- */

static void
z85_goes_both_ways(void **state)
{
    uint8_t key[KEY_LEN];
    char text[KEY_Z85_LEN + 1];

    (void)state;
    assert_int_equal(key_from_z85(key, PUBLIC_Z85), ST_OK);
    assert_int_equal(key[0], 0xbb);
    assert_int_equal(key[31], 0x18);
    key_to_z85(key, text);
    assert_string_equal(text, PUBLIC_Z85);
}

static void
bad_z85_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hI",
        "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hIDD",
        "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{h D",
        "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{h\"D",
        "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{h\\D",
        "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{h\377D",
        "#####w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", /* a group above 2^32 - 1 */
        "%nSc1w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", /* 2^32 */
        "0000000000000000000000000000000000000000",
    };
    uint8_t key[KEY_LEN] = {7};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (key_from_z85(key, bad[i]) != ST_INVALID)
            fail_msg("\"%s\" passes", bad[i]);
    }
    assert_int_equal(key[0], 7);
    assert_int_equal(key_from_z85(key, "%nSc0w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"), ST_OK);
}

/* Computed with Python: hashlib.blake2b(b"conclave fingerprint 1" + bytes(range(32))). */
static void
fingerprint_is_stable(void **state)
{
    uint8_t key[KEY_LEN];
    char text[FINGERPRINT_LEN + 1];

    (void)state;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    key_fingerprint(key, text);
    assert_string_equal(text, "92732 74631 32202 00377 11999 77631 87557");
}

/* ---- saving ---- */

static void
saved_pair_comes_back(void **state)
{
    struct keypair pair, loaded;
    struct cert cert;

    (void)state;
    assert_int_equal(keypair_generate(&pair, "Alice B."), ST_OK);
    umask(077);
    assert_int_equal(keypair_save(&pair, "a.key", false, NULL), ST_OK);
    assert_int_equal(mode_of("a.key"), 0644);
    assert_int_equal(mode_of("a.key_secret"), 0600);
    assert_int_equal(keypair_load(&loaded, "a.key", NULL), ST_OK);
    assert_memory_equal(&loaded, &pair, sizeof pair);
    assert_int_equal(keypair_load(&loaded, "a.key_secret", NULL), ST_OK);
    assert_memory_equal(&loaded, &pair, sizeof pair);
    assert_int_equal(cert_load(&cert, "a.key", NULL), ST_OK);
    assert_memory_equal(&cert, &pair.cert, sizeof cert);
    assert_int_equal(cert_load(&cert, "a.key_secret", NULL), ST_OK);
    assert_memory_equal(&cert, &pair.cert, sizeof cert);
    keypair_clear(&pair);
    assert_memory_equal(&pair, &empty, sizeof pair);
}

static void
existing_files_stay_unless_forced(void **state)
{
    struct keypair first, second, loaded;
    struct fault why;

    (void)state;
    keypair_generate(&first, "first");
    keypair_generate(&second, "second");
    assert_int_equal(keypair_save(&first, "a.key", false, NULL), ST_OK);
    assert_int_equal(keypair_save(&second, "a.key", false, &why), ST_EXISTS);
    assert_int_equal(unlink("a.key_secret"), 0);
    assert_int_equal(keypair_save(&second, "a.key", false, &why), ST_EXISTS);
    assert_non_null(strstr(why.text, "a.key exists"));
    assert_int_equal(access("a.key_secret", F_OK), -1);
    assert_int_equal(keypair_save(&second, "a.key", true, NULL), ST_OK);
    assert_int_equal(keypair_load(&loaded, "a.key", NULL), ST_OK);
    assert_string_equal(loaded.cert.name, "second");
}

static void
nothing_is_left_of_a_failed_save(void **state)
{
    struct keypair pair;
    zdir_t *dir;

    (void)state;
    keypair_generate(&pair, "a");
    assert_int_equal(mkdir("a.key", 0700), 0);
    assert_int_equal(keypair_save(&pair, "a.key", false, NULL), ST_DENIED);
    assert_int_equal(keypair_save(&pair, "a.key", true, NULL), ST_DENIED);
    assert_int_equal(rmdir("a.key"), 0);
    assert_int_equal(symlink("elsewhere", "a.key_secret"), 0);
    assert_int_equal(keypair_save(&pair, "a.key", true, NULL), ST_DENIED);
    assert_int_equal(unlink("a.key_secret"), 0);
    assert_int_equal(keypair_save(&pair, "", true, NULL), ST_INVALID);
    assert_int_equal(keypair_save(&pair, "x/", true, NULL), ST_INVALID);
    assert_int_equal(keypair_save(&pair, "a.key_secret", true, NULL), ST_INVALID);
    dir = zdir_new(".", NULL);
    assert_int_equal(zdir_count(dir), 0);
    zdir_destroy(&dir);
    assert_int_equal(keypair_save(&pair, "a.key", false, NULL), ST_OK);
    dir = zdir_new(".", NULL);
    assert_int_equal(zdir_count(dir), 2);
    zdir_destroy(&dir);
}

static void
a_missing_directory_is_made_private(void **state)
{
    struct keypair pair;
    struct fault why;

    (void)state;
    keypair_generate(&pair, "");
    assert_int_equal(keypair_save(&pair, "x/y/a.key", false, &why), ST_SYSTEM);
    assert_non_null(strstr(why.text, "the directory in which x/y/ would be made does not exist"));
    assert_int_equal(access("x", F_OK), -1);
    assert_int_equal(keypair_save(&pair, "x//a.key", false, NULL), ST_OK);
    assert_int_equal(mode_of("x"), 0700);
    write_file("file", "", 0600);
    assert_int_equal(keypair_save(&pair, "file/a.key", false, NULL), ST_SYSTEM);
}

static void
names_that_would_break_the_file_are_refused(void **state)
{
    static const char *const bad[] = {
        "a\"b", "a'b",  "a\nb",
        " a",   "\xff", "12345678901234567890123456789012345678901234567890123456789012345",
    };
    struct keypair pair;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(keypair_generate(&pair, bad[i]), ST_INVALID);
    assert_int_equal(keypair_generate(&pair, "a # = b"), ST_OK);
    assert_int_equal(keypair_save(&pair, "a.key", false, NULL), ST_OK);
    assert_int_equal(keypair_load(&pair, "a.key", NULL), ST_OK);
    assert_string_equal(pair.cert.name, "a # = b");
}

/* ---- sets ---- */

static void
directory_gives_a_set(void **state)
{
    struct keypair a, b, stranger;
    struct keyset *set = NULL;

    (void)state;
    keypair_generate(&a, "a");
    keypair_generate(&b, "b");
    keypair_generate(&stranger, "c");
    assert_int_equal(mkdir("set", 0755), 0);
    assert_int_equal(keyset_load(&set, "set", NULL), ST_OK);
    assert_int_equal(keyset_count(set), 0);
    assert_false(keyset_has(set, a.cert.key));
    keyset_free(set);

    assert_int_equal(keypair_save(&a, "set/a.key", false, NULL), ST_OK);
    assert_int_equal(keypair_save(&b, "set/b.key", false, NULL), ST_OK);
    assert_int_equal(keypair_save(&a, "set/again.key", false, NULL), ST_OK);
    assert_int_equal(mkdir("set/folder", 0755), 0);
    write_file("set/.hidden", "no certificate", 0644);
    write_file("set/x_secret", "no certificate", 0644);
    assert_int_equal(keyset_load(&set, "set", NULL), ST_OK);
    assert_int_equal(keyset_count(set), 2);
    assert_true(keyset_has(set, a.cert.key));
    assert_true(keyset_has(set, b.cert.key));
    assert_false(keyset_has(set, stranger.cert.key));
    keyset_free(set);
    keyset_free(NULL);
}

static void
only_files_named_key_count(void **state)
{
    static const char *const others[] = {"set/b.key~",    "set/b.key.disabled", "set/b",
                                         "set/b.key.1",   "set/b.KEY",          "set/bkey",
                                         "set/b.key_off", "set/.b.key",         "set/.key"};
    struct keypair a, b;
    struct keyset *set = NULL;

    (void)state;
    keypair_generate(&a, "a");
    keypair_generate(&b, "b");
    assert_int_equal(mkdir("set", 0755), 0);
    assert_int_equal(keypair_save(&a, "set/a.key", false, NULL), ST_OK);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(keypair_save(&b, others[i], false, NULL), ST_OK);
    write_file("set/notes", "no certificate", 0644);
    assert_int_equal(keyset_load(&set, "set", NULL), ST_OK);
    assert_int_equal(keyset_count(set), 1);
    assert_true(keyset_has(set, a.cert.key));
    assert_false(keyset_has(set, b.cert.key));
    keyset_free(set);
}

static void
directory_that_others_can_change_is_refused(void **state)
{
    static const mode_t modes[] = {0720, 0702, 0777, 01777, 0775};
    struct keyset *set = NULL;
    struct fault why;

    (void)state;
    assert_int_equal(mkdir("set", 0755), 0);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod("set", modes[i]), 0);
        assert_int_equal(keyset_load(&set, "set", &why), ST_DENIED);
        assert_non_null(strstr(why.text, "set can be changed by others"));
    }
    assert_int_equal(chmod("set", 0755), 0);
    assert_int_equal(keyset_load(&set, "set", &why), ST_OK);
    keyset_free(set);
    set = NULL;
    if (geteuid() != 0)
        return; /* nobody else owns anything then */
    assert_int_equal(chown("set", 1, 1), 0);
    assert_int_equal(keyset_load(&set, "set", &why), ST_DENIED);
    assert_non_null(strstr(why.text, "belongs to another user"));
}

static void
one_bad_file_refuses_the_whole_set(void **state)
{
    struct keyset *set = NULL;
    struct fault why;

    (void)state;
    assert_int_equal(keyset_load(&set, "set", &why), ST_NOT_FOUND);
    assert_string_equal(why.text, "the directory of certificates set: No such file or directory");
    assert_int_equal(mkdir("set", 0755), 0);
    write_file("set/a.key", CURVE_SECTION, 0644);
    write_file("set/b.key", "curve\n", 0644);
    assert_int_equal(keyset_load(&set, "set", &why), ST_INVALID);
    assert_non_null(strstr(why.text, "set/b.key"));
    assert_int_equal(unlink("set/b.key"), 0);
    assert_int_equal(symlink("a.key", "set/c.key"), 0);
    assert_int_equal(keyset_load(&set, "set", &why), ST_DENIED);
    assert_int_equal(unlink("set/c.key"), 0);
    assert_int_equal(mkfifo("set/d.key", 0644), 0);
    assert_int_equal(keyset_load(&set, "set", &why), ST_DENIED);
    assert_null(set);
}

/* ---- CZMQ ---- */

static void
czmq_reads_ours(void **state)
{
    struct keypair pair;
    char public_key[KEY_Z85_LEN + 1], secret_key[KEY_Z85_LEN + 1];
    zcert_t *cert;

    (void)state;
    keypair_generate(&pair, "Alice #1");
    key_to_z85(pair.cert.key, public_key);
    key_to_z85(pair.secret, secret_key);
    assert_int_equal(keypair_save(&pair, "a.key", false, NULL), ST_OK);
    cert = zcert_load("a.key");
    assert_non_null(cert);
    assert_string_equal(zcert_public_txt(cert), public_key);
    assert_string_equal(zcert_secret_txt(cert), secret_key);
    assert_string_equal(zcert_meta(cert, "name"), "Alice #1");
    zcert_destroy(&cert);
    assert_int_equal(unlink("a.key_secret"), 0);
    cert = zcert_load("a.key");
    assert_non_null(cert);
    assert_string_equal(zcert_public_txt(cert), public_key);
    zcert_destroy(&cert);
}

static void
we_read_czmqs(void **state)
{
    zcert_t *cert = zcert_new();
    struct keypair pair;
    struct cert public_cert;

    (void)state;
    zcert_set_meta(cert, "name", "Bob");
    zcert_set_meta(cert, "email", "bob@example.org");
    assert_int_equal(zcert_save(cert, "b.key"), 0);
    assert_int_equal(keypair_load(&pair, "b.key", NULL), ST_OK);
    assert_memory_equal(pair.cert.key, zcert_public_key(cert), KEY_LEN);
    assert_memory_equal(pair.secret, zcert_secret_key(cert), KEY_LEN);
    assert_string_equal(pair.cert.name, "Bob");
    assert_int_equal(cert_load(&public_cert, "b.key", NULL), ST_OK);
    assert_memory_equal(&public_cert, &pair.cert, sizeof public_cert);
    zcert_destroy(&cert);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z85_goes_both_ways),
        cmocka_unit_test(bad_z85_is_refused),
        cmocka_unit_test(fingerprint_is_stable),
        IN_DIRECTORY(saved_pair_comes_back),
        IN_DIRECTORY(existing_files_stay_unless_forced),
        IN_DIRECTORY(nothing_is_left_of_a_failed_save),
        IN_DIRECTORY(a_missing_directory_is_made_private),
        IN_DIRECTORY(names_that_would_break_the_file_are_refused),
        IN_DIRECTORY(directory_gives_a_set),
        IN_DIRECTORY(only_files_named_key_count),
        IN_DIRECTORY(directory_that_others_can_change_is_refused),
        IN_DIRECTORY(one_bad_file_refuses_the_whole_set),
        IN_DIRECTORY(czmq_reads_ours),
        IN_DIRECTORY(we_read_czmqs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
