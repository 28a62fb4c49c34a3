#include "conclave.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/deed.h"
#include "client/handle.h"
#include "client/wakeup.h"

#define TIMEOUT_MS 5000
#define REACH_MS   2500

_Static_assert(sizeof(struct conclave_id) == sizeof(struct id), "the same 16 bytes");
_Static_assert(CONCLAVE_UUID_LEN == ID_TEXT_LEN && CONCLAVE_KEY_LEN == KEY_Z85_LEN, "public");
_Static_assert(CONCLAVE_NAME_MAX == NAME_MAX_BYTES && CONCLAVE_BODY_MAX == BODY_MAX_BYTES &&
                   CONCLAVE_EXT_MAX == EXT_MAX_BYTES,
               "public bounds");
_Static_assert((int)CONCLAVE_MESSAGE == ENTRY_MESSAGE && (int)CONCLAVE_KICKED == ENTRY_KICKED &&
                   (int)CONCLAVE_KIND_LAST == ENTRY_KIND_LAST,
               "public kinds");

static enum status
check_options(const struct conclave_options *o, struct fault *why)
{
    if (o->key == NULL)
        return fault_set(why, ST_INVALID, "the path of your certificate is missing");
    if (o->timeout_ms < CONCLAVE_ONCE)
        return fault_set(why, ST_INVALID, "the timeout is negative");
    if (o->server == NULL)
        return ST_OK;
    if (o->server_key == NULL)
        return fault_set(why, ST_INVALID, "the key of the message server is missing");
    return endpoint_check(o->server, false, why);
}

static enum status
open_spool(struct conclave *c, const char *path, struct fault *why)
{
    struct spool_options o = {
        .path = path,
        .self = c->keys.cert.key,
        .server = c->directory.key,
    };
    enum status st = spool_open(&c->spool, &o, why);

    return st == ST_OK ? handle_load_spool(c, why) : st;
}

static enum status
open_net(struct conclave *c, const struct conclave *share, struct fault *why)
{
    if (share != NULL) {
        c->net = share->net;
        c->places = share->places;
        return ST_OK;
    }
    c->places = feed_hints_new();
    return c->places == NULL ? ST_NOMEM : net_open(&c->net, 1, why);
}

static enum status
load(struct conclave *c, const struct conclave_options *o, struct fault *why)
{
    struct cert server = {.name = ""};
    enum status st;

    if (sodium_init() < 0)
        return fault_set(why, ST_SYSTEM, "libsodium does not start");
    st = keypair_load(&c->keys, o->key, why);
    if (st == ST_OK && o->server != NULL)
        st = cert_from_option(&server, o->server_key, why);
    if (st == ST_OK)
        st = pin_file_open(&c->pins, o->known_keys, why);
    c->shares_net = o->share != NULL;
    if (st == ST_OK)
        st = open_net(c, o->share, why);
    if (st == ST_OK && !handle_reserve(c, 0))
        st = fault_set(why, ST_NOMEM, "out of memory");
    if (st != ST_OK)
        return st;
    c->self = id_of_key(c->keys.cert.key);
    session_init(&c->directory, c->net, &c->keys, "the message server");
    c->directory.reach_ms = o->timeout_ms > 0 ? 0 : REACH_MS;
    c->directory.once = c->once;
    if (o->server == NULL)
        return ST_OK;
    session_point(&c->directory, server.key, o->server);
    st = handle_check_server(c, why);
    /* Nothing is sent by way of a server whose key is in doubt. */
    if (st != ST_OK || o->spool == NULL || c->server_changed)
        return st;
    return open_spool(c, o->spool, why);
}

enum conclave_status
conclave_open(struct conclave **out, const struct conclave_options *options, char *why, size_t size)
{
    struct fault fault = {{0}};
    enum status st = check_options(options, &fault);
    struct conclave *c = NULL;

    *out = NULL;
    if (st == ST_OK) {
        c = calloc(1, sizeof *c);
        if (c == NULL)
            st = fault_set(&fault, ST_NOMEM, "out of memory");
    }
    if (c != NULL) {
        c->once = options->timeout_ms == CONCLAVE_ONCE;
        c->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
        c->list_max = options->list_max;
        c->fd = -1;
        c->now_ms = clock_mono_ms();
        session_init(&c->directory, NULL, NULL, "");
        answer_init(&c->page);
        st = load(c, options, &fault);
    }
    if (st == ST_OK) {
        *out = c;
    } else {
        if (c != NULL && st == ST_INVALID)
            st = ST_SYSTEM; /* the parameters were fine, a file is not */
        conclave_close(c);
        if (why != NULL && size > 0)
            snprintf(why, size, "%s", fault.text);
    }
    return status_public(st);
}

enum conclave_status
conclave_make_key(const char *path, const char *name, char *why, size_t size)
{
    struct keypair keys = {0};
    struct fault fault = {{0}};
    enum status st = ST_OK;

    if (sodium_init() < 0)
        st = fault_set(&fault, ST_SYSTEM, "libsodium does not start");
    if (st == ST_OK && keypair_generate(&keys, name != NULL ? name : "") != ST_OK)
        st = fault_set(&fault, ST_INVALID,
                       "a name is 1 to %d bytes of UTF-8 without quotes and "
                       "control characters, no space at either end",
                       NAME_MAX_BYTES);
    if (st == ST_OK && keypair_save(&keys, path, false, &fault) != ST_OK)
        st = ST_SYSTEM;
    keypair_clear(&keys);
    if (st != ST_OK && why != NULL && size > 0)
        snprintf(why, size, "%s", fault.text);
    return status_public(st);
}

void
conclave_close(struct conclave *c)
{
    if (c == NULL)
        return;
    while (c->groups != NULL) {
        struct remote *k = c->groups;
        c->groups = k->next;
        remote_free(k);
    }
    session_clear(&c->directory);
    answer_clear(&c->page);
    buf_clear(&c->page_nicks);
    for (size_t i = 0; i < sizeof c->lists / sizeof c->lists[0]; i++)
        rows_clear(&c->lists[i]);
    free(c->items);
    wakeup_free(c->wakeup);
    spool_close(c->spool);
    pin_file_close(c->pins);
    if (!c->shares_net) {
        net_close(c->net);
        feed_hints_free(c->places);
    }
    keypair_clear(&c->keys);
    free(c);
}

const char *
conclave_error(const struct conclave *c)
{
    return c->error.text;
}

const char *
conclave_error_code(const struct conclave *c)
{
    return c->error.code;
}

void
conclave_self(const struct conclave *c, struct conclave_id *uuid, char key[CONCLAVE_KEY_LEN + 1])
{
    memcpy(uuid->bytes, c->self.bytes, sizeof uuid->bytes);
    key_to_z85(c->keys.cert.key, key);
}

const char *
conclave_self_name(const struct conclave *c)
{
    return c->keys.cert.name;
}

void
conclave_id_format(const struct conclave_id *id, char text[CONCLAVE_UUID_LEN + 1])
{
    struct id own;

    memcpy(own.bytes, id->bytes, sizeof own.bytes);
    id_format(&own, text);
}

bool
conclave_id_parse(struct conclave_id *id, const char *text)
{
    struct id own;

    if (id_parse(&own, text) != ST_OK)
        return false;
    memcpy(id->bytes, own.bytes, sizeof id->bytes);
    return true;
}

struct conclave_id
conclave_id_new(void)
{
    struct conclave_id out = {{0}};
    struct id own = id_time_ordered(clock_wall_ns());

    memcpy(out.bytes, own.bytes, sizeof out.bytes);
    return out;
}

const char *
conclave_kind_name(int kind)
{
    return deed_of(kind <= ENTRY_KIND_MAX ? kind : 0)->name;
}

void
conclave_watch(struct conclave *c, int fd)
{
    c->fd = fd;
    c->fd_ready = false;
}

const char *
conclave_version(void)
{
    return CONCLAVE_VERSION;
}
