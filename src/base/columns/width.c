#include "columns/width.h"

#include <unistr.h>
#include <uniwidth.h>

static size_t
char_len(const char *text, size_t len, ucs4_t *uc)
{
    int n = u8_mbtoucr(uc, (const uint8_t *)text, len);

    return n > 0 ? (size_t)n : 1;
}

bool
width_next(const char *text, size_t len, struct unit *out)
{
    size_t at;
    ucs4_t uc;

    if (len == 0)
        return false;
    at = char_len(text, len, &uc);
    *out = (struct unit){.text = text, .width = uc == '\n' ? 0 : uc_width(uc, "UTF-8")};
    if (uc != '\n' && out->width < 1)
        out->width = 1;
    while (uc != '\n' && at < len) {
        size_t n = char_len(text + at, len - at, &uc);

        if (uc == '\n' || uc_width(uc, "UTF-8") != 0 || at + n > UNIT_BYTES)
            break;
        at += n;
    }
    out->len = at;
    return true;
}

int
width_text(const char *text, size_t len)
{
    struct unit u;
    int width = 0;

    for (size_t at = 0; width_next(text + at, len - at, &u); at += u.len)
        width += u.width;
    return width;
}

size_t
width_fit(const char *text, size_t len, int columns)
{
    struct unit u;
    size_t at = 0;

    while (width_next(text + at, len - at, &u) && u.width <= columns) {
        columns -= u.width;
        at += u.len;
    }
    return at;
}
