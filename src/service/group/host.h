/*
 * host - runs one group as a process: store, group, sockets, timers, registration.
 * Blocks until a signal ends it or the store fails.
 */
#ifndef GROUP_HOST_H
#define GROUP_HOST_H

#include "base/status.h"
#include "group/group.h"
#include "service/pace.h"
#include "store/store.h"

struct group_host_options { /* all text borrowed; optional ones may be NULL */
    const char *name;
    const char *key;           /* path of the certificate */
    const char *listen;        /* request socket */
    const char *feed;          /* feed socket */
    const char *advertise;     /* optional: host that members use */
    const char *server;        /* message server */
    const char *server_key;    /* certificate or Z85 */
    const char *data;          /* directory */
    const char *members;       /* directory of certificates; NULL: open to everybody */
    const char *const *owners; /* n_owners paths of certificates */
    size_t n_owners;
    enum group_history history;
    size_t max_members;      /* as in group_options */
    uint32_t join_rate;      /* the same */
    uint32_t join_burst;     /* the same */
    uint64_t max_messages;   /* the same */
    const char *description; /* optional */
    bool take_over;          /* where another process of this group lives, that one is to end */
    bool clock_is_right;     /* as in group_options */
    struct store_keep keep;  /* what stays of the log */
    int64_t quota;           /* as in store_options */
    int64_t ballast;
    bool restored;            /* the same */
    struct pace_options pace; /* how fast each key may ask */
};

/* ST_OK: ended by a signal. ST_INVALID: an option's value. ST_CONFLICT: the name belongs to
 * another key. ST_BUSY: another process of this group lives. Anything else: a local file, key, list
 * or socket, or the store failed. */
enum status group_host_run(const struct group_host_options *o, struct fault *why);

#endif
