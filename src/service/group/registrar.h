/*
 * registrar - keeps a group on the message server's list: registers, renews, says goodbye; goes
 * on by itself through restarts of the message server. Never in the way of the group's work, but
 * where another process of the same group has its place.
 * Threads: the loop's. Logs what changes, in words.
 */
#ifndef GROUP_REGISTRAR_H
#define GROUP_REGISTRAR_H

#include "net/keys.h"
#include "service/service.h"

struct registrar;

/* What the message server makes of this process. */
enum registrar_place {
    PLACE_OURS,   /* registered; or nobody says that it is another's: the server is away, or refuses
                     for a reason of its own */
    PLACE_UNSURE, /* the lease was over before it was asked for again, as after a sleep: another
                     process may have it */
    PLACE_WAITS,  /* another process of this group has it */
    PLACE_LOST,   /* the same, for good: this process is to end */
    PLACE_TAKEN,  /* the name is another key's */
};

struct registrar_options {
    struct service *service;    /* borrowed */
    const struct keypair *keys; /* borrowed: the group's */
    const char *server;         /* borrowed, like all text here */
    const uint8_t *server_key;
    const char *name;
    const char *address; /* as members will use it */
    const char *feed;
    const char *description;
    bool take_over;               /* of two processes of this group, the other one is to end;
                                     until this one has had the place for a whole lease */
    size_t (*members)(void *ctx); /* how many to tell */
    void (*time)(void *ctx, int64_t server_ns); /* what the message server's clock says */
    void (*place)(void *ctx,
                  enum registrar_place place); /* after each answer, or for want of one */
    void *ctx;
};

enum status registrar_open(struct registrar **out, const struct registrar_options *o,
                           struct fault *why);
/* NULL is allowed. */
void registrar_close(struct registrar *r);
/* Take the group off the list. registrar_gone tells when the server has confirmed it, or when
 * there is nobody to tell. */
void registrar_leave(struct registrar *r);
bool registrar_gone(const struct registrar *r);

#endif
