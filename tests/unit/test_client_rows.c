/* Rows of a list: what they point to stays, each is handed out once, and there are only so many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/rows.h"

#define ROWS 1000

struct row {
    const char *text;
    size_t i;
};

static void
add(struct rows *r, size_t i)
{
    struct row *row = rows_add(r, sizeof *row, ROWS);
    char text[200];

    assert_non_null(row);
    assert_null(row->text);
    snprintf(text, sizeof text, "%0*zu", (int)(1 + i % 190), i);
    *row = (struct row){.text = rows_text(r, span_of(text)), .i = i};
}

static void
texts_stay_while_rows_come(void **state)
{
    struct rows r = {0};
    struct row row;
    char text[200];

    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        add(&r, i);
    assert_null(rows_add(&r, sizeof row, ROWS));
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(rows_next(&r, &row, sizeof row));
        snprintf(text, sizeof text, "%0*zu", (int)(1 + i % 190), i);
        assert_int_equal(row.i, i);
        assert_string_equal(row.text, text);
    }
    assert_false(rows_next(&r, &row, sizeof row));
    rows_clear(&r);
    assert_false(rows_next(&r, &row, sizeof row));
}

static void
text_of_any_length_is_kept_whole(void **state)
{
    static char text[20001];
    static const size_t lens[] = {0, 1, 4094, 4095, 4096, 4097, 20000};
    struct rows r = {0};

    (void)state;
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        const char *copy = rows_text(&r, (struct span){(const uint8_t *)text, lens[i]});

        assert_int_equal(strlen(copy), lens[i]);
        assert_memory_equal(copy, text, lens[i]);
    }
    assert_false(r.failed);
    rows_clear(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_stay_while_rows_come),
        cmocka_unit_test(text_of_any_length_is_kept_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
