#include "disk/pin_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define LOCK_WAIT_MS 2000

struct pin_file {
    char *path; /* NULL: memory only */
    struct pins pins;
};

/* ---- the file ---- */

/* Whoever could change it could have us trust anybody. */
static enum status
load(struct pin_file *f, struct fault *why)
{
    struct fault line;
    struct buf text;
    enum status st;

    buf_init(&text, PINS_TEXT_MAX);
    st = file_read(&text, NULL, f->path, FILE_OURS, why);
    if (st == ST_OK) {
        st = pins_parse(&f->pins, buf_span(&text), &line);
        if (st != ST_OK)
            fault_set(why, st, "%s: %s", f->path, line.text);
    } else if (st == ST_NOT_FOUND) {
        pins_clear(&f->pins);
        st = ST_OK;
    }
    buf_clear(&text);
    return st == ST_OK ? file_settle(f->path, why) : st;
}

static enum status
save(const struct pin_file *f, struct fault *why)
{
    struct buf text;
    enum status st;

    if (f->path == NULL)
        return ST_OK;
    buf_init(&text, PINS_TEXT_MAX);
    pins_format(&text, &f->pins);
    if (text.failed)
        st = fault_set(why, ST_NOMEM, "out of memory");
    else
        st = file_replace(f->path, &(struct file_how){.mode = 0600}, buf_span(&text), why);
    buf_clear(&text);
    return st;
}

/* ---- the lock ---- */

static enum status
take_lock(const struct pin_file *f, int *fd, struct fault *why)
{
    char lock[PATH_MAX];
    int n;
    enum status st;

    *fd = -1;
    if (f->path == NULL)
        return ST_OK;
    n = snprintf(lock, sizeof lock, "%s.lock", f->path);
    if (n < 0 || (size_t)n >= sizeof lock)
        return fault_set(why, ST_INVALID, "the path of the file is too long");
    st = file_make_place(f->path, why);
    if (st != ST_OK)
        return st;
    st = file_lock(fd, AT_FDCWD, lock, LOCK_WAIT_MS);
    if (st == ST_BUSY)
        fault_set(why, st, "%s is locked by another program", f->path);
    else if (st != ST_OK)
        fault_set(why, st, "cannot lock %s: %s", f->path, strerror(errno));
    return st;
}

static void
give_lock(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* ---- open and close ---- */

enum status
pin_file_open(struct pin_file **out, const char *path, struct fault *why)
{
    struct pin_file *f = calloc(1, sizeof *f);
    enum status st = f == NULL ? ST_NOMEM : ST_OK;

    if (f != NULL && path != NULL) {
        f->path = strdup(path);
        st = f->path == NULL ? ST_NOMEM : file_check_place(path, why);
        if (st == ST_OK)
            st = load(f, why);
    }
    if (st == ST_NOMEM)
        fault_set(why, st, "out of memory");
    if (st != ST_OK) {
        pin_file_close(f);
        f = NULL;
    }
    *out = f;
    return st;
}

void
pin_file_close(struct pin_file *f)
{
    if (f == NULL)
        return;
    pins_clear(&f->pins);
    free(f->path);
    free(f);
}

/* ---- checking ---- */

static enum status
explain(const struct pin *pin, struct fault *why)
{
    char before[FINGERPRINT_LEN + 1];
    char now[FINGERPRINT_LEN + 1];

    key_fingerprint(pin->key, before);
    key_fingerprint(pin->offered, now);
    if (pin->place.kind == PIN_SERVER)
        return fault_set(why, ST_SERVER_KEY,
                         "the key that was given for the message server at %.100s is not the one "
                         "that is remembered for it: the fingerprint of the given one is %s, of "
                         "the remembered one %s",
                         pin->place.name, now, before);
    return fault_set(why, ST_SERVER_KEY,
                     "the group %.100s has another key than before: its fingerprint was %s and "
                     "now is %s",
                     pin->place.name, before, now);
}

static enum status
remember_first(struct pin_file *f, const struct pin_place *place, const uint8_t key[static KEY_LEN],
               struct fault *why)
{
    struct pin pin = {.place = *place};
    enum status st;

    memcpy(pin.key, key, KEY_LEN);
    st = pins_add(&f->pins, &pin);
    if (st == ST_OK) {
        st = save(f, why);
        if (st != ST_OK)
            f->pins.n--;
        return st;
    }
    return fault_set(why, st, st == ST_FULL ? "too many keys are remembered" : "out of memory");
}

static enum status
compare(struct pin_file *f, struct pin *pin, const uint8_t key[static KEY_LEN], struct fault *why)
{
    bool same = memcmp(pin->key, key, KEY_LEN) == 0;
    bool as_before =
        same ? !pin->has_offered : pin->has_offered && memcmp(pin->offered, key, KEY_LEN) == 0;
    enum status st = ST_OK;

    pin->has_offered = !same;
    memcpy(pin->offered, key, KEY_LEN);
    if (!as_before)
        st = save(f, why);
    return st == ST_OK && !same ? explain(pin, why) : st;
}

static bool
is_settled(const struct pin_file *f, const struct pin_place *place,
           const uint8_t key[static KEY_LEN])
{
    const struct pin *pin = pins_find(&f->pins, place);

    return pin != NULL && !pin->has_offered && memcmp(pin->key, key, KEY_LEN) == 0;
}

/* Take the lock and read what others have written meanwhile. */
static enum status
begin_change(struct pin_file *f, int *lock, struct fault *why)
{
    enum status st = take_lock(f, lock, why);

    if (st != ST_OK || f->path == NULL)
        return st;
    st = load(f, why);
    if (st != ST_OK)
        give_lock(*lock);
    return st;
}

const struct pin *
pin_file_at(const struct pin_file *f, size_t i)
{
    return i < f->pins.n ? &f->pins.items[i] : NULL;
}

bool
pin_file_has(const struct pin_file *f, const struct pin_place *place)
{
    return pins_find(&f->pins, place) != NULL;
}

bool
pin_file_key(const struct pin_file *f, const struct pin_place *place, uint8_t key[static KEY_LEN])
{
    const struct pin *pin = pins_find(&f->pins, place);

    if (pin != NULL)
        memcpy(key, pin->key, KEY_LEN);
    return pin != NULL;
}

enum status
pin_file_check(struct pin_file *f, const struct pin_place *place, const uint8_t key[static KEY_LEN],
               bool remember, struct fault *why)
{
    struct pin *pin;
    enum status st;
    int lock;

    if (is_settled(f, place, key) || (!remember && !pin_file_has(f, place)))
        return ST_OK;
    st = begin_change(f, &lock, why);
    if (st != ST_OK)
        return st;
    pin = pins_find(&f->pins, place);
    if (pin != NULL)
        st = compare(f, pin, key, why);
    else if (remember)
        st = remember_first(f, place, key, why);
    give_lock(lock);
    return st;
}

const char *
pin_file_address(const struct pin_file *f, const struct pin_place *place)
{
    const struct pin *pin = pins_find(&f->pins, place);

    return pin != NULL ? pin->address : "";
}

/* False: it is there already, or is not for that place. */
static bool
put_address(struct pin_file *f, const struct pin_place *place, const uint8_t key[static KEY_LEN],
            const char *address)
{
    struct pin *pin = pins_find(&f->pins, place);

    if (pin == NULL || memcmp(pin->key, key, KEY_LEN) != 0 || strcmp(pin->address, address) == 0)
        return false;
    snprintf(pin->address, sizeof pin->address, "%s", address);
    return true;
}

void
pin_file_answered(struct pin_file *f, const struct pin_place *place,
                  const uint8_t key[static KEY_LEN], const char *address)
{
    struct fault why;
    int lock;

    if (!put_address(f, place, key, address) || begin_change(f, &lock, &why) != ST_OK)
        return;
    /* begin_change has read the file again. */
    if (put_address(f, place, key, address))
        (void)save(f, &why);
    give_lock(lock);
}

/* It is the same message server under another key: its groups must have the keys they had. */
static void
move_groups(struct pin_file *f, const uint8_t from[static KEY_LEN],
            const uint8_t to[static KEY_LEN])
{
    for (size_t i = 0; i < f->pins.n; i++) {
        struct pin_place *place = &f->pins.items[i].place;
        struct pin_place moved = *place;
        if (place->kind != PIN_GROUP || memcmp(place->server, from, KEY_LEN) != 0)
            continue;
        memcpy(moved.server, to, KEY_LEN);
        if (pins_find(&f->pins, &moved) == NULL)
            *place = moved;
    }
}

enum status
pin_file_accept(struct pin_file *f, const struct pin_place *place, struct fault *why)
{
    struct pin *pin;
    enum status st;
    int lock;

    st = begin_change(f, &lock, why);
    if (st != ST_OK)
        return st;
    pin = pins_find(&f->pins, place);
    if (pin != NULL && pin->has_offered) {
        if (place->kind == PIN_SERVER)
            move_groups(f, pin->key, pin->offered);
        memcpy(pin->key, pin->offered, KEY_LEN);
        pin->has_offered = false;
        pin->address[0] = '\0';
        st = save(f, why);
    } else {
        st = fault_set(why, ST_NOT_FOUND, "no other key was refused there");
    }
    give_lock(lock);
    return st;
}
