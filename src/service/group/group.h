/*
 * group - one hosted group: its members, its log, its feed. Knows no socket: answers and feed
 * frames go to an outbox.
 * Threads: the loop's. A writer, a reader and a searcher thread work behind it; their
 * descriptors tell the loop when to call group_written, group_read and group_searched.
 * Sources: docs/protocol.md; docs/architecture.md, "The life of a message".
 */
#ifndef GROUP_GROUP_H
#define GROUP_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "net/keys.h"
#include "service/call.h"
#include "store/store.h"

#define GROUP_DOOR_REQUESTS "requests" /* ZAP domains */
#define GROUP_DOOR_FEED     "feed"

#define GROUP_MEMBERS_MAX      10000              /* who may be in at once */
#define GROUP_STRANGERS_MAX    1000               /* who is known, but was never in */
#define GROUP_PEOPLE_MAX       100000             /* who is remembered, see members_forget */
#define GROUP_JOIN_RATE        20                 /* joins a second, see group_options */
#define GROUP_JOIN_BURST       200                /* and at once */
#define GROUP_OWNERS_MAX       64                 /* named at the start */
#define GROUP_WAITING_MAX      (64 * 1024 * 1024) /* bytes of messages that wait to be stored */
#define GROUP_CHANGES_MAX      200000             /* messages that wait to be stored */
#define GROUP_READS_MAX        1024               /* history requests that wait */
#define GROUP_SEARCHES_MAX     64                 /* searches that wait */
#define GROUP_SEARCHES_OWN_MAX 4                  /* of one member */

struct group;

/* What members may read; each also what is in the next. */
enum group_history {
    HISTORY_ALL,          /* everything that is kept */
    HISTORY_SINCE_JOIN,   /* from their first joining on, also what was said while they were out */
    HISTORY_WHILE_MEMBER, /* what was said while they were in, over all their stays */
};

struct group_options {
    struct store *store;           /* borrowed */
    const struct outbox *outbox;   /* borrowed */
    const uint8_t *key;            /* the group's public key, KEY_LEN bytes */
    struct keyset *allowed;        /* taken; who may come in; NULL: everybody (--open) */
    const struct store_keep *keep; /* what stays in the log; NULL: everything, and no upkeep */
    enum group_history history;
    const uint8_t (*owners)[KEY_LEN]; /* n_owners keys that are owners unless their role was decided
                                         before; they may come in whatever the list says. Borrowed
                                         during group_open */
    size_t n_owners;
    enum wire_code held;   /* as by group_hold */
    bool clock_is_right;   /* whatever the newest entry and the message server say (doubt.h) */
    size_t max_members;    /* who may be in at once, beside owners and moderators, who always find
                              a place; 0: GROUP_MEMBERS_MAX */
    uint32_t join_rate;    /* so many keys that are neither on a list nor invited join in a second
                              for long, */
    uint32_t join_burst;   /* and so many at once; owners and moderators do not count. 0:
                              GROUP_JOIN_RATE, GROUP_JOIN_BURST */
    uint64_t max_messages; /* sends are refused with storage_full while more entries are kept; 0:
                              no bound */
};

/* The feed's address must be set (group_set_feed) before the first request. */
enum status group_open(struct group **out, const struct group_options *o, struct fault *why);
/* Waits for commits under way; their answers go out. NULL is allowed. */
void group_close(struct group *g);
/* The address that members are told for the feed; copied. */
void group_set_feed(struct group *g, const char *address);

/* ---- doors ---- */

/* An auth_policy; ctx is the group. */
bool group_admits(void *ctx, const char *domain, const uint8_t key[static KEY_LEN]);
/* SIGHUP: use another list; taken. Members who are not on it are out at once. */
void group_set_allowed(struct group *g, struct keyset *allowed);

/* ---- events ---- */

/* A request came in; takes its frame. */
void group_request(struct group *g, struct packet *packet);
void group_subscription(struct group *g, const struct subscription *sub, int64_t now_ms);
/* After each round of events: hand what was collected to the writer, if that is idle. */
void group_flush(struct group *g);
int group_writer_fd(const struct group *g);
int group_reader_fd(const struct group *g);
int group_searcher_fd(const struct group *g);
/* A commit ended: answer, publish. Anything but ST_OK is fatal: end the process. */
enum status group_written(struct group *g, struct fault *why);
/* Pages of history are ready: answer. */
void group_read(struct group *g);
/* The same for searches. */
void group_searched(struct group *g);
/* About once a second: heads for everybody, tickets that expire, what the group has to store by
 * itself and found no room for. */
void group_beat(struct group *g, int64_t now_ms);
/* About once a second: let go of what is not to be kept any longer, look after the ballast. On the
 * writer's thread, in small steps, of which at most one comes between two commits. Nothing is too
 * old by a clock that is in doubt (doubt.h). */
void group_upkeep(struct group *g, int64_t wall_ns, int64_t mono_ms);
/* The message server said what time it is. */
void group_server_time(struct group *g, int64_t server_ns, int64_t mono_ms);
/* Somebody is out since the last call, and may have connections to the feed still, even such as
 * never subscribed: end those that the group does not vouch for. */
bool group_has_strangers(struct group *g);
/* The feed connection with this descriptor is a member's, subscribed. ctx is the group. */
bool group_vouches(void *ctx, int fd);
/* Some tickets are behind: call group_nudge about every 50 ms, which tells those that can be
 * told again where the log is. */
bool group_behind(const struct group *g);
void group_nudge(struct group *g);

/* ---- state ---- */

/* Until it is called again, every request is refused with this code; CODE_OK: none is. What was
 * accepted before is still committed and answered. */
void group_hold(struct group *g, enum wire_code code);
/* From now on every request is refused; what was accepted is still committed. */
void group_stop(struct group *g);
/* The last frame on all tickets. group_close does it too, with END_STOPPED. */
void group_end_feeds(struct group *g, enum wire_end how);
/* Nothing waits for the disk. */
bool group_idle(const struct group *g);
size_t group_members(const struct group *g);
uint64_t group_head(const struct group *g);

#endif
