/*
 * handle - the handle: one thread's loop over all connections, run from inside the calls
 * (engine.c), the groups it deals with (groups.c), and which keys it trusts (trust.c).
 * Threads: the handle's.
 */
#ifndef CLIENT_HANDLE_H
#define CLIENT_HANDLE_H

#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

#include "client/refusal.h"
#include "client/remote.h"
#include "client/rows.h"
#include "conclave.h"
#include "disk/pin_file.h"
#include "rpc/session.h"

/* What conclave_get_info pointed to last. */
struct info_text {
    char topic[TOPIC_MAX_BYTES + 1];
    char history[33];
    char admission[33];
    char key[KEY_Z85_LEN + 1];
    char address[ENDPOINT_MAX + 1];
};

/* An answer and the frame that it points into. Zero-initialise is not enough: answer_init. */
struct answer {
    struct frame frame;
    struct wire_reply reply;
};

/* Of each of two reasons that are told in one sentence. */
#define REASON_MAX ((FAULT_TEXT_MAX - 20) / 2)

struct wakeup; /* wakeup.h */

struct conclave {
    struct net *net;
    struct feed_hints *places;
    bool shares_net; /* it is another handle's, and so are the places */
    struct keypair keys;
    struct id self;
    int timeout_ms;
    size_t list_max; /* 0: only by what is listed */
    bool once;       /* one attempt: nothing is tried again */
    struct refusal error;

    struct session directory; /* without an address when the handle is for offline use */
    struct pin_file *pins;
    struct spool *spool;    /* NULL: none */
    int64_t left_ms;        /* when to look in it for what others left */
    bool server_remembered; /* its key is */
    bool server_changed;    /* it is another than the remembered one: changed_why */
    struct fault changed_why;
    struct remote *groups;
    size_t n_groups;
    struct remote *turn; /* the group whose events are given now; NULL: the first */
    unsigned in_row;     /* events given of it without a break */
    unsigned given;      /* events given since the last look at the clock */
    int64_t now_ms;      /* of the last step */

    struct wakeup *wakeup; /* conclave_fd; NULL: nobody asked for it */
    int fd;                /* conclave_watch; -1: none */
    bool fd_ready;
    zmq_pollitem_t *items; /* room for every connection */
    size_t cap_items;

    struct rows lists[ITEM_INVITE + 1]; /* the last of each sort */
    struct info_text info;
    struct answer page; /* conclave_fetch, conclave_search */
    struct wire_list page_left;
    struct remote *page_group;
    struct buf page_nicks; /* of the subjects of its entries, in order, each with its NUL */
    size_t page_nicks_given;
};

/* Make room to poll so many groups. False: no memory. */
bool handle_reserve(struct conclave *c, size_t groups);
/* Remember why and return the public status. */
enum conclave_status handle_error(struct conclave *c, enum status st, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum conclave_status handle_refuse(struct conclave *c, enum status st, const struct refusal *why);

/* Call visit for every connection that is open, with what else of it may be read. */
typedef void handle_visit(void *ctx, struct sock *s, bool reads);
void handle_links(struct conclave *c, handle_visit *visit, void *ctx);
/* When the next step is due though nothing arrives; INT64_MAX: never. */
int64_t handle_due(const struct conclave *c);
/* Do what can be done now, without waiting. */
void handle_step(struct conclave *c);
/* Wait until something may have happened, until_ms at most, and step. */
void handle_wait(struct conclave *c, int64_t until_ms);
/* When a call that begins now must be over. */
int64_t handle_deadline(struct conclave *c);

/* CONCLAVE_INVALID: the handle was opened without a message server. CONCLAVE_SERVER_KEY: with
 * another key than the remembered one. */
enum conclave_status handle_online(struct conclave *c);
/* That is the group's key, says somebody we trust. CONCLAVE_SERVER_KEY: another one is remembered.
 */
enum conclave_status handle_pin(struct conclave *c, const char *group,
                                const uint8_t key[static KEY_LEN]);
/* The message server answered, so it has the key that we were told: from now on it must be that
 * one. */
enum conclave_status handle_remember_server(struct conclave *c);
/* Compare the message server's key with the remembered one. ST_OK also when it differs. */
enum status handle_check_server(struct conclave *c, struct fault *why);

/* The group of that name, found on the message server if it was not dealt with before. */
enum conclave_status handle_group(struct conclave *c, const char *name, int64_t deadline_ms,
                                  struct remote **out);
/* The group is there, whatever the message server says. */
enum conclave_status handle_locate(struct conclave *c, const char *name,
                                   const uint8_t key[static KEY_LEN], const char *address);
/* The same for posting: with a spool, a group whose key is remembered need not be found now. */
enum conclave_status handle_group_to_post(struct conclave *c, const char *name, int64_t deadline_ms,
                                          struct remote **out);
/* Take over what the spool holds. */
enum status handle_load_spool(struct conclave *c, struct fault *why);
/* Take over what handles of the same person that ended since left there. May add groups: not while
 * one is looked up. */
enum status handle_take_left(struct conclave *c, struct fault *why);
/* NULL: not dealt with so far. */
struct remote *handle_find(const struct conclave *c, const char *name);

void answer_init(struct answer *a);
void answer_clear(struct answer *a);
/* Ask and wait for the answer, also through restarts and while the other side is busy.
 * CONCLAVE_OK: *out (initialised) is a success reply. */
enum conclave_status handle_ask(struct conclave *c, struct session *s, struct wire_request *req,
                                int64_t deadline_ms, struct answer *out);

/* Wait before the same is asked again, *step_ms about and longer the next time. False: there is no
 * time for that. */
bool handle_back_off(struct conclave *c, int64_t *step_ms, int64_t deadline_ms);
/* The same with a group by name, until the handle's timeout. *k (may be NULL) is the group. */
enum conclave_status handle_ask_group(struct conclave *c, const char *group,
                                      struct wire_request *req, struct answer *out,
                                      struct remote **k);
/* CONCLAVE_INVALID: not fit for a nick. */
enum conclave_status handle_check_nick(struct conclave *c, const char *nick);

#endif
