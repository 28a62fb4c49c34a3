#include "disk/spool_format.h"

#include <sodium.h>
#include <string.h>

#define MAGIC "CCLVPOST"

static const uint8_t mark[4] = {0xc5, 'p', 's', '\n'};

static void
put_u32(uint8_t out[static 4], uint32_t n)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(n >> (8 * i));
}

static uint32_t
get_u32(const uint8_t in[static 4])
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static void
sum_of(uint8_t out[static SPOOL_SUM_LEN], const uint8_t *bytes, size_t len)
{
    crypto_generichash(out, SPOOL_SUM_LEN, bytes, len, NULL, 0);
}

void
spool_header(uint8_t out[static SPOOL_HEADER_LEN], const uint8_t self[static KEY_LEN],
             const uint8_t server[static KEY_LEN])
{
    size_t at = strlen(MAGIC);

    memcpy(out, MAGIC, at);
    memcpy(out + at, self, KEY_LEN);
    memcpy(out + at + KEY_LEN, server, KEY_LEN);
    at += (size_t)2 * KEY_LEN;
    sum_of(out + at, out, at);
}

bool
spool_read_header(struct span bytes, uint8_t self[static KEY_LEN], uint8_t server[static KEY_LEN])
{
    uint8_t again[SPOOL_HEADER_LEN];

    if (bytes.len < SPOOL_HEADER_LEN)
        return false;
    memcpy(self, bytes.p + strlen(MAGIC), KEY_LEN);
    memcpy(server, bytes.p + strlen(MAGIC) + KEY_LEN, KEY_LEN);
    spool_header(again, self, server);
    return memcmp(again, bytes.p, sizeof again) == 0;
}

void
spool_pack(struct buf *out, const struct spool_record *r)
{
    uint8_t head[SPOOL_HEAD_LEN];
    uint8_t type = (uint8_t)r->type;
    uint8_t count[4];
    size_t start = out->len;
    size_t rest;

    memset(head, 0, sizeof head);
    buf_append(out, head, sizeof head);
    buf_append(out, &type, 1);
    if (r->type == SPOOL_POST) {
        buf_append(out, r->id.bytes, ID_LEN);
        buf_append(out, r->body.p, r->body.len);
    } else {
        put_u32(count, r->count);
        buf_append(out, count, sizeof count);
    }
    if (out->failed)
        return;
    rest = out->len - start - SPOOL_HEAD_LEN;
    memcpy(out->p + start, mark, sizeof mark);
    put_u32(out->p + start + 4, (uint32_t)rest);
    sum_of(out->p + start + 8, out->p + start + SPOOL_HEAD_LEN, rest);
}

static bool
read_rest(struct spool_record *out, struct span rest)
{
    out->type = (enum spool_type)rest.p[0];
    rest.p++;
    rest.len--;
    if (out->type == SPOOL_POST && rest.len >= ID_LEN) {
        memcpy(out->id.bytes, rest.p, ID_LEN);
        out->body = (struct span){rest.p + ID_LEN, rest.len - ID_LEN};
        return true;
    }
    if (out->type == SPOOL_DONE && rest.len == 4) {
        out->count = get_u32(rest.p);
        return true;
    }
    return false;
}

bool
spool_unpack(struct spool_record *out, struct span bytes)
{
    uint8_t sum[SPOOL_SUM_LEN];
    struct span rest;

    if (bytes.len <= SPOOL_HEAD_LEN || memcmp(bytes.p, mark, sizeof mark) != 0)
        return false;
    rest = (struct span){bytes.p + SPOOL_HEAD_LEN, get_u32(bytes.p + 4)};
    if (rest.len == 0 || rest.len > SPOOL_REST_MAX || rest.len > bytes.len - SPOOL_HEAD_LEN)
        return false;
    sum_of(sum, rest.p, rest.len);
    if (memcmp(sum, bytes.p + 8, sizeof sum) != 0)
        return false;
    *out = (struct spool_record){.size = SPOOL_HEAD_LEN + rest.len};
    return read_rest(out, rest);
}

bool
spool_has_record(struct span bytes)
{
    struct spool_record r;

    while (bytes.len > SPOOL_HEAD_LEN) {
        const uint8_t *next = memchr(bytes.p, mark[0], bytes.len);
        if (next == NULL)
            return false;
        bytes.len -= (size_t)(next - bytes.p);
        bytes.p = next;
        if (spool_unpack(&r, bytes))
            return true;
        bytes.p++;
        bytes.len--;
    }
    return false;
}
