/*
 * session - requests to one service and their answers, over whatever connections it takes.
 * Calls wait in order. They are sent once a connection is ready, and all of them again, in order
 * and with the same bytes, on the next one when it is lost or stays silent: so a request must be
 * one that may arrive twice. Answers are matched by msgid; one that nobody waits for is ignored.
 * A connection without calls is closed after a while and opened again on demand.
 * Threads: the handle's. Blocking: never.
 */
#ifndef RPC_SESSION_H
#define RPC_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/entry.h"
#include "net/net.h"
#include "rpc/dial.h"
#include "wire/wire.h"

#define CALL_FOR_EVER INT64_MAX

/* How a call ended. ST_OK: reply holds an answer, perhaps an error reply, that the owner decodes
 * with the call's op; it may be moved away. Otherwise reply is NULL and why says what happened:
 * ST_UNREACHABLE, ST_TIMEOUT, ST_SERVER_KEY, ST_OWN_KEY, ST_PROTOCOL, ST_SYSTEM, ST_NOMEM.
 * The call is free again when this runs. */
typedef void session_done(void *ctx, enum status st, struct frame *reply, const struct fault *why);

TAILQ_HEAD(session_calls, session_call);

/* Embedded by the owner, who fills in the upper part. Zero-initialise; at the end
 * session_call_clear. */
struct session_call {
    session_done *done;
    void *ctx;
    int64_t deadline_ms; /* CALL_FOR_EVER */
    int64_t patience_ms; /* how long to go on in spite of a verdict; CALL_FOR_EVER */

    TAILQ_ENTRY(session_call) link;
    struct session_calls *list; /* NULL: not under way */
    uint32_t msgid;
    bool sent; /* on the present connection */
    struct buf request;
};

enum session_state { SESSION_CLOSED, SESSION_CONNECTING, SESSION_READY };

struct session {
    struct net *net;            /* borrowed */
    const struct keypair *keys; /* borrowed */
    char what[NAME_MAX_BYTES + 32];
    const char *own_key; /* borrowed: how sentences call it; "your key" */
    uint8_t key[KEY_LEN];
    char address[ENDPOINT_MAX + 1];

    enum session_state state;
    struct sock *sock;
    struct dial dial;
    bool was_ready;
    bool wanted; /* connect though there are no calls */
    bool once;   /* calls that will not wait for ever end when an attempt to connect fails */
    bool hurry;  /* somebody waits: do not sit out a long back-off of the background work */
    int64_t down_since_ms; /* 0: nothing is known to be wrong */
    int64_t heard_ms;
    int64_t idle_since_ms; /* 0: not idle */
    int64_t reach_ms;      /* calls that will not wait for ever end when a connection that never was
                              ready is not after so long; 0: they wait until their deadline */
    int64_t wanted_ms;     /* since when there have been calls */
    enum status failed;    /* why there is no connection */
    struct fault why;
    bool key_changed; /* the verdict is that the service has another key than is remembered */
    uint32_t last_msgid;
    struct session_calls calls;
    struct session_calls failing; /* about to be told; apart, so that the telling may add calls */
};

/* what: for messages, such as "the message server". */
void session_init(struct session *s, struct net *net, const struct keypair *keys, const char *what);
/* Where the service is. A connection to elsewhere is dropped; its calls go to the new place. */
void session_point(struct session *s, const uint8_t key[static KEY_LEN], const char *address);
/* All calls must have been cancelled or have ended; those that have not are forgotten. */
void session_clear(struct session *s);

/* Start a call; req->msgid is set. ST_NOMEM. */
enum status session_submit(struct session *s, struct session_call *c, struct wire_request *req);
/* Forget a call, if it is under way; done is not called. */
void session_cancel(struct session_call *c);
void session_call_clear(struct session_call *c);
static inline bool
session_call_waits(const struct session_call *c)
{
    return c->list != NULL;
}

/* Do all that can be done now; ends calls. */
void session_step(struct session *s, int64_t now_ms);
/* Send what was submitted since, without looking for anything else. */
void session_flush(struct session *s, int64_t now_ms);
/* When to step next though nothing arrives; CALL_FOR_EVER. */
int64_t session_due(const struct session *s, int64_t now_ms);
/* Time passed in which nobody looked: it does not count as silence. */
void session_away(struct session *s, int64_t ms);
/* The service is known by another key now, says somebody we trust: it must not be used. Ends the
 * calls that have no patience. */
void session_key_changed(struct session *s, const char *text, int64_t now_ms);

#endif
