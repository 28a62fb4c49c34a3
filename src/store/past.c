#include "store/past.h"

#include <string.h>

void
past_add(struct past *p, const struct id *log, uint64_t head)
{
    if (p->n == PAST_MAX)
        memmove(p->v, p->v + 1, --p->n * sizeof *p->v);
    p->v[p->n++] = (struct past_log){.log = *log, .head = head};
}

bool
past_find(const struct past *p, const struct id *log, uint64_t *head)
{
    for (size_t i = 0; i < p->n; i++) {
        if (!id_equal(&p->v[i].log, log))
            continue;
        *head = p->v[i].head;
        return true;
    }
    return false;
}

void
past_pack(const struct past *p, uint8_t out[static PAST_MAX * PAST_LOG_BYTES])
{
    for (size_t i = 0; i < p->n; i++) {
        uint8_t *at = out + i * PAST_LOG_BYTES;

        memcpy(at, p->v[i].log.bytes, ID_LEN);
        for (size_t j = 0; j < 8; j++)
            at[ID_LEN + j] = (uint8_t)(p->v[i].head >> (56 - 8 * j));
    }
}

/* Each went on from the one before, so none ends before it. */
bool
past_unpack(struct past *out, struct span bytes, uint64_t head)
{
    uint64_t least = 0;

    out->n = 0;
    if (bytes.len % PAST_LOG_BYTES != 0 || bytes.len / PAST_LOG_BYTES > PAST_MAX)
        return false;
    for (; bytes.len > 0; bytes.p += PAST_LOG_BYTES, bytes.len -= PAST_LOG_BYTES) {
        struct past_log *one = &out->v[out->n];

        memcpy(one->log.bytes, bytes.p, ID_LEN);
        one->head = 0;
        for (size_t j = 0; j < 8; j++)
            one->head = one->head << 8 | bytes.p[ID_LEN + j];
        if (one->head < least || one->head > head)
            return false;
        least = one->head;
        out->n++;
    }
    return true;
}
