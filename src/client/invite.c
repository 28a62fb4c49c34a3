#include "client/invite.h"

#include <sodium.h>
#include <string.h>

#include "base/text.h"
#include "wire/mp.h"

#define PREFIX        "conclave:"
#define VERSION       1
#define FIELDS        7
#define PACKED_MAX    704 /* 2 addresses, 2 keys, a secret and a name, with their heads */
#define BASE64_SCHEME sodium_base64_VARIANT_URLSAFE_NO_PADDING

_Static_assert(sizeof PREFIX - 1 + (PACKED_MAX * 4 + 2) / 3 <= CONCLAVE_INVITE_MAX,
               "the longest invitation fits");
_Static_assert(2 + 2 * (2 + ENDPOINT_MAX) + 3 * (2 + KEY_LEN) + 2 + NAME_MAX_BYTES <= PACKED_MAX,
               "the longest packed invitation fits");

void
invite_hash(uint8_t hash[static INVITE_HASH_LEN], const uint8_t secret[static INVITE_SECRET_LEN])
{
    crypto_generichash(hash, INVITE_HASH_LEN, secret, INVITE_SECRET_LEN, NULL, 0);
}

/* ---- writing ---- */

static void
pack(struct buf *b, const struct invite *i)
{
    msgpack_packer pk = mp_packer(b);

    msgpack_pack_array(&pk, FIELDS);
    msgpack_pack_uint8(&pk, VERSION);
    mp_pack_text(&pk, i->server);
    mp_pack_bin(&pk, i->server_key, KEY_LEN);
    mp_pack_text(&pk, i->group);
    mp_pack_bin(&pk, i->group_key, KEY_LEN);
    mp_pack_text(&pk, i->address);
    mp_pack_bin(&pk, i->secret, INVITE_SECRET_LEN);
}

enum status
invite_format(const struct invite *invite, char text[static CONCLAVE_INVITE_MAX + 1])
{
    size_t prefix = strlen(PREFIX);
    enum status st = ST_NOMEM;
    struct buf b;

    buf_init(&b, PACKED_MAX);
    /* One piece of memory from the start: growing would leave copies of the secret behind. */
    if (buf_reserve(&b, PACKED_MAX) == ST_OK) {
        pack(&b, invite);
        memcpy(text, PREFIX, prefix);
        sodium_bin2base64(text + prefix, CONCLAVE_INVITE_MAX + 1 - prefix, b.p, b.len,
                          BASE64_SCHEME);
        sodium_memzero(b.p, b.cap);
        st = ST_OK;
    }
    buf_clear(&b);
    return st;
}

/* ---- reading ---- */

/* Without white space. False: longer than any invitation. */
static bool
squeeze(char out[static CONCLAVE_INVITE_MAX + 1], struct span text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] != '\0' && strchr(" \t\r\n", text.p[i]) != NULL)
            continue;
        if (n == CONCLAVE_INVITE_MAX)
            return false;
        out[n++] = (char)text.p[i];
    }
    out[n] = '\0';
    return true;
}

static bool
take_text(struct mp *m, char *out, size_t max)
{
    struct span text;

    if (!mp_str(m, &text) || text.len == 0 || text.len > max || memchr(text.p, 0, text.len) != NULL)
        return false;
    memcpy(out, text.p, text.len);
    out[text.len] = '\0';
    return true;
}

static bool
take_bytes(struct mp *m, uint8_t *out, size_t len)
{
    struct span bytes;

    if (!mp_bin(m, &bytes) || bytes.len != len)
        return false;
    memcpy(out, bytes.p, len);
    return true;
}

static bool
take_key(struct mp *m, uint8_t key[static KEY_LEN])
{
    return take_bytes(m, key, KEY_LEN) && !sodium_is_zero(key, KEY_LEN);
}

static enum status
unpack(struct invite *out, struct span packed, struct fault *why)
{
    struct mp m = mp_of(packed);
    uint64_t version = 0;
    uint32_t count = 0;

    if (!mp_array(&m, &count) || count == 0 || !mp_uint(&m, &version))
        return fault_set(why, ST_INVALID, "the invitation is damaged: was all of it copied?");
    if (version != VERSION)
        return fault_set(why, ST_INVALID, "the invitation is for another version of Conclave");
    if (count != FIELDS || !take_text(&m, out->server, ENDPOINT_MAX) ||
        !take_key(&m, out->server_key) || !take_text(&m, out->group, NAME_MAX_BYTES) ||
        !take_key(&m, out->group_key) || !take_text(&m, out->address, ENDPOINT_MAX) ||
        !take_bytes(&m, out->secret, INVITE_SECRET_LEN) || mp_left(&m) > 0)
        return fault_set(why, ST_INVALID, "the invitation is damaged: was all of it copied?");
    if (endpoint_check(out->server, false, NULL) != ST_OK ||
        endpoint_check(out->address, false, NULL) != ST_OK)
        return fault_set(why, ST_INVALID, "the invitation holds an address that is none");
    if (!text_is_group_name(span_of(out->group)))
        return fault_set(why, ST_INVALID, "the invitation holds a name that no group can have");
    return ST_OK;
}

static enum status
decode(struct invite *out, const char *text, struct fault *why)
{
    uint8_t packed[PACKED_MAX];
    const char *rest = text + strlen(PREFIX);
    const char *end;
    size_t len = 0;
    enum status st;

    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
        return fault_set(why, ST_INVALID,
                         "that is not an invitation: it begins with \"" PREFIX "\"");
    if (sodium_base642bin(packed, sizeof packed, rest, strlen(rest), NULL, &len, &end,
                          BASE64_SCHEME) != 0 ||
        *end != '\0')
        st = fault_set(why, ST_INVALID, "the invitation is damaged: was all of it copied?");
    else
        st = unpack(out, (struct span){packed, len}, why);
    sodium_memzero(packed, sizeof packed);
    return st;
}

enum status
invite_parse(struct invite *out, struct span text, struct fault *why)
{
    char line[CONCLAVE_INVITE_MAX + 1];
    enum status st;

    memset(out, 0, sizeof *out);
    if (squeeze(line, text))
        st = decode(out, line, why);
    else
        st = fault_set(why, ST_INVALID, "that is too long for an invitation");
    sodium_memzero(line, sizeof line);
    if (st != ST_OK)
        sodium_memzero(out, sizeof *out);
    return st;
}
