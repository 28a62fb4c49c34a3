/*
 * pages_bench - a feed that catches up, against a group that the test answers for: page by page, in
 * any order, as a group would or not. What the reader gets is counted: entries and gaps must follow
 * each other without a hole.
 */
#ifndef PAGES_BENCH_H
#define PAGES_BENCH_H

#include "client/feed.h"

#define T0        1000000
#define ASKED_MAX 250

/* What the group has. */
struct past {
    struct id log;
    uint64_t kept_from;
    uint64_t head;
    uint64_t hidden_from, hidden_to; /* not ours to read */
    size_t body;                     /* bytes of each message */
};

struct bench {
    struct session s;
    struct nicks nicks;
    struct feed *f;
    int64_t now;
    struct past past;
    struct wire_request asked[ASKED_MAX]; /* get_message, in the order of asking */
    size_t n_asked;
    uint64_t seen; /* the last entry that came, or was told to be gone */
    uint64_t lost; /* entries that were told to be gone */
};

extern const struct id the_log;

int bench_set_up(void **state);
int bench_tear_down(void **state);

/* Everybody does what can be done now. Tickets are given at once, and the feed says welcome. */
void bench_run(struct bench *b);
void bench_say(const struct wire_feed *f);
void bench_pack(struct buf *to, struct wire_list *l, uint64_t seq, size_t body);
/* The page that a group would give; its entries are in *packed, which is the caller's. */
struct wire_page bench_honest(const struct bench *b, const struct wire_request *r,
                              struct buf *packed);
/* Answer the i-th that was asked for: with that page; as a group would; with not more than so many
 * rows, as when the others have no room; with a refusal. */
void bench_give(struct bench *b, size_t i, const struct wire_page *page);
void bench_serve(struct bench *b, size_t i);
void bench_serve_cut(struct bench *b, size_t i, uint64_t rows);
void bench_refuse(struct bench *b, size_t i, enum wire_code code);
/* What the i-th was asked with. */
uint64_t bench_after(const struct bench *b, size_t i);
uint64_t bench_limit(const struct bench *b, size_t i);

/* The next event but entries and gaps, which are counted. False: none is there. */
bool bench_next_other(struct bench *b, struct conclave_event *e);
/* Entries, and nothing else, come up to that one. */
void bench_expect_up_to(struct bench *b, uint64_t seq);
void bench_expect_state(struct bench *b, enum conclave_feed_state st, const char *code);
void bench_expect_nothing(struct bench *b);

/* The first page was asked for, of a group with that head. */
void bench_start(struct bench *b, uint64_t head);
/* The first page was of 8 entries and is there; three more of 7 are under way. */
void bench_start_with_three(struct bench *b, uint64_t head);
/* Answer what is asked for, from the i-th on, until the feed is live at the head. */
void bench_finish(struct bench *b, size_t i);

#endif
