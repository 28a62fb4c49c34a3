/*
 * honest - somebody who uses the services as docs/protocol.md says, while others do not.
 * What must not happen ends the process, by raw_fail.
 */
#ifndef HONEST_H
#define HONEST_H

#include "raw.h"
#include "stage.h"

struct honest {
    /* Told of what comes on the feed; NULL: nobody is. */
    void (*entry)(void *ctx, const struct raw_entry *e);
    void (*head)(void *ctx, uint64_t head);
    void *ctx;
    const struct stage *stage;
    struct zmtp_key key;
    const char *from; /* the address to call from */
    struct zmtp requests;
    struct zmtp feed;
    uint8_t ticket[RAW_ID_LEN];
};

/* An answer; what it points to lives until the next one. */
struct answer {
    enum zmtp_status status;
    char code[RAW_TEXT]; /* empty: success */
    char text[RAW_TEXT];
    uint64_t msgid;
    struct raw_in result;
};

/* Take a reply apart. False: it is none. */
bool answer_read(struct answer *out, const struct bytes *reply);
/* One request and the answer to it. */
void honest_ask(struct zmtp *z, const struct raw_out *o, struct answer *out);

/* Connected to the group's requests, and a member. */
void honest_join(struct honest *h, const struct stage *stage, const struct zmtp_key *key,
                 const char *from);
/* A ticket; a feed connection that has its welcome. The feed may be away for a moment. Returns the
 * head. */
uint64_t honest_subscribe(struct honest *h);
void honest_follow(struct honest *h);
/* A message; its seq. */
uint64_t honest_say(struct honest *h, const void *body, size_t len);
/* One page of history behind a cursor, told as if it came on the feed; the cursor after it. */
uint64_t honest_fetch(struct honest *h, uint64_t after_seq);
/* The next event that is not `head`, up to end_ms: its entries' highest seq, 0 when it has none.
 * ZMTP_LATE, ZMTP_ENDED. */
enum zmtp_status honest_hear(struct honest *h, int64_t end_ms, uint64_t *seq);
void honest_leave_sockets(struct honest *h);

/* All of it, on new connections: the list of groups, joining, the feed, sending, history. */
void honest_check(const struct stage *stage, const struct zmtp_key *key, const char *from);

#endif
