#include "input/keyboard.h"

#include <string.h>

#include <unistr.h>

#define ESC          0x1b
#define DEL          0x7f
#define SEQUENCE_MAX 32
#define PASTE_END    "\033[201~"
#define ALT_BIT      2 /* in xterm's modifier - 1 */
#define CTRL_BIT     4
#define PASTE_BEGINS 200

void
keyboard_init(struct keyboard *k)
{
    *k = (struct keyboard){0};
    buf_init(&k->in, 0);
    buf_init(&k->paste, KEYBOARD_PASTE_MAX);
}

void
keyboard_clear(struct keyboard *k)
{
    buf_clear(&k->in);
    buf_clear(&k->paste);
}

bool
keyboard_feed(struct keyboard *k, const void *bytes, size_t len)
{
    size_t left = k->in.len - k->at;

    if (left > 0 && k->at > 0)
        memmove(k->in.p, k->in.p + k->at, left);
    k->in.len = left;
    k->at = 0;
    k->in.failed = false;
    return buf_append(&k->in, bytes, len) == ST_OK;
}

bool
keyboard_waiting(const struct keyboard *k)
{
    return !k->pasting && k->at < k->in.len;
}

/* ---- sequences ---- */

static const struct {
    char final;
    enum key_code code;
} letters[] = {
    {'A', KEY_CODE_UP},   {'B', KEY_CODE_DOWN}, {'C', KEY_CODE_RIGHT},   {'D', KEY_CODE_LEFT},
    {'H', KEY_CODE_HOME}, {'F', KEY_CODE_END},  {'Z', KEY_CODE_BACKTAB}, {'M', KEY_CODE_ENTER},
};

static const struct {
    int number;
    enum key_code code;
} numbers[] = {
    {1, KEY_CODE_HOME}, {3, KEY_CODE_DELETE}, {4, KEY_CODE_END},       {5, KEY_CODE_PAGE_UP},
    {7, KEY_CODE_HOME}, {8, KEY_CODE_END},    {6, KEY_CODE_PAGE_DOWN},
};

static bool
of_letter(char final, struct key *out)
{
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (letters[i].final == final) {
            out->code = letters[i].code;
            return true;
        }
    return false;
}

static bool
of_number(int number, struct key *out)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i].number == number) {
            out->code = numbers[i].code;
            return true;
        }
    return false;
}

static int
read_number(const uint8_t *p, size_t n, size_t *at)
{
    int number = 0;

    while (*at < n && p[*at] >= '0' && p[*at] <= '9' && number < 10000)
        number = 10 * number + (p[(*at)++] - '0');
    return number;
}

/* The parameters and the last byte of a CSI sequence. False: no key we know. */
static bool
of_sequence(struct keyboard *k, const uint8_t *p, size_t n, struct key *out)
{
    size_t at = 0;
    int number = read_number(p, n, &at);
    int modifier = 0;

    if (at < n && p[at] == ';') {
        at++;
        modifier = read_number(p, n, &at) - 1;
    }
    if (at + 1 != n)
        return false;
    if (modifier > 0) {
        out->alt = (modifier & ALT_BIT) != 0;
        out->ctrl = (modifier & CTRL_BIT) != 0;
    }
    if (p[at] != '~')
        return of_letter((char)p[at], out);
    if (number == PASTE_BEGINS) {
        k->pasting = true;
        buf_reset(&k->paste);
        return false;
    }
    return of_number(number, out);
}

enum found { FOUND_KEY, FOUND_NOTHING, FOUND_MORE };

/* After ESC and '['. *used: bytes from there. */
static enum found
csi(struct keyboard *k, const uint8_t *p, size_t n, size_t *used, struct key *out)
{
    size_t len = 0;

    while (len < n && p[len] >= ' ' && p[len] < '@')
        len++;
    if (len == n && n < SEQUENCE_MAX)
        return FOUND_MORE;
    if (len == n || p[len] > '~') {
        *used = len;
        return FOUND_NOTHING;
    }
    *used = len + 1;
    return of_sequence(k, p, len + 1, out) ? FOUND_KEY : FOUND_NOTHING;
}

/* ---- characters ---- */

static void
of_control(uint8_t byte, struct key *out)
{
    if (byte == '\r')
        out->code = KEY_CODE_ENTER;
    else if (byte == '\t')
        out->code = KEY_CODE_TAB;
    else if (byte == DEL || byte == '\b')
        out->code = KEY_CODE_BACKSPACE;
    else {
        out->ctrl = true;
        out->ch = (uint32_t)byte + '@';
    }
}

static enum found
character(const uint8_t *p, size_t n, size_t *used, struct key *out)
{
    ucs4_t uc;
    int len = u8_mbtoucr(&uc, p, n);

    *used = 1;
    out->code = KEY_CODE_CHAR;
    if (len == -2)
        return FOUND_MORE;
    if (len <= 0)
        return FOUND_NOTHING;
    *used = (size_t)len;
    if (uc < ' ' || uc == DEL)
        of_control((uint8_t)uc, out);
    else
        out->ch = uc;
    return FOUND_KEY;
}

static enum found
escape(struct keyboard *k, const uint8_t *p, size_t n, size_t *used, struct key *out)
{
    enum found found;

    if (n == 1)
        return FOUND_MORE;
    if (p[1] == '[' || (p[1] == 'O' && n > 2)) {
        found = csi(k, p + 2, n - 2, used, out);
        *used += 2;
        return found;
    }
    if (p[1] == 'O')
        return FOUND_MORE;
    if (p[1] == ESC) { /* Alt with a sequence, or the key twice */
        out->code = KEY_CODE_ESCAPE;
        *used = 1;
        return FOUND_KEY;
    }
    found = character(p + 1, n - 1, used, out);
    *used += 1;
    out->alt = true;
    return found;
}

/* ---- paste ---- */

static bool
paste_next(struct keyboard *k, struct key *out)
{
    const uint8_t *p = k->in.p + k->at;
    size_t n = k->in.len - k->at;
    const uint8_t *end = n > 0 ? memmem(p, n, PASTE_END, sizeof PASTE_END - 1) : NULL;
    size_t keep = n < sizeof PASTE_END - 2 ? n : sizeof PASTE_END - 2;
    size_t take = end != NULL ? (size_t)(end - p) : n - keep;

    if (take > KEYBOARD_PASTE_MAX - k->paste.len)
        (void)buf_append(&k->paste, p, KEYBOARD_PASTE_MAX - k->paste.len);
    else if (take > 0)
        (void)buf_append(&k->paste, p, take);
    k->at += take;
    if (end == NULL)
        return false;
    k->at += sizeof PASTE_END - 1;
    k->pasting = false;
    *out = (struct key){.code = KEY_CODE_PASTE, .paste = buf_span(&k->paste)};
    return true;
}

bool
keyboard_next(struct keyboard *k, bool late, struct key *out)
{
    while (k->at < k->in.len) {
        const uint8_t *p = k->in.p + k->at;
        size_t n = k->in.len - k->at;
        size_t used = 0;
        enum found found;

        if (k->pasting)
            return paste_next(k, out);
        *out = (struct key){0};
        found = *p == ESC ? escape(k, p, n, &used, out) : character(p, n, &used, out);
        if (found == FOUND_MORE) {
            if (!late)
                return false;
            *out = (struct key){.code = KEY_CODE_ESCAPE};
            found = *p == ESC ? FOUND_KEY : FOUND_NOTHING;
            used = *p == ESC ? 1 : n;
        }
        k->at += used;
        if (found == FOUND_KEY)
            return true;
    }
    return false;
}
