/* The bytes of a block of the log: whatever is read from them can be, and written again gives the
 * same bytes. An input is the number of the first entry (1 byte), how many follow it (1), the time
 * of the last (8), and the block. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "store/block.h"
#include "store/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
    if (!holds)
        abort();
}

static void
check_entry(struct block_entry *one)
{
    struct entry_subject subject;

    require(one->e.ts >= 1 && one->author >= 1 && one->author <= UINT32_MAX);
    require(one->e.body.len <= BODY_MAX_BYTES && one->e.ext.len <= EXT_MAX_BYTES);
    one->e.author = (struct id){{1}};
    (void)entry_sum(&one->e);
    require(store_entry_same(&one->e, &one->e));
    if (entry_subject(&one->e, &subject))
        require(subject.nick.len <= NAME_MAX_BYTES);
}

static void
check_seek(const struct block *block, uint64_t seq, const struct block_entry *expected)
{
    struct block_cursor c;
    struct block_entry one;

    block_start(&c, block);
    require(block_seek(&c, seq, &one));
    require(one.e.seq == seq && one.sum == expected->sum && one.e.ts == expected->e.ts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct block_builder b;
    struct block block = {.data = {data + 10, size - 10}};
    struct block_cursor c;
    struct block_entry one;
    size_t used = 0;

    if (size < 10 || block.data.len > BLOCK_MAX)
        return 0;
    memcpy(&block.ts, data + 2, sizeof block.ts);
    block.ts = (int64_t)le64toh((uint64_t)block.ts);
    block.first = data[0];
    block.last = block.first + data[1];
    block_init(&b, BLOCK_MAX * 2);
    for (block_start(&c, &block); !block_at_end(&c);) {
        if (!block_next(&c, &one))
            return 0;
        check_entry(&one);
        check_seek(&block, c.next - 1, &one);
        require(block_put(&b, &one));
        used += BLOCK_ENTRY_HEAD + one.e.body.len + one.e.ext.len;
    }
    require(used == block.data.len && c.next == block.last + 1);
    require(b.block.first == block.first && b.block.last == block.last);
    require(b.block.ts == block.ts && b.block.data.len == used);
    require(memcmp(b.block.data.p, block.data.p, used) == 0);
    return 0;
}
