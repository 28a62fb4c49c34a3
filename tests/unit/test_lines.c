#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/lines.h"

#define MAX 8

/* Feeds text in pieces of `piece` bytes, and writes what comes out: "[line]" or "!N" for line N
 * that was too long. */
static const char *
cut(const char *text, size_t len, size_t piece)
{
    static char seen[1024];
    struct lines l;
    struct span line;
    size_t fed = 0;
    size_t n = 0;
    int fds[2];
    enum lines_next next;

    assert_int_equal(pipe(fds), 0);
    lines_init(&l, MAX);
    while ((next = lines_next(&l, &line)) != LINES_END) {
        if (next == LINES_MORE) {
            size_t now = len - fed < piece ? len - fed : piece;

            assert_int_equal(write(fds[1], text + fed, now), now);
            fed += now;
            if (now == 0 && fds[1] >= 0) {
                close(fds[1]);
                fds[1] = -1;
            }
            assert_int_equal(lines_read(&l, fds[0]), ST_OK);
            assert_true(l.in.len <= MAX + piece);
        } else if (next == LINES_TOO_LONG) {
            seen[n++] = '!';
            seen[n++] = (char)('0' + l.number);
        } else {
            seen[n++] = '[';
            memcpy(seen + n, line.p, line.len);
            n += line.len;
            seen[n++] = ']';
        }
    }
    seen[n] = '\0';
    lines_clear(&l);
    close(fds[0]);
    return seen;
}

static void
every_cut_gives_the_same_lines(void **state)
{
    static const char text[] = "one\n\ntwo\r\n12345678\n123456789\nx\n1234567890123\n\nlast";

    (void)state;
    for (size_t piece = 1; piece < sizeof(text); piece++)
        assert_string_equal(cut(text, sizeof(text) - 1, piece),
                            "[one][][two\r][12345678]!5[x]!7[][last]");
}

static void
stream_may_end_anywhere(void **state)
{
    (void)state;
    assert_string_equal(cut("", 0, 1), "");
    assert_string_equal(cut("\n", 1, 1), "[]");
    assert_string_equal(cut("a\n", 2, 1), "[a]");
    assert_string_equal(cut("12345678", 8, 3), "[12345678]");
    assert_string_equal(cut("123456789", 9, 3), "!1");
    assert_string_equal(cut("123456789\n", 10, 3), "!1");
}

static void
failed_read_is_told(void **state)
{
    struct lines l;

    (void)state;
    lines_init(&l, MAX);
    assert_int_equal(lines_read(&l, -1), ST_SYSTEM);
    lines_clear(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_gives_the_same_lines),
        cmocka_unit_test(stream_may_end_anywhere),
        cmocka_unit_test(failed_read_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
