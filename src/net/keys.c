#include "net/keys.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "base/file.h"
#include "base/text.h"
#include "net/cert.h"

#define SECRET_SUFFIX  "_secret"
#define CERT_BYTES_MAX 4096

_Static_assert(KEY_LEN == crypto_box_PUBLICKEYBYTES && KEY_LEN == crypto_box_SECRETKEYBYTES,
               "CURVE keys are NaCl box keys");

/* ---- text forms ---- */

/* libzmq's decoder is asked only about text that this has passed: it does not notice every bad
 * character and group in every version. */
static bool
is_z85(struct span text)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    uint64_t group = 0;

    if (text.len != KEY_Z85_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = text.p[i] != '\0' ? strchr(digits, text.p[i]) : NULL;

        if (digit == NULL)
            return false;
        group = group * 85 + (uint64_t)(digit - digits);
        if (i % 5 != 4)
            continue;
        if (group > UINT32_MAX)
            return false;
        group = 0;
    }
    return true;
}

static enum status
key_from_span(uint8_t key[static KEY_LEN], struct span text)
{
    char z85[KEY_Z85_LEN + 1] = {0};
    uint8_t raw[KEY_LEN];
    enum status st = ST_INVALID;

    if (is_z85(text)) {
        memcpy(z85, text.p, KEY_Z85_LEN);
        if (zmq_z85_decode(raw, z85) != NULL && !sodium_is_zero(raw, sizeof raw)) {
            memcpy(key, raw, KEY_LEN);
            st = ST_OK;
        }
    }
    sodium_memzero(z85, sizeof z85);
    sodium_memzero(raw, sizeof raw);
    return st;
}

enum status
key_from_z85(uint8_t key[static KEY_LEN], const char *text)
{
    return key_from_span(key, span_of(text));
}

void
key_to_z85(const uint8_t key[static KEY_LEN], char text[static KEY_Z85_LEN + 1])
{
    zmq_z85_encode(text, key, KEY_LEN);
}

void
key_fingerprint(const uint8_t key[static KEY_LEN], char text[static FINGERPRINT_LEN + 1])
{
    static const char label[] = "conclave fingerprint 1";
    crypto_generichash_state state;
    uint8_t hash[crypto_generichash_BYTES_MAX];

    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const uint8_t *)label, sizeof label - 1);
    crypto_generichash_update(&state, key, KEY_LEN);
    crypto_generichash_final(&state, hash, sizeof hash);
    for (size_t i = 0; i < 7; i++) {
        uint64_t number = 0;

        for (size_t j = 0; j < 8; j++)
            number = number << 8 | hash[8 * i + j];
        for (size_t j = 5; j-- > 0; number /= 10)
            text[6 * i + j] = (char)('0' + number % 10);
        text[6 * i + 5] = i < 6 ? ' ' : '\0';
    }
}

/* ---- pairs ---- */

/* A quote would end the value in the file. */
static bool
is_cert_name(struct span name)
{
    return text_is_name(name, NAME_MAX_BYTES) && memchr(name.p, '"', name.len) == NULL &&
           memchr(name.p, '\'', name.len) == NULL;
}

enum status
keypair_generate(struct keypair *out, const char *name)
{
    if (name[0] != '\0' && !is_cert_name(span_of(name)))
        return ST_INVALID;
    *out = (struct keypair){0};
    memcpy(out->cert.name, name, strlen(name));
    return crypto_box_keypair(out->cert.key, out->secret) == 0 ? ST_OK : ST_SYSTEM;
}

void
keypair_clear(struct keypair *pair)
{
    sodium_memzero(pair, sizeof *pair);
}

/* ---- loading ---- */

static enum status
secret_path(char out[static PATH_MAX], const char *path, struct fault *why)
{
    int n = snprintf(out, PATH_MAX, "%s" SECRET_SUFFIX, path);

    if (n < 0 || n >= PATH_MAX)
        return fault_set(why, ST_INVALID, "the path of the key file is too long");
    return ST_OK;
}

static bool
is_secret_path(const char *path)
{
    size_t len = strlen(path);
    size_t suffix = strlen(SECRET_SUFFIX);

    return len > suffix && strcmp(path + len - suffix, SECRET_SUFFIX) == 0;
}

/* The parsed text stays in file, which the caller wipes. */
static enum status
read_cert(struct cert_text *out, struct buf *file, const char *path, struct fault *why)
{
    struct fault detail = {0};
    struct stat info;
    enum status st = file_read(file, &info, path, FILE_ANY, why);

    if (st != ST_OK)
        return st;
    st = cert_parse(out, buf_span(file), &detail);
    if (st != ST_OK)
        return fault_set(why, st, "%s: %s", path, detail.text);
    return file_check(&info, path,
                      out->secret_key.p != NULL || is_secret_path(path) ? FILE_SECRET : FILE_PUBLIC,
                      why);
}

static enum status
take_public(struct cert *out, const struct cert_text *text, const char *path, struct fault *why)
{
    *out = (struct cert){0};
    if (text->name.len > 0 && !text_is_name(text->name, NAME_MAX_BYTES))
        return fault_set(why, ST_INVALID, "%s: the name is not fit to be shown", path);
    if (key_from_span(out->key, text->public_key) != ST_OK)
        return fault_set(why, ST_INVALID, "%s holds no valid public key", path);
    if (text->name.len > 0)
        memcpy(out->name, text->name.p, text->name.len);
    return ST_OK;
}

static enum status
take_secret(struct keypair *out, const struct cert_text *text, const char *path, struct fault *why)
{
    uint8_t public_key[KEY_LEN];

    if (key_from_span(out->secret, text->secret_key) != ST_OK)
        return fault_set(why, ST_INVALID, "%s holds no valid secret key", path);
    if (crypto_scalarmult_base(public_key, out->secret) != 0 ||
        sodium_memcmp(public_key, out->cert.key, KEY_LEN) != 0)
        return fault_set(why, ST_INVALID, "%s: public and secret key do not belong together", path);
    return ST_OK;
}

/* Who names the public file means the key that it holds. It need not be there. */
static enum status
check_public_half(const struct keypair *pair, const char *public, const char *secret,
                  struct fault *why)
{
    struct cert cert;
    enum status st = cert_load(&cert, public, why);

    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st != ST_OK)
        return st;
    if (sodium_memcmp(cert.key, pair->cert.key, KEY_LEN) != 0)
        return fault_set(why, ST_DENIED, "%s and %s are not of the same identity", public, secret);
    return ST_OK;
}

enum status
keypair_load(struct keypair *out, const char *path, struct fault *why)
{
    const char *half = path; /* the public one; NULL: only the secret file was named */
    char secret[PATH_MAX];
    struct buf file;
    struct cert_text text;
    enum status st = ST_OK;

    buf_init(&file, CERT_BYTES_MAX);
    *out = (struct keypair){0};
    if (is_secret_path(path))
        half = NULL;
    else
        st = secret_path(secret, path, why);
    path = half != NULL ? secret : path;
    if (st == ST_OK)
        st = file_check_place(path, why);
    if (st == ST_OK)
        st = read_cert(&text, &file, path, why);
    if (st == ST_OK)
        st = take_public(&out->cert, &text, path, why);
    if (st == ST_OK)
        st = take_secret(out, &text, path, why);
    if (st == ST_OK && half != NULL)
        st = check_public_half(out, half, path, why);
    if (st != ST_OK)
        keypair_clear(out);
    buf_wipe(&file);
    return st;
}

enum status
cert_load(struct cert *out, const char *path, struct fault *why)
{
    struct buf file;
    struct cert_text text;
    struct cert cert;
    enum status st;

    buf_init(&file, CERT_BYTES_MAX);
    st = read_cert(&text, &file, path, why);
    if (st == ST_OK)
        st = take_public(&cert, &text, path, why);
    if (st == ST_OK)
        *out = cert;
    buf_wipe(&file);
    return st;
}

/* Forty characters may be a mistyped key, even a secret one: they are not repeated. */
static enum status
not_a_server_key(const char *text, struct fault *why)
{
    if (strlen(text) == KEY_Z85_LEN)
        return fault_set(why, ST_INVALID, "the server key is neither a public key nor a file");
    return fault_set(why, ST_NOT_FOUND,
                     "the server key \"%s\" is neither a file nor a public key of %d characters",
                     text, KEY_Z85_LEN);
}

enum status
cert_from_option(struct cert *out, const char *file_or_z85, struct fault *why)
{
    struct cert cert = {0};
    bool is_key = key_from_z85(cert.key, file_or_z85) == ST_OK;

    if (!is_key && access(file_or_z85, F_OK) != 0 && errno == ENOENT)
        return not_a_server_key(file_or_z85, why);
    /* '/' is also a digit of Z85, but no random key names a file. */
    if (!is_key || (strchr(file_or_z85, '/') != NULL && access(file_or_z85, F_OK) == 0))
        return cert_load(out, file_or_z85, why);
    *out = cert;
    return ST_OK;
}

/* ---- saving ---- */

/* out's memory is taken at once: growing it would leave copies of the secret behind. */
static enum status
format_cert(struct buf *out, const struct keypair *pair, bool with_secret)
{
    char public_key[KEY_Z85_LEN + 1];
    char secret_key[KEY_Z85_LEN + 1] = "";
    struct cert_text text = {.name = span_of(pair->cert.name)};
    enum status st = buf_reserve(out, out->max);

    if (st != ST_OK)
        return st;
    key_to_z85(pair->cert.key, public_key);
    text.public_key = span_of(public_key);
    if (with_secret) {
        key_to_z85(pair->secret, secret_key);
        text.secret_key = span_of(secret_key);
    }
    cert_format(out, &text);
    sodium_memzero(secret_key, sizeof secret_key);
    return out->failed ? ST_FULL : ST_OK;
}

static enum status
draft_cert(struct file_draft *d, const struct keypair *pair, const char *path, bool secret,
           bool force, struct fault *why)
{
    struct file_how how = {.mode = secret ? 0600 : 0644, .fresh = !force};
    struct buf text;
    enum status st = file_draft_begin(d, path, &how, why);

    buf_init(&text, CERT_BYTES_MAX);
    if (st == ST_OK) {
        st = format_cert(&text, pair, secret);
        if (st != ST_OK)
            fault_set(why, st, "no memory for the key files");
    }
    if (st == ST_OK)
        st = file_draft_write(d, buf_span(&text), why);
    buf_wipe(&text);
    return st;
}

enum status
keypair_save(const struct keypair *pair, const char *path, bool force, struct fault *why)
{
    struct file_draft secret = {.fd = -1, .dir = -1};
    struct file_draft public = {.fd = -1, .dir = -1};
    char path_secret[PATH_MAX];
    enum status st;

    if (is_secret_path(path) || path[0] == '\0' || path[strlen(path) - 1] == '/')
        return fault_set(why, ST_INVALID, "\"%s\" is not the name of a public certificate", path);
    st = secret_path(path_secret, path, why);
    if (st == ST_OK)
        st = file_make_place(path_secret, why);
    if (st == ST_OK)
        st = draft_cert(&secret, pair, path_secret, true, force, why);
    if (st == ST_OK)
        st = draft_cert(&public, pair, path, false, force, why);
    if (st == ST_OK)
        st = file_draft_place(&secret, why);
    if (st == ST_OK) {
        st = file_draft_place(&public, why);
        if (st != ST_OK && !force)
            (void)unlink(path_secret);
    }
    file_draft_end(&secret);
    file_draft_end(&public);
    return st;
}
