#include "auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"

#define ZAP_ADDRESS     "inproc://zeromq.zap.01"
#define ZAP_VERSION     "1.0"
#define REFUSALS_LOGGED 20 /* a minute */

struct auth {
    void *handle;
    auth_policy *policy;
    void *ctx;
    uint8_t barred[KEY_LEN]; /* all zero: nobody; no key is that */
    struct log_limit limit;
};

enum status
auth_open(struct auth **out, struct net *net, auth_policy *policy, void *ctx, struct fault *why)
{
    struct auth *a = calloc(1, sizeof *a);
    int none = 0;
    enum status st;

    *out = NULL;
    if (!a)
        return ST_NOMEM;
    a->policy = policy;
    a->ctx = ctx;
    a->handle = zmq_socket(net_context(net), ZMQ_REP);
    if (a->handle && zmq_setsockopt(a->handle, ZMQ_LINGER, &none, sizeof none) == 0 &&
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
    if (!a)
        return;
    if (a->handle)
        zmq_close(a->handle);
    free(a);
}

void *
auth_handle(struct auth *a)
{
    return a->handle;
}

/* A request's parts (rfc.zeromq.org/spec/27): version, request id, domain, address, identity,
 * mechanism, credentials - with CURVE, one: the client's key. */
enum {
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
    while (more) {
        zmq_msg_t msg;

        zmq_msg_init(&msg);
        if (zmq_msg_recv(&msg, a->handle, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&msg);
            return false;
        }
        size_t len = zmq_msg_size(&msg);
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
    r->whole = r->whole && n == PARTS;
    return true;
}

static bool
part_is(const struct zap_request *r, int part, const char *text)
{
    return r->len[part] == strlen(text) && memcmp(r->part[part], text, r->len[part]) == 0;
}

static void
log_refusal(struct auth *a, const struct zap_request *r, const char *key)
{
    unsigned missed;

    if (log_limit_pass(&a->limit, REFUSALS_LOGGED, clock_mono_ms(), &missed)) {
        if (missed)
            log_warn("%u more refused connections were not logged", missed);
        log_info("REFUSED %s at the %s door, key %s", (const char *)r->part[PART_ADDRESS],
                 (const char *)r->part[PART_DOMAIN], key);
    }
}

static void
answer(struct auth *a, const struct zap_request *r, bool in, const char *user)
{
    const char *parts[] = {in ? "200" : "400", in ? "OK" : "key not accepted", user, ""};
    size_t n = sizeof parts / sizeof *parts;

    zmq_send(a->handle, ZAP_VERSION, strlen(ZAP_VERSION), ZMQ_DONTWAIT | ZMQ_SNDMORE);
    zmq_send(a->handle, r->part[PART_ID], r->len[PART_ID], ZMQ_DONTWAIT | ZMQ_SNDMORE);
    for (size_t i = 0; i < n; i++)
        zmq_send(a->handle, parts[i], strlen(parts[i]),
                 ZMQ_DONTWAIT | (i + 1 < n ? ZMQ_SNDMORE : 0));
}

static void
decide(struct auth *a, const struct zap_request *r)
{
    char user[KEY_Z85_LEN + 1] = "";
    bool in = false, barred = false;

    if (r->whole && part_is(r, PART_VERSION, ZAP_VERSION) && part_is(r, PART_MECHANISM, "CURVE") &&
        r->len[PART_KEY] == KEY_LEN) {
        key_to_z85(r->part[PART_KEY], user);
        barred = memcmp(r->part[PART_KEY], a->barred, KEY_LEN) == 0;
        in = !barred && a->policy(a->ctx, (const char *)r->part[PART_DOMAIN], r->part[PART_KEY]);
    }
    if (!in && !barred)
        log_refusal(a, r, *user ? user : "unknown");
    answer(a, r, in, in ? user : "");
}

void
auth_serve(struct auth *a)
{
    struct zap_request r;

    memset(&r, 0, sizeof r);
    while (receive(a, &r))
        decide(a, &r);
}
