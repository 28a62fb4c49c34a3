/*
 * invite - an invitation as text: "conclave:" and, in URL-safe base64 without padding, the
 * MessagePack array [1, server, server key, group, group key, address, secret]. docs/protocol.md
 * has the same in words.
 * Pure. Threads: any.
 */
#ifndef CLIENT_INVITE_H
#define CLIENT_INVITE_H

#include "base/bytes.h"
#include "base/status.h"
#include "conclave.h"
#include "net/net.h"

#define INVITE_SECRET_LEN 32
#define INVITE_HASH_LEN   32

/* The same with keys as bytes. Wipe when done. */
struct invite {
    char server[ENDPOINT_MAX + 1];
    uint8_t server_key[KEY_LEN];
    char group[NAME_MAX_BYTES + 1];
    uint8_t group_key[KEY_LEN];
    char address[ENDPOINT_MAX + 1];
    uint8_t secret[INVITE_SECRET_LEN];
};

/* White space anywhere in text is ignored: mail programs break lines. Addresses, names and keys
 * are checked. ST_INVALID with the reason, which holds nothing of the text; *out is then wiped. */
enum status invite_parse(struct invite *out, struct span text, struct fault *why);
/* Not a word of it may be logged. ST_NOMEM. */
enum status invite_format(const struct invite *invite, char text[static CONCLAVE_INVITE_MAX + 1]);
/* What the group remembers of a secret: BLAKE2b-256. */
void invite_hash(uint8_t hash[static INVITE_HASH_LEN],
                 const uint8_t secret[static INVITE_SECRET_LEN]);

#endif
