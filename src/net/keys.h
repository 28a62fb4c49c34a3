/*
 * keys - CURVE identities and their files.
 * The files keep the CZMQ certificate format (ZPL, rfc.zeromq.org/spec/4), so czmq and pyzmq
 * read ours and we read theirs: NAME public (0644), NAME_secret secret (0600). Loading a secret
 * is strict: regular file, not a link, ours, closed to group and others, well-formed, halves
 * that match. A rejected value never appears in a fault.
 * Threads: any; no shared state.
 */
#ifndef NET_KEYS_H
#define NET_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/entry.h"
#include "base/status.h"

#define KEY_LEN         32
#define KEY_Z85_LEN     40 /* without the NUL */
#define FINGERPRINT_LEN 41 /* seven groups of five digits with spaces between */

/* A public identity. */
struct cert {
    uint8_t key[KEY_LEN];
    char name[NAME_MAX_BYTES + 1]; /* metadata name; "" if the file has none */
};

/* A key pair. Wipe with keypair_clear on every path. */
struct keypair {
    struct cert cert;
    uint8_t secret[KEY_LEN];
};

/* name may be ""; it holds no quotes. ST_INVALID, ST_SYSTEM. */
enum status keypair_generate(struct keypair *out, const char *name);
void keypair_clear(struct keypair *pair);

/* Write path and path_secret; both appear whole or not at all (with force, the secret one first).
 * A missing directory is made with mode 0700, if the one above it is there. ST_EXISTS unless
 * force. */
enum status keypair_save(const struct keypair *pair, const char *path, bool force,
                         struct fault *why);

/* Load a key pair. path names either file: NAME finds NAME_secret, and if NAME is there too it must
 * hold the same public key (ST_DENIED). Nor may others be able to change the directory. */
enum status keypair_load(struct keypair *out, const char *path, struct fault *why);

/* Load a public certificate, which not everybody may be able to change; of a secret file only the
 * public half is read (its mode is then checked as for a secret). */
enum status cert_load(struct cert *out, const char *path, struct fault *why);

/* Z85 (rfc.zeromq.org/spec/32): exactly 40 characters, checked, not all zero. ST_INVALID. */
enum status key_from_z85(uint8_t key[static KEY_LEN], const char *text);
void key_to_z85(const uint8_t key[static KEY_LEN], char text[static KEY_Z85_LEN + 1]);

/* Digits of BLAKE2b-512("conclave fingerprint 1" || key), to be compared aloud: each group is
 * eight bytes, big-endian, modulo 100000. */
void key_fingerprint(const uint8_t key[static KEY_LEN], char text[static FINGERPRINT_LEN + 1]);

/* Reads a server key as users give it: 40 Z85 characters, or the path of a certificate. What is
 * both is a path if it has a '/' and exists, else a key. */
enum status cert_from_option(struct cert *out, const char *file_or_z85, struct fault *why);

/* A set of public keys that may come in. */
struct keyset; /* opaque */

/* All certificates of a directory that others cannot change: each NAME.key that does not begin with
 * '.' must be a valid certificate in a regular file, or the whole load is refused. Nothing else
 * counts; that there is such is logged. An empty directory gives an empty set: nobody. The caller
 * frees *out with keyset_free. */
enum status keyset_load(struct keyset **out, const char *dir, struct fault *why);
void keyset_free(struct keyset *set);
bool keyset_has(const struct keyset *set, const uint8_t key[static KEY_LEN]);
size_t keyset_count(const struct keyset *set);

#endif
