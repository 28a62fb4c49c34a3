#include "store/block.h"

#include <endian.h>
#include <string.h>

#include "store/sum.h"

_Static_assert(BODY_MAX_BYTES <= UINT16_MAX && EXT_MAX_BYTES <= UINT16_MAX, "two bytes of length");

/* What SQLite keeps of a page for itself, and the other columns of the row. */
#define PAGE_REST 64

/* ---- an entry ---- */

int64_t
entry_sum(const struct entry *e)
{
    uint64_t head[8] = {htole64(e->seq), htole64((uint64_t)e->ts), htole64(e->kind)};
    struct sum s;

    memcpy(head + 4, e->author.bytes, ID_LEN);
    memcpy(head + 6, e->id.bytes, ID_LEN);
    sum_init(&s);
    sum_bytes(&s, (struct span){(const uint8_t *)head, sizeof head});
    sum_bytes(&s, e->body);
    sum_bytes(&s, e->ext);
    return sum_end(&s);
}

static const uint8_t *
take(const uint8_t *p, void *out, size_t len)
{
    memcpy(out, p, len);
    return p + len;
}

static uint8_t *
put(uint8_t *p, const void *in, size_t len)
{
    if (len > 0)
        memcpy(p, in, len);
    return p + len;
}

/* ---- reading ---- */

void
block_start(struct block_cursor *c, const struct block *block)
{
    *c = (struct block_cursor){.block = *block, .next = block->first, .left = block->data};
}

bool
block_at_end(const struct block_cursor *c)
{
    return c->next > c->block.last;
}

bool
block_next(struct block_cursor *c, struct block_entry *out)
{
    const uint8_t *p = c->left.p;
    uint64_t ts;
    uint64_t sum;
    uint32_t author;
    uint16_t body;
    uint16_t ext;
    size_t len;

    if (c->left.len < BLOCK_ENTRY_HEAD)
        return false;
    p = take(p, &ts, sizeof ts);
    p = take(p, &sum, sizeof sum);
    p = take(p, &author, sizeof author);
    p = take(p, &body, sizeof body);
    p = take(p, &ext, sizeof ext);
    p = take(p, &out->e.kind, sizeof out->e.kind);
    p = take(p, out->e.id.bytes, ID_LEN);
    body = le16toh(body);
    ext = le16toh(ext);
    len = BLOCK_ENTRY_HEAD + (size_t)body + ext;
    if (body > BODY_MAX_BYTES || ext > EXT_MAX_BYTES || len > c->left.len)
        return false;
    out->e.body = (struct span){p, body};
    out->e.ext = (struct span){p + body, ext};
    out->e.seq = c->next;
    out->e.ts = (int64_t)le64toh(ts);
    out->sum = (int64_t)le64toh(sum);
    out->author = le32toh(author);
    if (out->e.ts < 1 || out->author < 1)
        return false;
    c->left.p += len;
    c->left.len -= len;
    c->next++;
    return !block_at_end(c) || (c->left.len == 0 && out->e.ts == c->block.ts);
}

bool
block_seek(struct block_cursor *c, uint64_t seq, struct block_entry *out)
{
    do {
        if (block_at_end(c) || !block_next(c, out))
            return false;
    } while (out->e.seq < seq);
    return out->e.seq == seq;
}

/* ---- writing ---- */

void
block_init(struct block_builder *b, int64_t page_bytes)
{
    b->full = page_bytes - PAGE_REST > BLOCK_MAX ? BLOCK_MAX : (size_t)page_bytes - PAGE_REST;
    block_reset(b);
}

void
block_reset(struct block_builder *b)
{
    b->block = (struct block){.data = {b->data, 0}};
}

static bool
has_room(const struct block_builder *b, const struct block_entry *e)
{
    size_t used = b->block.data.len;

    if (e->e.body.len > BODY_MAX_BYTES || e->e.ext.len > EXT_MAX_BYTES || e->author > UINT32_MAX)
        return false;
    return used == 0 || (e->e.seq == b->block.last + 1 &&
                         used + BLOCK_ENTRY_HEAD + e->e.body.len + e->e.ext.len <= b->full);
}

bool
block_put(struct block_builder *b, const struct block_entry *e)
{
    uint64_t ts = htole64((uint64_t)e->e.ts);
    uint64_t sum = htole64((uint64_t)e->sum);
    uint32_t author = htole32((uint32_t)e->author);
    uint16_t body = htole16((uint16_t)e->e.body.len);
    uint16_t ext = htole16((uint16_t)e->e.ext.len);
    uint8_t *p = b->data + b->block.data.len;

    if (!has_room(b, e))
        return false;
    p = put(p, &ts, sizeof ts);
    p = put(p, &sum, sizeof sum);
    p = put(p, &author, sizeof author);
    p = put(p, &body, sizeof body);
    p = put(p, &ext, sizeof ext);
    p = put(p, &e->e.kind, sizeof e->e.kind);
    p = put(p, e->e.id.bytes, ID_LEN);
    p = put(p, e->e.body.p, e->e.body.len);
    p = put(p, e->e.ext.p, e->e.ext.len);
    if (b->block.data.len == 0)
        b->block.first = e->e.seq;
    b->block.last = e->e.seq;
    b->block.ts = e->e.ts;
    b->block.data.len = (size_t)(p - b->data);
    return true;
}
