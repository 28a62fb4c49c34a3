/*
 * libconclave - be a member of Conclave groups from a program.
 *
 * Everything goes through one handle, struct conclave: one person, one message server, any number
 * of groups. All traffic is CURVE; there is no unencrypted mode.
 *
 * Threads: a handle belongs to one thread at a time; different handles are independent. The
 *   library starts no thread of yours: it works inside the calls. A program that follows a feed
 *   or has posted messages under way calls conclave_poll often (at least once a second).
 * Blocking: calls wait at most the handle's timeout. While they wait, feeds go on being received.
 * Ownership: what a call hands out by pointer is the library's and valid as said at the call.
 *   Text that goes in is copied.
 * Errors: every call that can fail returns an enum conclave_status; conclave_error(c) then gives
 *   the reason as one sentence for a person.
 * Fork: a handle does not survive fork().
 *
 * A time is nanoseconds since the Unix epoch, int64_t. A seq is the number of an entry in its
 * group, 1, 2, 3 ... without holes.
 */
#ifndef CONCLAVE_H
#define CONCLAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CONCLAVE_API __attribute__((visibility("default")))

/* The statuses are also the exit statuses of the conclave program. */
enum conclave_status {
    CONCLAVE_OK = 0,
    CONCLAVE_REFUSED = 1,     /* the other side said no; conclave_error_code names why */
    CONCLAVE_INVALID = 2,     /* a parameter of the call is wrong */
    CONCLAVE_UNREACHABLE = 3, /* no connection, or no answer in time */
    CONCLAVE_SERVER_KEY = 4,  /* the other side does not have the trusted key */
    CONCLAVE_OWN_KEY = 5,     /* our key is not accepted there */
    CONCLAVE_PROTOCOL = 6,    /* the other side speaks another protocol or version */
    CONCLAVE_LOCAL = 7,       /* a local file, key or resource */
    CONCLAVE_NONE = 8,        /* conclave_poll: no event in that time; conclave_next_*: no more */
};

#define CONCLAVE_UUID_LEN 36    /* text of a UUID, without the NUL */
#define CONCLAVE_KEY_LEN  40    /* a public key in Z85, without the NUL */
#define CONCLAVE_NAME_MAX 64    /* bytes of a group's name or a nick */
#define CONCLAVE_BODY_MAX 16384 /* bytes of a message */
#define CONCLAVE_EXT_MAX  1024

struct conclave; /* opaque */

/* A 16-byte UUID. */
struct conclave_id {
    uint8_t bytes[16];
};

/* ---- the handle ---- */

struct conclave_options {
    const char *server;     /* address of the message server: "tcp://host:port" */
    const char *server_key; /* its public key: 40 Z85 characters, or the path of a certificate */
    const char *key;        /* path of our certificate; PATH_secret is read */
    int timeout_ms;         /* for each call; 0: 5,000 */
    struct conclave *share; /* use the network thread of that handle, which must be closed after
                               this one; NULL: a thread of its own. For programs with many */
};

/* Make a new identity: path (public) and path_secret; the last directory of the path is made if it
 * is not there. name (may be NULL) goes into the certificate. *why as in conclave_open.
 * CONCLAVE_LOCAL: it exists already, or cannot be written. */
CONCLAVE_API enum conclave_status conclave_make_key(const char *path, const char *name, char *why,
                                                    size_t size);

/* Make a handle. Loads the keys; connects nothing yet. *out is the caller's, ended with
 * conclave_close; it is NULL on failure, and then *why (may be NULL; size bytes) says why.
 * CONCLAVE_LOCAL (key files), CONCLAVE_INVALID (address). */
CONCLAVE_API enum conclave_status conclave_open(struct conclave **out,
                                                const struct conclave_options *options, char *why,
                                                size_t size);
/* Messages that were posted and are not acknowledged are given up. NULL is allowed. */
CONCLAVE_API void conclave_close(struct conclave *c);

/* The reason of the last failure on this handle: one sentence; "" if there was none. Valid until
 * the next call. */
CONCLAVE_API const char *conclave_error(const struct conclave *c);
/* Its stable code, such as "not_member" (docs/protocol.md); for failures on this side the status
 * as a word: "unreachable", "timeout", "server_key", "own_key", "protocol", "invalid", "local".
 * Never NULL. */
CONCLAVE_API const char *conclave_error_code(const struct conclave *c);

/* Who we are. */
CONCLAVE_API void conclave_self(const struct conclave *c, struct conclave_id *uuid,
                                char key[CONCLAVE_KEY_LEN + 1]);
/* The name in our certificate, or "". */
CONCLAVE_API const char *conclave_self_name(const struct conclave *c);

CONCLAVE_API void conclave_id_format(const struct conclave_id *id,
                                     char text[CONCLAVE_UUID_LEN + 1]);
CONCLAVE_API bool conclave_id_parse(struct conclave_id *id, const char *text);
/* A new id for a message: UUID version 7. */
CONCLAVE_API struct conclave_id conclave_id_new(void);

/* ---- groups ---- */

struct conclave_group {
    const char *name;
    const char *key;     /* Z85 */
    const char *address; /* of its request socket */
    const char *description;
    uint64_t members;
};

/* Ask the message server for the live groups. Then conclave_next_group until CONCLAVE_NONE; the
 * strings are valid until the next conclave_list_groups. In order of name. */
CONCLAVE_API enum conclave_status conclave_list_groups(struct conclave *c);
CONCLAVE_API enum conclave_status conclave_next_group(struct conclave *c,
                                                      struct conclave_group *out);

/* Say where a group is and which key it has, instead of asking the message server for it: for
 * programs that remember. When it cannot be reached there, the message server is asked after all.
 * CONCLAVE_SERVER_KEY: the group is known with another key. */
CONCLAVE_API enum conclave_status conclave_locate(struct conclave *c, const char *group,
                                                  const char *key, const char *address);

/* Become a member. nick NULL: the name in our certificate, or else the first 8 characters of our
 * UUID. Being one already is CONCLAVE_OK, with *already true (already may be NULL). */
CONCLAVE_API enum conclave_status conclave_join(struct conclave *c, const char *group,
                                                const char *nick, bool *already);
/* Stop being one. Not being one is CONCLAVE_REFUSED, code "not_member". */
CONCLAVE_API enum conclave_status conclave_leave(struct conclave *c, const char *group);

struct conclave_member {
    struct conclave_id uuid;
    const char *nick;
    int64_t since; /* when they joined */
    int64_t until; /* past members: when that ended; else 0 */
};

/* Ask for the members; with `past`, also those who were. Then conclave_next_member until
 * CONCLAVE_NONE; nicks are valid until the next conclave_list_members. In order of UUID. */
CONCLAVE_API enum conclave_status conclave_list_members(struct conclave *c, const char *group,
                                                        bool past);
CONCLAVE_API enum conclave_status conclave_next_member(struct conclave *c,
                                                       struct conclave_member *out);

/* ---- entries ---- */

enum conclave_kind {                       /* of an entry; others may come */
                     CONCLAVE_MESSAGE = 1, /* body: what was said */
                     CONCLAVE_JOINED = 2,  /* body: the nick */
                     CONCLAVE_LEFT = 3,
                     CONCLAVE_KICKED =
                         4, /* body: 16 bytes, the UUID of who was removed by author */
};

struct conclave_entry {
    const char *group;
    uint64_t seq;
    int64_t ts;
    int kind;
    struct conclave_id author;
    struct conclave_id id;
    const char *nick; /* the author's, as far as known; never NULL */
    const uint8_t *body;
    size_t body_len;
    const uint8_t *ext;
    size_t ext_len;
};

/* The word used in JSON: "message", "joined", ... "unknown". */
CONCLAVE_API const char *conclave_kind_name(int kind);

/* ---- sending ---- */

struct conclave_ack {
    struct conclave_id id;
    uint64_t seq;
    int64_t ts;
};

/* Send one message and wait until it is stored there. It is retried with the same id until it is
 * answered or the timeout is over, and stored at most once. id NULL: a new one. ack may be NULL.
 * After CONCLAVE_UNREACHABLE it may or may not have been stored: send again with the same id. */
CONCLAVE_API enum conclave_status conclave_send(struct conclave *c, const char *group,
                                                const void *body, size_t len,
                                                const struct conclave_id *id,
                                                struct conclave_ack *ack);

/* Hand over one message to be sent, without waiting. It leaves with the next conclave_poll, or when
 * enough of them are gathered: many travel together. The outcome comes as an event,
 * CONCLAVE_EVENT_ACK or CONCLAVE_EVENT_REFUSED, in the order of posting. They are retried, in
 * order, until answered, also through restarts of the group, for as long as the handle is open and
 * polled. At most CONCLAVE_POSTED_MAX may be under way in a group; above that
 * the call waits, up to the timeout, for room (events that come in meanwhile are kept).
 * At most 16 times as many outcomes are kept for conclave_poll; then CONCLAVE_REFUSED, "limit".
 * id NULL: a new one; *id_out (may be NULL) is the one used. */
#define CONCLAVE_POSTED_MAX 4096
CONCLAVE_API enum conclave_status conclave_post(struct conclave *c, const char *group,
                                                const void *body, size_t len,
                                                const struct conclave_id *id,
                                                struct conclave_id *id_out);
/* Messages posted to group (NULL: to all) whose outcome conclave_poll has not given yet. */
CONCLAVE_API size_t conclave_posted(const struct conclave *c, const char *group);

/* ---- history ---- */

struct conclave_cursor {    /* a place in a group's log: after the entry with this seq */
    struct conclave_id log; /* which log; zero: any */
    uint64_t seq;
};

/* Fetch one page of entries after a time, or after a cursor. limit: at most so many (0: as many
 * as a page holds). Then conclave_next_entry until CONCLAVE_NONE; the entries are valid until the
 * next call on this handle but conclave_next_entry. *next is where to go on; *end (may be NULL)
 * says that nothing was behind the page. When entries after the cursor are no longer kept, the
 * page begins at the first that is. */
CONCLAVE_API enum conclave_status conclave_fetch_after_time(struct conclave *c, const char *group,
                                                            int64_t after, size_t limit,
                                                            struct conclave_cursor *next,
                                                            bool *end);
CONCLAVE_API enum conclave_status conclave_fetch(struct conclave *c, const char *group,
                                                 const struct conclave_cursor *after, size_t limit,
                                                 struct conclave_cursor *next, bool *end);
CONCLAVE_API enum conclave_status conclave_next_entry(struct conclave *c,
                                                      struct conclave_entry *out);

/* ---- the live feed ---- */

/* Follow a group: its entries come as events, every one after the start exactly once and in
 * order, through disconnects and restarts. Start: after a cursor, after a time, or from now on.
 * Waits until the feed is up or refused. Already followed: CONCLAVE_INVALID. */
CONCLAVE_API enum conclave_status conclave_follow(struct conclave *c, const char *group);
CONCLAVE_API enum conclave_status conclave_follow_after_time(struct conclave *c, const char *group,
                                                             int64_t after);
CONCLAVE_API enum conclave_status conclave_follow_after(struct conclave *c, const char *group,
                                                        const struct conclave_cursor *after);
/* Stop. What was received and not polled is dropped. */
CONCLAVE_API void conclave_unfollow(struct conclave *c, const char *group);
/* After the last entry of a followed group that conclave_poll gave. False: not followed. */
CONCLAVE_API bool conclave_position(const struct conclave *c, const char *group,
                                    struct conclave_cursor *out);

enum conclave_event_type {
    CONCLAVE_EVENT_ENTRY,   /* an entry of a followed group */
    CONCLAVE_EVENT_GAP,     /* entries first..last are no longer kept, and were missed */
    CONCLAVE_EVENT_STATE,   /* the feed of group is now in `state`; text says why */
    CONCLAVE_EVENT_ACK,     /* a posted message is stored: ack */
    CONCLAVE_EVENT_REFUSED, /* a posted message was refused for good: ack.id, code, text */
    CONCLAVE_EVENT_FD,      /* the descriptor of conclave_watch can be read */
};

enum conclave_feed_state {
    CONCLAVE_FEED_LIVE,         /* up to date */
    CONCLAVE_FEED_CATCHING_UP,  /* fetching what was missed */
    CONCLAVE_FEED_RECONNECTING, /* not connected; goes on by itself */
    CONCLAVE_FEED_ENDED,        /* over: no member any more, or the log was replaced or went
                                   backwards; conclave_unfollow it */
};

struct conclave_event {
    enum conclave_event_type type;
    const char *group;
    struct conclave_entry entry;    /* ENTRY */
    uint64_t first, last;           /* GAP */
    enum conclave_feed_state state; /* STATE */
    struct conclave_ack ack;        /* ACK, REFUSED */
    const char *code;               /* REFUSED, STATE: stable code; else "" */
    const char *text;               /* REFUSED, STATE: one sentence; else "" */
};

/* Next event, waiting up to timeout_ms (0: not at all; -1: until one comes). Pointers in *out are
 * valid until the next call on this handle. CONCLAVE_OK: *out is filled. CONCLAVE_NONE: none. */
CONCLAVE_API enum conclave_status conclave_poll(struct conclave *c, int timeout_ms,
                                                struct conclave_event *out);

/* A descriptor for event loops (poll, epoll, ...): it can be read when something may have happened.
 * Then call conclave_poll(c, 0, ...) until it gives CONCLAVE_NONE. -1: none could be made. It is
 * the handle's; do not read or close it. */
CONCLAVE_API int conclave_fd(struct conclave *c);

/* Also wake up conclave_poll when fd can be read (a terminal, a signalfd, a timerfd); -1: none. */
CONCLAVE_API void conclave_watch(struct conclave *c, int fd);

/* "0.1.0" */
CONCLAVE_API const char *conclave_version(void);

#ifdef __cplusplus
}
#endif

#endif
