/*
 * engine - the handle: one thread's loop over all connections, run from inside the calls.
 * Threads: the handle's.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

#include "conclave.h"
#include "known.h"
#include "refusal.h"
#include "session.h"

/* A row of the last list, as text that stays. */
struct group_row {
    char name[NAME_MAX_BYTES + 1];
    char key[KEY_Z85_LEN + 1];
    char address[WIRE_ADDRESS_MAX + 1];
    char description[WIRE_DESCRIPTION_MAX + 1];
    uint64_t members;
};

struct member_row {
    struct conclave_id uuid;
    char nick[NAME_MAX_BYTES + 1];
    int64_t since;
    int64_t until;
};

struct rows {
    void *items;
    size_t n;
    size_t cap;
    size_t next; /* to be handed out */
};

/* An answer and the frame that it points into. Zero-initialise is not enough: answer_init. */
struct answer {
    struct frame frame;
    struct wire_reply reply;
};

struct wakeup; /* wakeup.h */

struct conclave {
    struct net *net;
    bool shares_net; /* it is another handle's */
    struct keypair keys;
    struct id self;
    int timeout_ms;
    struct refusal error;

    struct session directory;
    struct known *groups;
    size_t n_groups;
    struct known *turn; /* the group whose events are given now; NULL: the first */
    unsigned in_row;    /* events given of it without a break */
    unsigned given;     /* events given since the last step */
    int64_t now_ms;     /* of the last step */

    struct wakeup *wakeup; /* conclave_fd; NULL: nobody asked for it */
    int fd;                /* conclave_watch; -1: none */
    bool fd_ready;
    zmq_pollitem_t *items; /* room for every connection */
    size_t cap_items;

    struct rows group_rows;
    struct rows member_rows;
    struct answer page; /* conclave_fetch */
    struct wire_list page_left;
    struct known *page_group;
};

/* Make room to poll so many groups. False: no memory. */
bool engine_reserve(struct conclave *c, size_t groups);
/* Remember why and return the public status. */
enum conclave_status engine_error(struct conclave *c, enum status st, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum conclave_status engine_refuse(struct conclave *c, enum status st, const struct refusal *why);

/* Call visit for every connection that is open, with what else of it may be read. */
typedef void engine_visit(void *ctx, struct sock *s, bool reads);
void engine_links(struct conclave *c, engine_visit *visit, void *ctx);
/* When the next step is due though nothing arrives; INT64_MAX: never. */
int64_t engine_due(const struct conclave *c);
/* Do what can be done now, without waiting. */
void engine_step(struct conclave *c);
/* Wait until something may have happened, until_ms at most, and step. */
void engine_wait(struct conclave *c, int64_t until_ms);
/* When a call that begins now must be over. */
int64_t engine_deadline(struct conclave *c);

/* The group of that name, found on the message server if it was not dealt with before. */
enum conclave_status engine_group(struct conclave *c, const char *name, int64_t deadline_ms,
                                  struct known **out);
/* The group is there, whatever the message server says. */
enum conclave_status engine_locate(struct conclave *c, const char *name,
                                   const uint8_t key[static KEY_LEN], const char *address);
/* NULL: not dealt with so far. */
struct known *engine_find(const struct conclave *c, const char *name);

void answer_init(struct answer *a);
void answer_clear(struct answer *a);
/* Ask and wait for the answer, also through restarts and while the other side is busy.
 * CONCLAVE_OK: *out (initialised) is a success reply. */
enum conclave_status engine_ask(struct conclave *c, struct session *s, struct wire_request *req,
                                int64_t deadline_ms, struct answer *out);

/* One more item of `size` bytes, zeroed; NULL: no memory, or max reached. */
void *rows_add(struct rows *r, size_t size, size_t max);
void rows_reset(struct rows *r);

#endif
