/*
 * group_rig - a group on a store in memory, with a desk instead of sockets, for tests.
 */
#ifndef GROUP_RIG_H
#define GROUP_RIG_H

#include "group/group.h"
#include "service_desk.h"
#include "store/engine.h"

struct rig {
    struct desk desk;
    struct store *store;
    const struct store_engine *good; /* the store's own */
    struct store_engine bad;         /* the same, but commits fail */
    struct group_options options;    /* for rig_reopen; store, outbox and key are set by the rig */
    struct group *group;
};

/* Setup and teardown of a test: *state is a struct rig of an open group. */
int rig_setup(void **state);
int rig_teardown(void **state);
/* Use another list of who may come in; taken. Before the first request. */
void rig_reopen(struct rig *r, struct keyset *allowed);

/* Every commit from here on fails as if the disk were full, or succeeds again. */
void rig_disk_full(struct rig *r, bool full);

/* Hand over a request and return its msgid. */
uint32_t rig_ask(struct rig *r, const struct actor *from, struct wire_request *req);
/* Wait until nothing is under way; at most some seconds. */
void rig_settle(struct rig *r);
/* Wait for one commit and take its result. The next batch is not handed over. */
enum status rig_written(struct rig *r, struct fault *why);
/* Ask, wait, and decode the answer, which a client must be able to believe. Returns its code. */
enum wire_code rig_call(struct rig *r, const struct actor *from, struct wire_request *req,
                        struct wire_reply *out);

/* Requests. */
struct wire_request rig_join_invited(const struct actor *who, const char *nick,
                                     const uint8_t secret[static WIRE_KEY_LEN]);
/* OP_KICK_MEMBER, OP_BAN_MEMBER, OP_UNBAN_MEMBER */
struct wire_request rig_on(enum wire_op op, const char *id, const struct actor *who);
struct wire_request rig_set_role(const char *id, const struct actor *who, enum role role);
struct wire_request rig_set_nick(const char *id, const char *nick);
struct wire_request rig_set_topic(const char *id, const char *topic);
/* secret is 32 times the byte; lasts_ms 0: no end */
struct wire_request rig_invite(uint8_t secret, uint64_t uses, uint64_t lasts_ms);
void rig_secret(uint8_t secret, uint8_t out[static WIRE_KEY_LEN],
                uint8_t hash[static WIRE_KEY_LEN]);
struct wire_request rig_join(const struct actor *who, const char *nick);
struct wire_request rig_leave(const struct actor *who);
struct wire_request rig_get_after(uint64_t seq);
struct wire_request rig_get_before(uint64_t seq);
/* `list` holds the messages and must outlive the request. */
struct wire_request rig_send(const struct buf *list, uint32_t count);
void rig_message(struct buf *list, const char *id, const char *body);
/* 16 bytes from up to 16 characters. */
struct id rig_id(const char *text);

/* Join, and it must succeed. */
void rig_in(struct rig *r, const struct actor *who, const char *nick);
/* Send one text; returns its seq, which must not be 0. */
uint64_t rig_say(struct rig *r, const struct actor *who, const char *id, const char *body);

/* Take a ticket and subscribe to it. */
void rig_follow(struct rig *r, const struct actor *who, uint8_t ticket[static TICKET_LEN]);
/* A subscription or (on false) its end, as the feed socket reports it. */
void rig_subscription(struct rig *r, const struct actor *who, bool on, const uint8_t *topic,
                      size_t len, int64_t now_ms);
/* Seq of the i-th entry that came on ticket, over all entries events; 0: there are fewer. */
uint64_t rig_feed_seq(const struct rig *r, const uint8_t *ticket, size_t i);
/* The last event on ticket. */
void rig_last_event(const struct rig *r, const uint8_t *ticket, struct wire_feed *out);

#endif
