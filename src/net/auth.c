#include "net/auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/meter.h"

#define ZAP_ADDRESS     "inproc://zeromq.zap.01"
#define ZAP_VERSION     "1.0"
#define REFUSALS_LOGGED 20   /* a minute */
#define KNOWN           4096 /* keys and addresses that are remembered */

/* The buckets of a key; an address has the first one only. */
#define REFUSED   0
#define CONNECTED 1

/* Where an answer goes: libzmq's way back inside the process, and its number for the question. */
#define WAY_MAX 32
struct way {
    size_t route_len;
    size_t id_len;
    uint8_t route[WAY_MAX];
    uint8_t id[WAY_MAX];
};

/* An answer that waits until its time has come. */
#define DOMAIN_MAX 32
struct held {
    struct way way;
    int64_t due_ms;
    bool refused;
    uint8_t key[KEY_LEN];        /* of who is not refused: asked about again when it is time */
    char domain[DOMAIN_MAX + 1]; /* the same */
};

struct auth {
    void *handle;
    auth_policy *policy;
    void *ctx;
    uint8_t barred[KEY_LEN]; /* all zero: nobody; no key is that */
    struct log_limit limit;
    struct meter *known;
    struct rate refusals;
    struct rate connections;
    struct held held[AUTH_HELD_MAX]; /* a ring; the one that is due first comes first */
    size_t first_held;
    size_t n_held;
};

enum status
auth_open(struct auth **out, struct net *net, auth_policy *policy, void *ctx, struct fault *why)
{
    struct auth *a = calloc(1, sizeof *a);
    int none = 0;
    enum status st;

    *out = NULL;
    if (a == NULL)
        return ST_NOMEM;
    a->policy = policy;
    a->ctx = ctx;
    a->refusals = rate_of(1, AUTH_REFUSAL_MS, AUTH_REFUSALS);
    a->connections = rate_of(AUTH_CONNECTIONS_S, 1000, AUTH_CONNECTIONS);
    st = meter_new(&a->known, KNOWN);
    if (st != ST_OK) {
        auth_close(a);
        return st;
    }
    a->handle = zmq_socket(net_context(net), ZMQ_ROUTER);
    if (a->handle != NULL && zmq_setsockopt(a->handle, ZMQ_LINGER, &none, sizeof none) == 0 &&
        zmq_setsockopt(a->handle, ZMQ_RCVHWM, &none, sizeof none) == 0 &&
        zmq_setsockopt(a->handle, ZMQ_SNDHWM, &none, sizeof none) == 0 &&
        zmq_bind(a->handle, ZAP_ADDRESS) == 0) {
        *out = a;
        return ST_OK;
    }
    st = fault_set(why, errno == EADDRINUSE ? ST_BUSY : ST_SYSTEM,
                   "cannot open the door keeper: %s", zmq_strerror(errno));
    auth_close(a);
    return st;
}

void
auth_bar(struct auth *a, const uint8_t key[static KEY_LEN])
{
    memcpy(a->barred, key, KEY_LEN);
}

void
auth_close(struct auth *a)
{
    if (a == NULL)
        return;
    if (a->handle != NULL)
        zmq_close(a->handle);
    meter_free(a->known);
    free(a);
}

void *
auth_handle(struct auth *a)
{
    return a->handle;
}

/* A request's parts (rfc.zeromq.org/spec/27), behind the way back and an empty one: version,
 * request id, domain, address, identity, mechanism, credentials - with CURVE, one: the client's
 * key. */
enum {
    PART_ROUTE,
    PART_EMPTY,
    PART_VERSION,
    PART_ID,
    PART_DOMAIN,
    PART_ADDRESS,
    PART_IDENTITY,
    PART_MECHANISM,
    PART_KEY,
    PARTS
};
#define PART_MAX 256

struct zap_request {
    size_t len[PARTS];
    uint8_t part[PARTS][PART_MAX];
    bool whole; /* as many parts as it must have, none too long */
};

/* False: none waits. */
static bool
receive(struct auth *a, struct zap_request *r)
{
    size_t n = 0;
    int more = 1;

    r->whole = true;
    memset(r->len, 0, sizeof r->len);
    while (more) {
        zmq_msg_t msg;
        size_t len;

        zmq_msg_init(&msg);
        if (zmq_msg_recv(&msg, a->handle, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&msg);
            return false;
        }
        len = zmq_msg_size(&msg);
        if (n < PARTS && len < PART_MAX) {
            memcpy(r->part[n], zmq_msg_data(&msg), len);
            r->part[n][len] = 0;
            r->len[n] = len;
        } else {
            r->whole = false;
        }
        n++;
        more = zmq_msg_more(&msg);
        zmq_msg_close(&msg);
    }
    r->whole = r->whole && n == PARTS && r->len[PART_ROUTE] <= WAY_MAX && r->len[PART_EMPTY] == 0 &&
               r->len[PART_ID] <= WAY_MAX;
    return true;
}

static bool
part_is(const struct zap_request *r, int part, const char *text)
{
    return r->len[part] == strlen(text) && memcmp(r->part[part], text, r->len[part]) == 0;
}

static void
log_refusal(struct auth *a, const struct zap_request *r, const char *key, int64_t now_ms)
{
    unsigned missed;

    if (log_limit_pass(&a->limit, REFUSALS_LOGGED, now_ms, &missed)) {
        if (missed > 0)
            log_warn("%u more refused connections were not logged", missed);
        log_info("REFUSED %s at the %s door, key %s", (const char *)r->part[PART_ADDRESS],
                 (const char *)r->part[PART_DOMAIN], key);
    }
}

/* ---- answers ---- */

static void
answer(struct auth *a, const struct way *to, const char *user)
{
    const int more = ZMQ_DONTWAIT | ZMQ_SNDMORE;
    bool accepted = user[0] != '\0';
    const char *parts[] = {accepted ? "200" : "400", accepted ? "OK" : "key not accepted", user,
                           ""};
    size_t n = sizeof parts / sizeof *parts;

    zmq_send(a->handle, to->route, to->route_len, more);
    zmq_send(a->handle, "", 0, more);
    zmq_send(a->handle, ZAP_VERSION, strlen(ZAP_VERSION), more);
    zmq_send(a->handle, to->id, to->id_len, more);
    for (size_t i = 0; i < n; i++)
        zmq_send(a->handle, parts[i], strlen(parts[i]), i + 1 < n ? more : ZMQ_DONTWAIT);
}

/* Room for one more answer; NULL: too many are held already. */
static struct held *
hold(struct auth *a, const struct way *to, int64_t now_ms)
{
    struct held *h = &a->held[(a->first_held + a->n_held) % AUTH_HELD_MAX];

    if (a->n_held == AUTH_HELD_MAX)
        return NULL;
    a->n_held++;
    *h = (struct held){.way = *to, .due_ms = now_ms + AUTH_HOLD_MS, .refused = true};
    return h;
}

static void
answer_held(struct auth *a, int64_t now_ms)
{
    while (a->n_held > 0 && a->held[a->first_held].due_ms <= now_ms) {
        const struct held *h = &a->held[a->first_held];
        char user[KEY_Z85_LEN + 1] = "";

        if (!h->refused && a->policy(a->ctx, h->domain, h->key))
            key_to_z85(h->key, user);
        answer(a, &h->way, user);
        a->first_held = (a->first_held + 1) % AUTH_HELD_MAX;
        a->n_held--;
    }
}

bool
auth_holds(const struct auth *a)
{
    return a->n_held > 0;
}

/* ---- decisions ---- */

/* Whether this key or address (up to KEY_LEN bytes of it) still had one left. */
static bool
take_one(struct auth *a, const uint8_t *of, size_t len, unsigned bucket, int64_t now_ms)
{
    const struct rate *rate = bucket == REFUSED ? &a->refusals : &a->connections;
    uint8_t key[KEY_LEN] = {0};
    struct account *account;

    memcpy(key, of, len < KEY_LEN ? len : KEY_LEN);
    account = meter_account(a->known, key);
    return account != NULL &&
           account_take(account, bucket, rate, rate->token_ns, now_ms * NS_PER_MS);
}

static void
refuse(struct auth *a, const struct zap_request *r, const struct way *to, const char *key,
       int64_t now_ms)
{
    bool own = take_one(a, r->part[PART_KEY], r->len[PART_KEY], REFUSED, now_ms);
    bool address = take_one(a, r->part[PART_ADDRESS], r->len[PART_ADDRESS], REFUSED, now_ms);

    log_refusal(a, r, key[0] != '\0' ? key : "unknown", now_ms);
    if ((own && address) || hold(a, to, now_ms) == NULL)
        answer(a, to, "");
}

/* A key that may come in, but comes too often. */
static void
slow_down(struct auth *a, const struct zap_request *r, const struct way *to, const char *user,
          int64_t now_ms)
{
    struct held *h = r->len[PART_DOMAIN] <= DOMAIN_MAX ? hold(a, to, now_ms) : NULL;

    if (h == NULL) {
        refuse(a, r, to, user, now_ms);
        return;
    }
    h->refused = false;
    memcpy(h->key, r->part[PART_KEY], KEY_LEN);
    memcpy(h->domain, r->part[PART_DOMAIN], r->len[PART_DOMAIN] + 1);
}

static void
decide(struct auth *a, const struct zap_request *r, int64_t now_ms)
{
    const uint8_t *key = r->part[PART_KEY];
    char user[KEY_Z85_LEN + 1] = "";
    struct way to = {.route_len = r->len[PART_ROUTE], .id_len = r->len[PART_ID]};
    bool curve = r->whole && part_is(r, PART_VERSION, ZAP_VERSION) &&
                 part_is(r, PART_MECHANISM, "CURVE") && r->len[PART_KEY] == KEY_LEN;

    /* Who cannot be answered does not get in: the handshake's time runs out. */
    if (to.route_len > WAY_MAX || to.id_len > WAY_MAX)
        return;
    memcpy(to.route, r->part[PART_ROUTE], to.route_len);
    memcpy(to.id, r->part[PART_ID], to.id_len);
    if (curve)
        key_to_z85(key, user);
    if (curve && memcmp(key, a->barred, KEY_LEN) == 0)
        answer(a, &to, "");
    else if (!curve || !a->policy(a->ctx, (const char *)r->part[PART_DOMAIN], key))
        refuse(a, r, &to, user, now_ms);
    else if (take_one(a, key, KEY_LEN, CONNECTED, now_ms))
        answer(a, &to, user);
    else
        slow_down(a, r, &to, user, now_ms);
}

void
auth_serve(struct auth *a, int64_t now_ms)
{
    struct zap_request r;

    memset(&r, 0, sizeof r);
    while (receive(a, &r))
        decide(a, &r, now_ms);
    answer_held(a, now_ms);
}
