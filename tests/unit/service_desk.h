/*
 * service_desk - the other side of a service without sockets, for tests: packs requests as a
 * client would, and keeps every answer and every feed frame that comes out.
 * Fails the running test when something is not as promised.
 */
#ifndef SERVICE_DESK_H
#define SERVICE_DESK_H

#include "net/keys.h"
#include "service/call.h"

struct desk_record {       /* an answer or a feed frame; bytes live until desk_clear */
    uint8_t to[ROUTE_MAX]; /* route of an answer, ticket of a feed frame */
    struct buf bytes;
};

struct desk {
    struct outbox outbox; /* for the service */
    uint32_t msgid;       /* of the last request */
    struct desk_record *answers;
    size_t n_answers;
    struct desk_record *feed;
    size_t n_feed;
    void (*seen)(void *ctx); /* NULL, or what comes at the feed's next look, once */
    void *seen_ctx;
    bool blind;          /* no connection can be told from another */
    unsigned cuts;       /* single connections of the feed */
    int cut_fd;          /* the last one's */
    size_t n_feed_then;  /* of frames, when it was cut */
    unsigned strays;     /* subscriptions that were called harmless */
    unsigned resets;     /* of the feed */
    const uint8_t *full; /* this ticket's queue is full */
};

/* Somebody with a key, and the UUID that follows from it. */
struct actor {
    uint8_t key[KEY_LEN];
    struct id uuid;
};

struct actor actor_numbered(unsigned n);

void desk_init(struct desk *d);
void desk_clear(struct desk *d);

/* A packet from `from` with these bytes, or with r packed under a new msgid. */
void desk_packet_raw(struct packet *out, const struct actor *from, uint32_t route,
                     struct span bytes);
void desk_packet(struct desk *d, struct packet *out, const struct actor *from,
                 struct wire_request *r);

/* The one answer to msgid, decoded; its spans live until desk_clear. */
void desk_answer(const struct desk *d, uint32_t msgid, enum wire_op op, struct wire_reply *out);

/* How many feed frames ticket got, and the one at i, decoded. */
size_t desk_feed_count(const struct desk *d, const uint8_t *ticket);
void desk_feed_at(const struct desk *d, const uint8_t *ticket, size_t i, struct wire_feed *out);

/* Key lists in a new directory under /tmp: certificates of new keys, put into *who. */
#define DESK_DIR_MAX 64
void desk_dir_make(char dir[static DESK_DIR_MAX]);
void desk_dir_add(const char *dir, const char *name, struct actor *who);
struct keyset *desk_dir_load(const char *dir);
void desk_dir_remove(const char *dir);

#endif
