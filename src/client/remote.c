#include "client/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define DOWN_MS         2000 /* without a connection: perhaps it moved */
#define REFRESH_MS      5000 /* between two looks at the directory */
#define LOCATE_MS       1000 /* the same, before it was found for the first time */
#define REFRESH_WAIT_MS 5000

struct pin_place
remote_place(const struct session *directory, const char *name)
{
    struct pin_place place = {.kind = PIN_GROUP};

    memcpy(place.server, directory->key, KEY_LEN);
    snprintf(place.name, sizeof place.name, "%.*s", NAME_MAX_BYTES, name);
    return place;
}

struct remote *
remote_new(const char *name, struct session *directory, struct pin_file *pins)
{
    struct remote *k = calloc(1, sizeof *k);
    char what[NAME_MAX_BYTES + 32];

    if (k == NULL)
        return NULL;
    k->pins = pins;
    snprintf(k->name, sizeof k->name, "%s", name);
    snprintf(what, sizeof what, "the group \"%s\"", k->name);
    session_init(&k->session, directory->net, directory->keys, what);
    k->session.reach_ms = directory->reach_ms;
    k->session.once = directory->once;
    lookup_init(&k->lookup, directory, k->name);
    nicks_init(&k->nicks, &k->session);
    posts_init(&k->posts, &k->session);
    return k;
}

void
remote_free(struct remote *k)
{
    if (k == NULL)
        return;
    feed_free(k->feed);
    posts_clear(&k->posts);
    spool_queue_close(k->spool);
    nicks_clear(&k->nicks);
    lookup_clear(&k->lookup);
    session_clear(&k->session);
    free(k);
}

static enum status
restore(void *ctx, const struct id *id, struct span body)
{
    struct wire_message m = {.id = *id, .body = body};

    return posts_restore(ctx, &m);
}

enum status
remote_spool(struct remote *k, struct spool *spool, struct fault *why)
{
    enum status st = spool_queue_open(&k->spool, spool, k->name, restore, &k->posts, why);

    k->posts.spool = k->spool;
    return st;
}

struct move {
    struct remote *to;
    uint32_t moved;
    bool full;
};

static enum status
move_one(void *ctx, const struct id *id, struct span body)
{
    struct move *m = ctx;

    if (m->full)
        return ST_OK;
    m->full = spool_add(m->to->spool, id, body, NULL) != ST_OK;
    if (!m->full && restore(&m->to->posts, id, body) != ST_OK) {
        spool_take_back(m->to->spool);
        m->full = true;
    }
    m->moved += !m->full;
    return ST_OK;
}

enum status
remote_take_over(struct remote *k, struct spool *from, struct fault *why)
{
    struct move m = {.to = k};
    struct spool_queue *left;
    enum status st = spool_queue_open(&left, from, k->name, move_one, &m, why);

    /* Never gone there before it is on disk here. */
    if (st == ST_OK && m.moved > 0 && spool_sync(k->spool) == ST_OK)
        spool_done(left, m.moved);
    spool_queue_close(left);
    return st;
}

void
remote_point(struct remote *k, const uint8_t key[static KEY_LEN], const char *address)
{
    struct id group = id_of_key(key);

    session_point(&k->session, key, address);
    k->session.key_changed = false;
    k->noted = false;
    /* Whoever is removed is removed by the group itself. */
    k->nicks.group = group;
    nicks_set(&k->nicks, &group, span_of(k->name), INT64_MAX);
}

bool
remote_recall(struct remote *k)
{
    struct pin_place place = remote_place(k->lookup.directory, k->name);
    char address[ENDPOINT_MAX + 1];
    uint8_t key[KEY_LEN];

    snprintf(address, sizeof address, "%s", pin_file_address(k->pins, &place));
    if (address[0] == '\0' || !pin_file_key(k->pins, &place, key))
        return false;
    remote_point(k, key, address);
    return true;
}

void
remote_forget_place(struct remote *k)
{
    static const uint8_t nobody[KEY_LEN];

    session_point(&k->session, nobody, "");
}

void
remote_locate(struct remote *k)
{
    remote_point(k, k->lookup.key, k->lookup.address);
    feed_hints_put(k->places, k->lookup.key, k->lookup.address, k->lookup.feed);
}

void
remote_locate_new(struct remote *k)
{
    struct pin_place place = remote_place(k->lookup.directory, k->name);
    char address[ENDPOINT_MAX + 1];
    uint8_t key[KEY_LEN];

    if (k->lookup.busy || !pin_file_key(k->pins, &place, key))
        return;
    k->refreshing = false;
    memcpy(address, k->session.address, sizeof address);
    if (k->lookup.st == ST_OK && memcmp(k->lookup.key, key, KEY_LEN) == 0)
        remote_locate(k);
    else if (remote_is_located(k))
        remote_point(k, key, address); /* if it is not there, it is looked for */
}

static void
take_refresh(struct remote *k, int64_t now_ms)
{
    struct pin_place place = remote_place(k->lookup.directory, k->name);
    struct fault why;

    k->refreshing = false;
    if (k->lookup.st != ST_OK)
        return;
    switch (pin_file_check(k->pins, &place, k->lookup.key, true, &why)) {
    case ST_OK:
        /* What answers counts for more than what the message server says. */
        if (k->session.state != SESSION_READY)
            remote_locate(k);
        break;
    case ST_SERVER_KEY:
        session_key_changed(&k->session, why.text, now_ms);
        break;
    default: /* the file cannot be read now: the next look tells */
        break;
    }
}

static bool
seems_moved(const struct remote *k, int64_t now_ms)
{
    const struct session *s = &k->session;

    if (!remote_is_located(k))
        return k->posts.under_way > 0;
    if (s->down_since_ms == 0 || s->state == SESSION_READY)
        return false;
    /* Where it never was seen, it need not be given time to start again. */
    return !s->was_ready || now_ms - s->down_since_ms >= DOWN_MS ||
           s->dial.verdict == ST_SERVER_KEY;
}

static int64_t
next_look(const struct remote *k)
{
    return k->refreshed_ms + (remote_is_located(k) ? REFRESH_MS : LOCATE_MS);
}

static void
refresh(struct remote *k, int64_t now_ms)
{
    if (k->sought)
        return;
    if (k->refreshing && !k->lookup.busy)
        take_refresh(k, now_ms);
    if (k->refreshing || k->lookup.busy || !seems_moved(k, now_ms))
        return;
    if (k->refreshed_ms != 0 && now_ms < next_look(k))
        return;
    if (!remote_is_located(k))
        remote_recall(k);
    k->refreshed_ms = now_ms;
    k->refreshing = true;
    lookup_start(&k->lookup, now_ms + REFRESH_WAIT_MS);
}

/* The handshake has proved that it is there. */
static void
note_place(struct remote *k)
{
    struct pin_place place;

    if (k->noted || k->pins == NULL || k->session.state != SESSION_READY)
        return;
    place = remote_place(k->lookup.directory, k->name);
    pin_file_answered(k->pins, &place, k->session.key, k->session.address);
    k->noted = true;
}

void
remote_step(struct remote *k, int64_t now_ms)
{
    refresh(k, now_ms);
    if (!remote_is_located(k))
        return;
    session_step(&k->session, now_ms);
    note_place(k);
    posts_step(&k->posts, now_ms);
    if (k->feed != NULL)
        feed_step(k->feed, now_ms);
    session_flush(&k->session, now_ms);
}

bool
remote_send_alone(struct remote *k)
{
    int64_t now_ms = clock_mono_ms();

    if (!remote_is_located(k) || k->session.state != SESSION_READY || !posts_alone(&k->posts))
        return false;
    posts_step(&k->posts, now_ms);
    session_flush(&k->session, now_ms);
    return k->posts.outstanding > 0;
}

static int64_t
sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t
remote_due(const struct remote *k, int64_t now_ms)
{
    int64_t due = sooner(session_due(&k->session, now_ms), posts_due(&k->posts));

    if (!remote_is_located(k))
        return k->posts.under_way > 0 && !k->lookup.busy ? next_look(k) : CALL_FOR_EVER;
    return k->feed == NULL ? due : sooner(due, feed_due(k->feed));
}

void
remote_away(struct remote *k, int64_t ms)
{
    session_away(&k->session, ms);
    if (k->feed != NULL)
        feed_away(k->feed, ms);
}

static bool
next_outcome(struct remote *k, struct conclave_event *out)
{
    if (!posts_next(&k->posts, out))
        return false;
    out->group = k->name;
    return true;
}

bool
remote_next(struct remote *k, struct conclave_event *out)
{
    k->posts_turn = !k->posts_turn;
    if (k->posts_turn && next_outcome(k, out))
        return true;
    if (k->feed != NULL && feed_next(k->feed, out))
        return true;
    return !k->posts_turn && next_outcome(k, out);
}
