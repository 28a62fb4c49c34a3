/*
 * remote - a group that the handle has dealt with: who it is, where it is, and what is under way
 * with it. Its key is the one that is remembered; another one is refused.
 * Threads: the handle's. Blocking: never.
 */
#ifndef CLIENT_REMOTE_H
#define CLIENT_REMOTE_H

#include "client/feed.h"
#include "client/lookup.h"
#include "client/nicks.h"
#include "client/posts.h"
#include "disk/pin_file.h"
#include "rpc/session.h"

struct remote {
    struct remote *next;
    char name[NAME_MAX_BYTES + 1];
    struct pin_file *pins;     /* borrowed; NULL: nothing is remembered */
    struct feed_hints *places; /* borrowed; NULL: none */
    struct session session;
    struct lookup lookup;
    bool sought;     /* a call waits for lookup, whose outcome is the call's */
    bool refreshing; /* lookup runs to see whether the group moved, or is where it was */
    int64_t refreshed_ms;
    struct nicks nicks;
    struct spool_queue *spool; /* NULL: none */
    struct posts posts;
    struct feed *feed;     /* NULL: not followed */
    bool noted;            /* that it answers where it is */
    struct tail read;      /* where the last page of conclave_fetch ended */
    struct tail read_back; /* and of conclave_fetch_before: its ts is of the entry behind it */
    bool posts_turn;
};

/* A group by name, not located yet: start lookup, wait until it is over, then remote_locate. While
 * it is not, and messages to it wait, remote_step looks it up again and again. */
struct remote *remote_new(const char *name, struct session *directory, struct pin_file *pins);
/* What its key is remembered under. */
struct pin_place remote_place(const struct session *directory, const char *name);
void remote_free(struct remote *k);
/* Keep what is posted there, and take over what is there from before. As spool_queue_open. */
enum status remote_spool(struct remote *k, struct spool *spool, struct fault *why);
/* Move what is in a slot that nobody holds behind what is posted here. What there is no room for
 * stays there. As spool_queue_open. */
enum status remote_take_over(struct remote *k, struct spool *from, struct fault *why);
static inline bool
remote_is_located(const struct remote *k)
{
    return k->session.address[0] != '\0';
}
/* Say where it is. */
void remote_point(struct remote *k, const uint8_t key[static KEY_LEN], const char *address);
/* Go to where it answered last, if that is remembered: it need not be there any more. */
bool remote_recall(struct remote *k);
/* It is not known any more where it is. */
void remote_forget_place(struct remote *k);
/* Take over what the lookup found. */
void remote_locate(struct remote *k);
/* Another key was accepted: begin again with the one that is remembered now. */
void remote_locate_new(struct remote *k);

void remote_step(struct remote *k, int64_t now_ms);
/* Send what was just posted, if it most likely goes alone anyway (posts_alone) and the connection
 * stands. False: it waits for remote_step. */
bool remote_send_alone(struct remote *k);
int64_t remote_due(const struct remote *k, int64_t now_ms);
/* Time passed in which nobody looked. */
void remote_away(struct remote *k, int64_t ms);
/* The next event of this group; its outcomes and its feed take turns. */
bool remote_next(struct remote *k, struct conclave_event *out);

#endif
