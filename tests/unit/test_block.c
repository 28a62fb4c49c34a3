/* Entries as one value: what goes in comes out, and nothing else does. */
#include "store/block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t bytes[BODY_MAX_BYTES + 1] = "what is said";

static struct block_entry
entry(uint64_t seq, size_t body, size_t ext)
{
    struct block_entry one = {
        .e = {.seq = seq,
              .ts = 1000 + (int64_t)seq,
              .kind = ENTRY_MESSAGE,
              .id = {{7, (uint8_t)seq}},
              .body = {bytes, body},
              .ext = {bytes, ext}},
        .author = 3,
    };

    one.e.author.bytes[0] = 9;
    one.sum = entry_sum(&one.e);
    return one;
}

static void
assert_same(const struct block_entry *a, const struct block_entry *b)
{
    assert_int_equal(a->e.seq, b->e.seq);
    assert_int_equal(a->e.ts, b->e.ts);
    assert_int_equal(a->e.kind, b->e.kind);
    assert_true(id_equal(&a->e.id, &b->e.id));
    assert_true(span_equal(a->e.body, b->e.body));
    assert_true(span_equal(a->e.ext, b->e.ext));
    assert_int_equal(a->author, b->author);
    assert_int_equal(a->sum, b->sum);
}

static void
what_goes_in_comes_out(void **state)
{
    static struct block_builder b;
    struct block_cursor c;
    struct block_entry in, out;

    (void)state;
    block_init(&b, 8192);
    for (uint64_t seq = 5; seq < 25; seq++) {
        in = entry(seq, seq % 7, seq % 3);
        assert_true(block_put(&b, &in));
    }
    assert_int_equal(b.block.first, 5);
    assert_int_equal(b.block.last, 24);
    assert_int_equal(b.block.ts, 1024);
    block_start(&c, &b.block);
    for (uint64_t seq = 5; seq < 25; seq++) {
        in = entry(seq, seq % 7, seq % 3);
        assert_false(block_at_end(&c));
        assert_true(block_next(&c, &out));
        assert_same(&in, &out);
    }
    assert_true(block_at_end(&c));
    block_start(&c, &b.block);
    assert_true(block_seek(&c, 5, &out));
    assert_true(block_seek(&c, 17, &out));
    in = entry(17, 3, 2);
    assert_same(&in, &out);
    assert_true(block_seek(&c, 24, &out));
    assert_false(block_seek(&c, 25, &out));
}

static void
a_block_is_a_page_or_one_entry(void **state)
{
    static struct block_builder b;
    struct block_entry one = entry(1, BODY_MAX_BYTES, EXT_MAX_BYTES);

    (void)state;
    block_init(&b, 4096);
    assert_true(block_put(&b, &one));
    assert_int_equal(b.block.data.len, BLOCK_MAX);
    one = entry(2, 0, 0);
    assert_false(block_put(&b, &one));
    block_reset(&b);
    for (uint64_t seq = 2; block_put(&b, &one); seq++)
        one = entry(seq + 1, 100, 0);
    assert_in_range(b.block.data.len, 4096 - 64 - 141, 4096 - 64);
    /* What is asked of every page size that SQLite has. */
    block_init(&b, 65536);
    one = entry(1, BODY_MAX_BYTES, 0);
    assert_true(block_put(&b, &one));
    one = entry(2, EXT_MAX_BYTES + 1, 0);
    assert_false(block_put(&b, &one));
}

static void
what_does_not_belong_is_not_taken(void **state)
{
    static struct block_builder b;
    struct block_entry one = entry(1, BODY_MAX_BYTES + 1, 0);

    (void)state;
    block_init(&b, 8192);
    assert_false(block_put(&b, &one));
    one = entry(1, 0, EXT_MAX_BYTES + 1);
    assert_false(block_put(&b, &one));
    one = entry(1, 1, 1);
    one.author = (int64_t)UINT32_MAX + 1;
    assert_false(block_put(&b, &one));
    one.author = UINT32_MAX;
    assert_true(block_put(&b, &one));
    one = entry(3, 1, 1);
    assert_false(block_put(&b, &one));
    one = entry(1, 1, 1);
    assert_false(block_put(&b, &one));
}

/* Each byte of the lengths and of the number of entries. */
static void
bytes_that_are_no_entries_are_refused(void **state)
{
    static struct block_builder b;
    struct block_entry one = entry(1, 5, 2), out;
    struct block_cursor c;
    struct block block;

    (void)state;
    block_init(&b, 8192);
    assert_true(block_put(&b, &one));
    block = b.block;
    for (block.data.len = 0; block.data.len < b.block.data.len; block.data.len++) {
        block_start(&c, &block);
        assert_false(block_next(&c, &out));
    }
    block = b.block;
    block.ts++;
    block_start(&c, &block);
    assert_false(block_next(&c, &out));
    block = b.block;
    block.last = 2;
    block_start(&c, &block);
    assert_true(block_next(&c, &out));
    assert_false(block_next(&c, &out));
    for (size_t at = 20; at < 24; at++) {
        b.data[at] ^= 1;
        block_start(&c, &b.block);
        assert_false(block_next(&c, &out));
        b.data[at] ^= 1;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(a_block_is_a_page_or_one_entry),
        cmocka_unit_test(what_does_not_belong_is_not_taken),
        cmocka_unit_test(bytes_that_are_no_entries_are_refused),
    };

    return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
