#include "store/sum.h"

#include <endian.h>
#include <string.h>

#define BLOCK (SUM_LANES * sizeof(uint64_t))

/* Multiplying by an odd number and folding the upper half onto the lower are both one to one. */
static uint64_t
mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

static uint64_t
word_at(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

/* With single variables: compilers turn an array into vectors, whose 64-bit product is slow. */
static void
add_blocks(struct sum *s, const uint8_t *p, size_t n)
{
    uint64_t a = s->lanes[0];
    uint64_t b = s->lanes[1];
    uint64_t c = s->lanes[2];
    uint64_t d = s->lanes[3];

    for (; n > 0; n--, p += BLOCK) {
        a = mix(a, word_at(p));
        b = mix(b, word_at(p + 8));
        c = mix(c, word_at(p + 16));
        d = mix(d, word_at(p + 24));
    }
    s->lanes[0] = a;
    s->lanes[1] = b;
    s->lanes[2] = c;
    s->lanes[3] = d;
}

void
sum_init(struct sum *s)
{
    *s = (struct sum){{1, 2, 3, 4}};
}

void
sum_int(struct sum *s, int64_t value)
{
    s->lanes[0] = mix(s->lanes[0], (uint64_t)value);
}

void
sum_bytes(struct sum *s, struct span bytes)
{
    size_t left = bytes.len % BLOCK;

    add_blocks(s, bytes.p, bytes.len / BLOCK);
    if (left > 0) {
        uint8_t rest[BLOCK] = {0};

        memcpy(rest, bytes.p + bytes.len - left, left);
        add_blocks(s, rest, 1);
    }
    sum_int(s, (int64_t)bytes.len);
}

int64_t
sum_end(const struct sum *s)
{
    uint64_t h = 0;

    for (size_t i = 0; i < SUM_LANES; i++)
        h = mix(h, s->lanes[i]);
    return (int64_t)h;
}

/* ---- rows ---- */

int64_t
sum_person(const struct person *p)
{
    struct sum s;

    sum_init(&s);
    sum_int(&s, p->no);
    sum_bytes(&s, (struct span){p->uuid.bytes, ID_LEN});
    sum_bytes(&s, (struct span){p->key, p->has_key ? sizeof p->key : 0});
    sum_bytes(&s, (struct span){p->nick, p->nick_len});
    return sum_end(&s);
}

int64_t
sum_stay(const struct person *p)
{
    struct sum s;

    sum_init(&s);
    sum_int(&s, p->no);
    sum_int(&s, (int64_t)p->joined_seq);
    sum_int(&s, p->joined_ts);
    sum_int(&s, (int64_t)p->left_seq);
    sum_int(&s, p->left_ts);
    return sum_end(&s);
}

int64_t
sum_standing(const struct person *p)
{
    struct sum s;

    sum_init(&s);
    sum_int(&s, p->no);
    sum_int(&s, (int64_t)p->role);
    sum_int(&s, p->role_set);
    sum_int(&s, p->invited);
    sum_int(&s, (int64_t)p->ban_seq);
    sum_int(&s, p->ban_ts);
    sum_bytes(&s, (struct span){p->banned_by.bytes, ID_LEN});
    return sum_end(&s);
}

int64_t
sum_invite(const struct invitation *invite)
{
    struct sum s;

    sum_init(&s);
    sum_bytes(&s, (struct span){invite->hash, sizeof invite->hash});
    sum_bytes(&s, (struct span){invite->by.bytes, ID_LEN});
    sum_int(&s, invite->since);
    sum_int(&s, (int64_t)invite->uses);
    sum_int(&s, invite->expires);
    return sum_end(&s);
}

int64_t
sum_about(const struct roster *r)
{
    struct sum s;

    sum_init(&s);
    sum_bytes(&s, (struct span){r->topic.text, r->topic.len});
    sum_int(&s, (int64_t)r->standings);
    sum_int(&s, (int64_t)r->invitations.n);
    return sum_end(&s);
}
