/*
 * batch - what is committed together: changes with the calls that asked for them. The loop fills
 * one batch while the writer commits the other, so a batch is as large as the load makes it.
 * Threads: the loop's, except batch_commit, which runs on the writer's thread.
 */
#ifndef GROUP_BATCH_H
#define GROUP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service/call.h"
#include "service/worker.h"
#include "store/store.h"

/* A call and its changes. call NULL: nobody waits for an answer. */
struct batch_call {
    struct call *call;
    size_t first;
    size_t n;
    bool answered;      /* reply is packed; the answers to what members administer never are */
    struct frame reply; /* when committed */
};

/* One feed frame, and whose membership ends behind it. */
struct batch_step {
    struct frame payload;
    uint64_t last; /* seq in it */
    bool ends;
    enum store_what how;
    struct id ended;
    int64_t ended_ts;
};

struct batch {
    struct job job;
    struct store *store; /* borrowed */
    struct id log;
    struct store_change *changes;
    size_t n;
    size_t cap;
    size_t bytes; /* of all bodies */
    struct batch_call *calls;
    size_t n_calls;
    size_t cap_calls;
    int64_t now_ns;
    /* after batch_commit */
    enum status result;
    struct fault why;
    struct batch_step *steps;
    size_t n_steps;
    size_t cap_steps;
    uint64_t head;      /* last fresh seq, 0: none */
    int64_t head_ts;    /* its time */
    size_t crowded_out; /* changes that found no room (their result is ST_FULL), while others,
                           which may use the reserve, did; why says more */
};

void batch_init(struct batch *b, struct store *store, const struct id *log);
void batch_clear(struct batch *b);
/* Forget all content, keep the memory. Calls must be ended before. */
void batch_reset(struct batch *b);

/* Room for n changes asked for by call (NULL: by nobody); they are zeroed, the caller fills them.
 * NULL: out of memory, nothing changed. */
struct store_change *batch_add(struct batch *b, struct call *call, size_t n);

/* How the first change of c ended, for who asked for it; after batch_commit. */
enum wire_code batch_code(const struct batch *b, const struct batch_call *c);

/* Commit, then pack the answers and the feed frames. Where there is no room for all, those who
 * leave and are removed still get theirs. Nothing but result says more on failure. */
void batch_commit(struct batch *b);

#endif
