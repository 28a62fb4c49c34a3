#include "known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOWN_MS         2000 /* without a connection: perhaps it moved */
#define REFRESH_MS      5000 /* between two looks at the directory */
#define REFRESH_WAIT_MS 5000

struct known *
known_new(const char *name, struct session *directory)
{
    struct known *k = calloc(1, sizeof *k);
    char what[NAME_MAX_BYTES + 32];

    if (k == NULL)
        return NULL;
    snprintf(k->name, sizeof k->name, "%s", name);
    snprintf(what, sizeof what, "the group \"%s\"", k->name);
    session_init(&k->session, directory->net, directory->keys, what);
    lookup_init(&k->lookup, directory, k->name);
    nicks_init(&k->nicks, &k->session);
    posts_init(&k->posts, &k->session);
    return k;
}

void
known_free(struct known *k)
{
    if (k == NULL)
        return;
    feed_free(k->feed);
    posts_clear(&k->posts);
    nicks_clear(&k->nicks);
    lookup_clear(&k->lookup);
    session_clear(&k->session);
    free(k);
}

void
known_point(struct known *k, const uint8_t key[static KEY_LEN], const char *address)
{
    struct id group = id_of_key(key);

    session_point(&k->session, key, address);
    /* Whoever is removed is removed by the group itself. */
    nicks_set(&k->nicks, &group, span_of(k->name), INT64_MAX);
}

void
known_locate(struct known *k)
{
    known_point(k, k->lookup.key, k->lookup.address);
}

static void
take_refresh(struct known *k, int64_t now_ms)
{
    char text[FAULT_TEXT_MAX];

    k->refreshing = false;
    if (k->lookup.st != ST_OK)
        return;
    if (memcmp(k->lookup.key, k->session.key, KEY_LEN) == 0) {
        known_locate(k);
        return;
    }
    snprintf(text, sizeof text,
             "the message server names another key for the group \"%s\" than before; "
             "it is not trusted",
             k->name);
    session_condemn(&k->session, ST_SERVER_KEY, text, now_ms);
}

static bool
seems_moved(const struct known *k, int64_t now_ms)
{
    const struct session *s = &k->session;

    if (s->down_since_ms == 0 || s->state == SESSION_READY)
        return false;
    return now_ms - s->down_since_ms >= DOWN_MS || s->dial.verdict == ST_SERVER_KEY;
}

static void
refresh(struct known *k, int64_t now_ms)
{
    if (k->refreshing && !k->lookup.busy)
        take_refresh(k, now_ms);
    if (k->refreshing || k->lookup.busy || !seems_moved(k, now_ms))
        return;
    if (k->refreshed_ms != 0 && now_ms - k->refreshed_ms < REFRESH_MS)
        return;
    k->refreshed_ms = now_ms;
    k->refreshing = true;
    lookup_start(&k->lookup, now_ms + REFRESH_WAIT_MS);
}

void
known_step(struct known *k, int64_t now_ms)
{
    if (k->session.address[0] == '\0')
        return;
    session_step(&k->session, now_ms);
    refresh(k, now_ms);
    posts_step(&k->posts, now_ms);
    if (k->feed != NULL)
        feed_step(k->feed, now_ms);
    session_flush(&k->session, now_ms);
}

static int64_t
sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t
known_due(const struct known *k, int64_t now_ms)
{
    int64_t due = sooner(session_due(&k->session, now_ms), posts_due(&k->posts));

    return k->feed == NULL ? due : sooner(due, feed_due(k->feed));
}

void
known_away(struct known *k, int64_t ms)
{
    session_away(&k->session, ms);
    if (k->feed != NULL)
        feed_away(k->feed, ms);
}

static bool
next_outcome(struct known *k, struct conclave_event *out)
{
    if (!posts_next(&k->posts, out))
        return false;
    out->group = k->name;
    return true;
}

bool
known_next(struct known *k, struct conclave_event *out)
{
    k->posts_turn = !k->posts_turn;
    if (k->posts_turn && next_outcome(k, out))
        return true;
    if (k->feed != NULL && feed_next(k->feed, out))
        return true;
    return !k->posts_turn && next_outcome(k, out);
}
