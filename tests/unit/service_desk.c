#include "service_desk.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct actor
actor_numbered(unsigned n)
{
    struct actor a = {.key = {0xac}};

    memcpy(a.key + 1, &n, sizeof n);
    a.uuid = id_of_key(a.key);
    return a;
}

/* ---- the outbox ---- */

static void
record(struct desk_record **list, size_t *n, const uint8_t *to, size_t to_len, struct frame *frame)
{
    struct span bytes = frame_span(frame);
    struct desk_record *more = realloc(*list, (*n + 1) * sizeof *more);
    struct desk_record *one;

    assert_non_null(more);
    *list = more;
    one = &more[(*n)++];
    memset(one, 0, sizeof *one);
    memcpy(one->to, to, to_len);
    buf_init(&one->bytes, 0);
    assert_int_equal(buf_append(&one->bytes, bytes.p, bytes.len), ST_OK);
}

static void
reply(void *ctx, const struct route *to, struct frame *frame)
{
    struct desk *d = ctx;

    record(&d->answers, &d->n_answers, to->id, to->len, frame);
    frame_clear(frame);
}

static enum status
publish(void *ctx, const uint8_t *ticket, struct frame *payload)
{
    struct desk *d = ctx;

    if (d->full && memcmp(d->full, ticket, TICKET_LEN) == 0)
        return ST_AGAIN;
    record(&d->feed, &d->n_feed, ticket, TICKET_LEN, payload);
    return ST_OK;
}

static void
look(void *ctx)
{
    struct desk *d = ctx;
    void (*seen)(void *) = d->seen;

    d->seen = NULL;
    if (seen)
        seen(d->seen_ctx);
}

static bool
cut_feed(void *ctx, const struct subscription *sub)
{
    struct desk *d = ctx;

    if (d->blind)
        return false;
    d->cuts++;
    d->cut_fd = sub->fd;
    d->n_feed_then = d->n_feed;
    return true;
}

static void
stray(void *ctx, const struct subscription *sub)
{
    struct desk *d = ctx;

    (void)sub;
    d->strays++;
}

static void
reset_feed(void *ctx)
{
    struct desk *d = ctx;

    d->resets++;
}

void
desk_init(struct desk *d)
{
    memset(d, 0, sizeof *d);
    d->outbox = (struct outbox){.ctx = d,
                                .reply = reply,
                                .publish = publish,
                                .look = look,
                                .cut_feed = cut_feed,
                                .stray = stray,
                                .reset_feed = reset_feed};
}

static void
clear_records(struct desk_record *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_clear(&list[i].bytes);
    free(list);
}

void
desk_clear(struct desk *d)
{
    clear_records(d->answers, d->n_answers);
    clear_records(d->feed, d->n_feed);
    memset(d, 0, sizeof *d);
}

/* ---- requests ---- */

void
desk_packet_raw(struct packet *out, const struct actor *from, uint32_t route, struct span bytes)
{
    memset(&out->route, 0, sizeof out->route);
    out->route.len = sizeof route;
    memcpy(out->route.id, &route, sizeof route);
    memcpy(out->peer, from->key, sizeof out->peer);
    assert_int_equal(frame_copy_bytes(&out->body, bytes), ST_OK);
}

void
desk_packet(struct desk *d, struct packet *out, const struct actor *from, struct wire_request *r)
{
    struct buf b;

    buf_init(&b, WIRE_REQUEST_MAX);
    r->msgid = ++d->msgid;
    wire_pack_request(&b, r);
    assert_false(b.failed);
    desk_packet_raw(out, from, r->msgid, buf_span(&b));
    buf_clear(&b);
}

/* ---- answers ---- */

static const struct desk_record *
find_answer(const struct desk *d, uint32_t msgid, size_t *count)
{
    const struct desk_record *found = NULL;

    *count = 0;
    for (size_t i = 0; i < d->n_answers; i++) {
        uint32_t has;

        assert_true(wire_msgid(buf_span(&d->answers[i].bytes), WIRE_REPLY, &has));
        if (has != msgid)
            continue;
        found = &d->answers[i];
        ++*count;
    }
    return found;
}

void
desk_answer(const struct desk *d, uint32_t msgid, enum wire_op op, struct wire_reply *out)
{
    size_t count;
    const struct desk_record *one = find_answer(d, msgid, &count);

    if (count != 1)
        fail_msg("%zu answers to request %u", count, msgid);
    /* Routes are numbered like requests: an answer must not go to somebody else. */
    assert_memory_equal(one->to, &msgid, sizeof msgid);
    assert_int_equal(wire_decode_reply(out, op, buf_span(&one->bytes)), ST_OK);
}

/* ---- the feed ---- */

size_t
desk_feed_count(const struct desk *d, const uint8_t *ticket)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n_feed; i++)
        n += memcmp(d->feed[i].to, ticket, TICKET_LEN) == 0;
    return n;
}

void
desk_feed_at(const struct desk *d, const uint8_t *ticket, size_t i, struct wire_feed *out)
{
    size_t n = 0;

    for (size_t k = 0; k < d->n_feed; k++) {
        if (memcmp(d->feed[k].to, ticket, TICKET_LEN) != 0 || n++ != i)
            continue;
        assert_int_equal(wire_decode_feed(out, buf_span(&d->feed[k].bytes)), ST_OK);
        return;
    }
    fail_msg("the ticket got only %zu frames", n);
}

/* ---- key lists ---- */

void
desk_dir_make(char dir[static DESK_DIR_MAX])
{
    snprintf(dir, DESK_DIR_MAX, "/tmp/conclave-desk-XXXXXX");
    assert_non_null(mkdtemp(dir));
}

void
desk_dir_add(const char *dir, const char *name, struct actor *who)
{
    struct keypair pair;
    char path[DESK_DIR_MAX * 2];

    snprintf(path, sizeof path, "%s/%s.key", dir, name);
    assert_int_equal(keypair_generate(&pair, ""), ST_OK);
    assert_int_equal(keypair_save(&pair, path, false, NULL), ST_OK);
    memcpy(who->key, pair.cert.key, sizeof who->key);
    who->uuid = id_of_key(who->key);
    keypair_clear(&pair);
}

struct keyset *
desk_dir_load(const char *dir)
{
    struct keyset *set = NULL;

    assert_int_equal(keyset_load(&set, dir, NULL), ST_OK);
    return set;
}

void
desk_dir_remove(const char *dir)
{
    DIR *listing = opendir(dir);
    const struct dirent *entry;

    assert_non_null(listing);
    while ((entry = readdir(listing)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            assert_int_equal(unlinkat(dirfd(listing), entry->d_name, 0), 0);
    closedir(listing);
    assert_int_equal(rmdir(dir), 0);
}
