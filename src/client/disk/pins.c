#include "disk/pins.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

#define WORDS_MAX 8

/* ---- the table ---- */

void
pins_clear(struct pins *p)
{
    free(p->items);
    *p = (struct pins){0};
}

struct pin *
pins_find(const struct pins *p, const struct pin_place *place)
{
    for (size_t i = 0; i < p->n; i++) {
        struct pin *pin = &p->items[i];
        if (pin->place.kind == place->kind && strcmp(pin->place.name, place->name) == 0 &&
            memcmp(pin->place.server, place->server, KEY_LEN) == 0)
            return pin;
    }
    return NULL;
}

enum status
pins_add(struct pins *p, const struct pin *pin)
{
    if (p->n >= PINS_MAX)
        return ST_FULL;
    if (!array_room(p->items, p->cap, p->n + 1))
        return ST_NOMEM;
    p->items[p->n++] = *pin;
    return ST_OK;
}

/* ---- reading ---- */

struct words {
    struct span word[WORDS_MAX];
    size_t n;
};

/* Exactly one space between words. False: too many, or an empty one. */
static bool
split(struct words *out, struct span line)
{
    out->n = 0;
    for (;;) {
        const uint8_t *space = line.len > 0 ? memchr(line.p, ' ', line.len) : NULL;
        size_t len = space != NULL ? (size_t)(space - line.p) : line.len;
        if (len == 0 || out->n == WORDS_MAX)
            return false;
        out->word[out->n++] = (struct span){line.p, len};
        if (space == NULL)
            return true;
        line.p += len + 1;
        line.len -= len + 1;
    }
}

static bool
is_word(struct span word, const char *text)
{
    return span_equal(word, span_of(text));
}

static bool
read_key(uint8_t key[static KEY_LEN], struct span word)
{
    char text[KEY_Z85_LEN + 1];

    if (word.len != KEY_Z85_LEN)
        return false;
    memcpy(text, word.p, word.len);
    text[word.len] = '\0';
    return key_from_z85(key, text) == ST_OK;
}

static bool
read_address(char out[static ENDPOINT_MAX + 1], struct span word)
{
    if (word.len > ENDPOINT_MAX || memchr(word.p, 0, word.len) != NULL)
        return false;
    memcpy(out, word.p, word.len);
    out[word.len] = '\0';
    return endpoint_check(out, false, NULL) == ST_OK;
}

static bool
read_name(struct pin_place *place, struct span word)
{
    if (place->kind == PIN_SERVER)
        return read_address(place->name, word);
    if (word.len > NAME_MAX_BYTES || !text_is_group_name(word))
        return false;
    memcpy(place->name, word.p, word.len);
    place->name[word.len] = '\0';
    return true;
}

/* The words that say what has the key. *used: how many they are; 0: they are not right. */
static void
read_place(struct pin_place *place, const struct words *w, size_t *used)
{
    *used = 0;
    if (w->n >= 3 && is_word(w->word[0], "server")) {
        place->kind = PIN_SERVER;
        *used = read_name(place, w->word[1]) ? 2 : 0;
    } else if (w->n >= 4 && is_word(w->word[0], "group")) {
        place->kind = PIN_GROUP;
        *used = read_key(place->server, w->word[1]) && read_name(place, w->word[2]) ? 3 : 0;
    }
}

static bool
read_line(struct pin *out, struct span line)
{
    struct words w;
    size_t at;

    *out = (struct pin){.has_offered = false};
    if (!split(&w, line))
        return false;
    read_place(&out->place, &w, &at);
    if (at == 0 || !read_key(out->key, w.word[at]))
        return false;
    at++;
    if (out->place.kind == PIN_GROUP && w.n >= at + 2 && is_word(w.word[at], "at")) {
        if (!read_address(out->address, w.word[at + 1]))
            return false;
        at += 2;
    }
    if (w.n == at)
        return true;
    out->has_offered = true;
    return w.n == at + 2 && is_word(w.word[at], "offered") &&
           read_key(out->offered, w.word[at + 1]);
}

static enum status
add_line(struct pins *p, struct span line, size_t number, struct fault *why)
{
    struct pin pin;
    enum status st;

    if (!read_line(&pin, line))
        return fault_set(why, ST_INVALID, "line %zu is not a remembered key", number);
    if (pins_find(p, &pin.place) != NULL)
        return fault_set(why, ST_INVALID, "line %zu says again what a line before it says", number);
    st = pins_add(p, &pin);
    if (st == ST_FULL)
        return fault_set(why, ST_INVALID, "line %zu is one too many: %d are possible", number,
                         PINS_MAX);
    return st == ST_OK ? ST_OK : fault_set(why, st, "out of memory");
}

enum status
pins_parse(struct pins *p, struct span text, struct fault *why)
{
    const uint8_t *end = text.p + text.len;
    enum status st = ST_OK;
    struct span line;

    pins_clear(p);
    for (size_t number = 1; st == ST_OK && span_next_line(&line, &text); number++)
        st = line.p + line.len < end ? add_line(p, line, number, why)
                                     : fault_set(why, ST_INVALID, "line %zu does not end", number);
    if (st != ST_OK)
        pins_clear(p);
    return st;
}

/* ---- writing ---- */

static void
append_text(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text));
}

static void
append_key(struct buf *out, const uint8_t key[static KEY_LEN])
{
    char text[KEY_Z85_LEN + 1];

    key_to_z85(key, text);
    append_text(out, text);
}

void
pins_format(struct buf *out, const struct pins *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct pin *pin = &p->items[i];
        if (pin->place.kind == PIN_GROUP) {
            append_text(out, "group ");
            append_key(out, pin->place.server);
            append_text(out, " ");
        } else {
            append_text(out, "server ");
        }
        append_text(out, pin->place.name);
        append_text(out, " ");
        append_key(out, pin->key);
        if (pin->address[0] != '\0') {
            append_text(out, " at ");
            append_text(out, pin->address);
        }
        if (pin->has_offered) {
            append_text(out, " offered ");
            append_key(out, pin->offered);
        }
        append_text(out, "\n");
    }
}
