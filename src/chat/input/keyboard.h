/*
 * keyboard - what is typed, as keys: UTF-8, escape sequences of the usual terminals, bracketed
 * paste. Pure: bytes in, keys out. A paste comes as one key with its whole text.
 */
#ifndef INPUT_KEYBOARD_H
#define INPUT_KEYBOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum key_code {
    KEY_CODE_CHAR, /* ch, with alt or without; controls are 'A' to '_' with ctrl */
    KEY_CODE_ENTER,
    KEY_CODE_TAB,
    KEY_CODE_BACKTAB,
    KEY_CODE_BACKSPACE,
    KEY_CODE_DELETE,
    KEY_CODE_UP,
    KEY_CODE_DOWN,
    KEY_CODE_LEFT,
    KEY_CODE_RIGHT,
    KEY_CODE_HOME,
    KEY_CODE_END,
    KEY_CODE_PAGE_UP,
    KEY_CODE_PAGE_DOWN,
    KEY_CODE_ESCAPE,
    KEY_CODE_PASTE, /* paste */
};

struct key {
    enum key_code code;
    uint32_t ch;
    bool ctrl;
    bool alt;
    struct span paste; /* valid until the next keyboard_feed */
};

struct keyboard {
    struct buf in;
    size_t at;
    bool pasting;
    struct buf paste;
};

#define KEYBOARD_PASTE_MAX (1u << 20) /* the rest of a longer paste is dropped */

void keyboard_init(struct keyboard *k);
void keyboard_clear(struct keyboard *k);
/* Bytes that were read. False: no memory, and they are dropped. */
bool keyboard_feed(struct keyboard *k, const void *bytes, size_t len);
/* False: nothing whole is there. late: no more bytes came for a while, so that an ESC at the end
 * is the key and not the beginning of a sequence. */
bool keyboard_next(struct keyboard *k, bool late, struct key *out);
/* Something is there that keyboard_next with `late` would give. */
bool keyboard_waiting(const struct keyboard *k);

#endif
