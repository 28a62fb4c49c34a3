/* Records of a spool file. What is believed is written the same, byte for byte, and a record is
 * found wherever it begins. The first byte says whether the harness puts the right checksums in. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "disk/spool_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FIX_RECORD 1
#define FIX_HEADER 2
#define MODES      4

static void
require(bool holds)
{
    if (!holds)
        abort();
}

/* ---- the right checksums ---- */

static void
fix_record(uint8_t *bytes, size_t len)
{
    size_t rest;

    if (len <= SPOOL_HEAD_LEN)
        return;
    rest =
        (size_t)bytes[4] | (size_t)bytes[5] << 8 | (size_t)bytes[6] << 16 | (size_t)bytes[7] << 24;
    if (rest <= len - SPOOL_HEAD_LEN)
        crypto_generichash(bytes + 8, SPOOL_SUM_LEN, bytes + SPOOL_HEAD_LEN, rest, NULL, 0);
}

static void
fix_header(uint8_t *bytes, size_t len)
{
    size_t told = SPOOL_HEADER_LEN - SPOOL_SUM_LEN;

    if (len >= SPOOL_HEADER_LEN)
        crypto_generichash(bytes + told, SPOOL_SUM_LEN, bytes, told, NULL, 0);
}

/* ---- what was believed ---- */

static void
check_record(const struct spool_record *r, struct span bytes)
{
    struct buf again;

    require(r->size > SPOOL_HEAD_LEN && r->size <= bytes.len);
    require(r->size - SPOOL_HEAD_LEN <= SPOOL_REST_MAX);
    require(r->type == SPOOL_POST || r->type == SPOOL_DONE);
    require(r->type != SPOOL_POST || r->body.len <= BODY_MAX_BYTES);
    buf_init(&again, 0);
    spool_pack(&again, r);
    require(!again.failed && span_equal(buf_span(&again), (struct span){bytes.p, r->size}));
    buf_clear(&again);
}

static void
check_header(struct span bytes)
{
    uint8_t self[KEY_LEN];
    uint8_t server[KEY_LEN];
    uint8_t again[SPOOL_HEADER_LEN];

    if (!spool_read_header(bytes, self, server))
        return;
    spool_header(again, self, server);
    require(memcmp(again, bytes.p, sizeof again) == 0);
}

static void
check(struct span bytes)
{
    struct spool_record r;
    bool any = false;

    check_header(bytes);
    for (size_t i = 0; i < bytes.len; i++) {
        struct span from = {bytes.p + i, bytes.len - i};

        if (!spool_unpack(&r, from))
            continue;
        check_record(&r, from);
        any = true;
    }
    require(spool_has_record(bytes) == any);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy;

    if (size == 0 || sodium_init() < 0)
        return 0;
    copy = malloc(size);
    require(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    if (data[0] % MODES & FIX_RECORD)
        fix_record(copy, size - 1);
    if (data[0] % MODES & FIX_HEADER)
        fix_header(copy, size - 1);
    check((struct span){copy, size - 1});
    free(copy);
    return 0;
}
