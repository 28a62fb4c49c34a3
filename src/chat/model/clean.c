#include "model/clean.h"

#include <stdlib.h>
#include <string.h>

#include <unictype.h>
#include <unistr.h>
#include <uniwidth.h>

#include "base/text.h"
#include "columns/width.h"

#define REPLACEMENT   0xfffdu
#define DOTTED_CIRCLE 0x25ccu
#define PICTURES      0x2400u
#define PICTURE_DEL   0x2421u
#define DEL           0x7fu
#define ZWNJ          0x200cu
#define ZWJ           0x200du
#define LINE_SEP      0x2028u
#define PARAGRAPH_SEP 0x2029u
#define SKIN_FIRST    0x1f3fbu
#define SKIN_LAST     0x1f3ffu
#define SYMBOLS       0x2190u /* arrows, symbols, emoji: joiners between them are dropped */
#define TAB_COLUMNS   4
#define CHAR_BYTES    6

/* What was appended last, so that marks can be judged. */
struct cleaner {
    struct buf *out;
    bool lines;
    ucs4_t base; /* 0: none */
    int marks;
};

static void
put(struct cleaner *c, ucs4_t uc)
{
    uint8_t bytes[CHAR_BYTES];
    int n = u8_uctomb(bytes, uc, sizeof bytes);

    if (n > 0)
        (void)buf_append(c->out, bytes, (size_t)n);
}

static void
put_base(struct cleaner *c, ucs4_t uc)
{
    put(c, uc);
    c->base = uc;
    c->marks = 0;
}

static void
put_mark(struct cleaner *c, ucs4_t uc)
{
    if (c->base == 0)
        put_base(c, DOTTED_CIRCLE);
    if (c->marks < CLEAN_MARKS)
        put(c, uc);
    c->marks++;
}

static void
put_newline(struct cleaner *c)
{
    put(c, c->lines ? '\n' : ' ');
    c->base = 0;
    c->marks = 0;
}

static void
put_control(struct cleaner *c, ucs4_t uc)
{
    if (uc == '\n') {
        put_newline(c);
    } else if (uc == '\t') {
        for (int i = 0; i < TAB_COLUMNS; i++)
            put_base(c, ' ');
    } else if (uc < ' ') {
        put_base(c, PICTURES + uc);
    } else {
        put_base(c, uc == DEL ? PICTURE_DEL : REPLACEMENT);
    }
}

/* Letters of some scripts need joiners to be read; emoji joined by them have no width on which
 * terminals agree. */
static bool
joins(const struct cleaner *c, ucs4_t uc)
{
    return (uc == ZWNJ || uc == ZWJ) && c->base > DEL && c->base < SYMBOLS;
}

static bool
is_skin(ucs4_t uc)
{
    return uc >= SKIN_FIRST && uc <= SKIN_LAST;
}

/* Embeddings, overrides, isolates, and their ends. */
static bool
reorders(ucs4_t uc)
{
    return (uc >= 0x202au && uc <= 0x202eu) || (uc >= 0x2066u && uc <= 0x2069u);
}

static bool
is_unknown(ucs4_t uc)
{
    return uc_is_general_category(uc, UC_UNASSIGNED) || uc_is_general_category(uc, UC_SURROGATE);
}

static void
put_char(struct cleaner *c, ucs4_t uc)
{
    if (uc == LINE_SEP || uc == PARAGRAPH_SEP)
        put_newline(c);
    else if (uc_is_cntrl(uc) || uc < ' ' || (uc >= DEL && uc < 0xa0))
        put_control(c, uc);
    else if (joins(c, uc))
        put_mark(c, uc);
    else if (reorders(uc) || is_unknown(uc))
        put_base(c, REPLACEMENT);
    else if (uc_is_property_default_ignorable_code_point(uc) || uc_is_property_bidi_control(uc) ||
             (is_skin(uc) && c->base >= SYMBOLS))
        return;
    else if (uc_width(uc, "UTF-8") == 0)
        put_mark(c, uc);
    else
        put_base(c, uc);
}

static size_t
count_plain(const uint8_t *text, size_t len)
{
    size_t n = 0;

    while (n < len && text[n] >= ' ' && text[n] < DEL)
        n++;
    return n;
}

/* Most of what is said needs no thought. */
static void
put_plain(struct cleaner *c, const uint8_t *text, size_t len)
{
    (void)buf_append(c->out, text, len);
    c->base = text[len - 1];
    c->marks = 0;
}

void
clean_text(struct buf *out, struct span text, bool lines)
{
    struct cleaner c = {.out = out, .lines = lines};
    size_t at = 0;

    while (at < text.len) {
        size_t plain = count_plain(text.p + at, text.len - at);
        ucs4_t uc;
        int n;

        if (plain > 0) {
            put_plain(&c, text.p + at, plain);
            at += plain;
            continue;
        }
        n = u8_mbtoucr(&uc, text.p + at, text.len - at);

        if (n <= 0) {
            put_base(&c, REPLACEMENT);
            n = 1;
        } else if (uc != '\r' || at + 1 >= text.len || text.p[at + 1] != '\n') {
            put_char(&c, uc);
        }
        at += (size_t)n;
    }
}

void
clean_fixed(char *out, size_t size, struct span text)
{
    struct unit u;
    struct buf b;
    size_t len = 0;

    buf_init(&b, 0);
    clean_text(&b, text, false);
    while (b.len > 0 && width_next((const char *)b.p + len, b.len - len, &u) && len + u.len < size)
        len += u.len;
    if (len > 0)
        memcpy(out, b.p, len);
    out[len] = '\0';
    buf_clear(&b);
}

/* What is kept for long takes no more than it needs. */
static char *
without_spare_room(struct buf *b)
{
    char *smaller = b->p != NULL ? realloc(b->p, b->len) : NULL;

    return smaller != NULL ? smaller : (char *)b->p;
}

char *
clean_new(struct span text, bool lines, size_t *len)
{
    struct buf b;

    buf_init(&b, 0);
    clean_text(&b, text, lines);
    (void)buf_append(&b, "", 1);
    if (b.failed)
        buf_clear(&b);
    else if (len != NULL)
        *len = b.len - 1;
    return without_spare_room(&b);
}
