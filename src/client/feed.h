/*
 * feed - follows one group: every entry after the start, once and in order.
 * Subscribes on the session, takes the ticket to the feed socket, which connects meanwhile if it is
 * known where, waits for the welcome, fetches from the cursor to the head, and goes on with what
 * the feed brings. What is missing is fetched; what was seen is skipped; what is silent or lost is
 * begun again with a new ticket.
 * Entries are handed out straight from the frame they came in. While they are not taken, nothing
 * more is read, and the group sees a slow reader.
 * Threads: the handle's. Blocking: never.
 */
#ifndef CLIENT_FEED_H
#define CLIENT_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "client/feed_hints.h"
#include "client/nicks.h"
#include "client/refusal.h"
#include "client/tail.h"
#include "conclave.h"
#include "rpc/session.h"

enum feed_start { FEED_FROM_NOW, FEED_AFTER_TIME, FEED_AFTER_CURSOR };

enum feed_phase {
    FEED_WAITING,     /* for due_ms, to subscribe */
    FEED_SUBSCRIBING, /* asked for a ticket; perhaps the feed socket connects already */
    FEED_CONNECTING,  /* to the feed socket, until the welcome */
    FEED_FILLING,     /* fetching; the feed socket is not read */
    FEED_LIVE,
    FEED_ENDED,
};

/* A frame and what of its entries was not handed out yet. */
struct frame_queue {
    bool used;
    bool from_feed;
    uint64_t lost_to; /* entries up to this one are gone; 0: none */
    struct frame frame;
    struct wire_list entries;
};

/* Pages asked for, or waiting to be handed out. All of them together stay below the 1 MiB of
 * answers that a group keeps for a connection which does not read; but it may count what was read
 * meanwhile, for about a second. Pages that stay away for it are asked for again, see pages_step.
 * Measured (W5): 1, 2, 3 and 4 gave 1.9, 2.5, 2.8 and 3.0 million entries/s; smaller ones less. */
#define FEED_PAGES      4
#define FEED_PAGE_BYTES (240 * 1024)

/* A page of history that was asked for. */
struct page_ask {
    struct feed *feed;
    struct session_call call;
    uint64_t after;
    uint64_t limit;           /* of entries; 0: as many as go into a page */
    struct frame_queue *reel; /* what came */
    bool taken;               /* it was looked at, and is next */
};

struct feed {
    const char *group;       /* its name; borrowed, like the next three */
    struct session *session; /* of the same group */
    struct nicks *nicks;
    struct feed_hints *places; /* NULL: none */
    enum feed_start start;
    int64_t after_ts; /* FEED_AFTER_TIME, until the first page */

    enum feed_phase phase;
    struct tail tail; /* what was handed out */
    bool was_up;
    struct dial dial;
    int64_t deadline_ms; /* of the first attempts */
    int64_t now_ms;
    int64_t heard_ms;
    bool heard;         /* since the last step */
    int64_t asked_ms;   /* for a ticket */
    int64_t connect_ms; /* when the present connection was begun */

    struct session_call call;          /* subscribe */
    struct page_ask pages[FEED_PAGES]; /* a ring: they are handed out in the order of asking */
    size_t first_page;
    size_t n_pages;
    bool compare;       /* the log may have another entry where the tail is */
    uint64_t want;      /* the next page is the one after this entry, */
    int64_t want_ts;    /* which has that time; 0: not known */
    uint64_t head;      /* as the latest page told it */
    uint64_t page_rows; /* so many entries fit into a page, going by the last; 0: not known */
    bool want_more;
    bool one_page;        /* at a time; until the feed is begun again */
    bool page_news;       /* since the last step: one was asked for, or came */
    int64_t page_ms;      /* when there was news last */
    uint64_t filled_from; /* where the last fetching began; UINT64_MAX: none on this connection */
    struct sock *sock;
    char address[ENDPOINT_MAX + 1]; /* where it connects to, */
    uint8_t trusted[KEY_LEN];       /* and the key that it trusts there */
    bool tried_early;               /* to connect before there was a ticket */
    uint8_t ticket[TICKET_LEN];
    struct frame_queue reels[2 + FEED_PAGES];
    struct frame_queue *current; /* being handed out */
    struct frame_queue *held; /* from the feed, comes when what is missing before it was fetched */
    bool more_frames;         /* than are read in one go: perhaps nothing tells of the rest */

    uint64_t presence; /* of the last welcome or head */
    bool presence_known;
    bool presence_changed;                 /* and nobody was told */
    int64_t presence_ms;                   /* when somebody was told last; 0: never */
    char subject_nick[NAME_MAX_BYTES + 1]; /* of the entry given last */
    int state;                             /* enum conclave_feed_state, or -1 before the first */
    int told;                              /* the same, as last given by feed_next */
    char told_why[REFUSAL_CODE_MAX];       /* the code that was given with it */
    enum status end_st; /* ENDED: ST_DENIED when the group refused, else as a call ends */
    struct refusal why; /* ENDED, RECONNECTING */
};

struct feed_options {
    const char *group;
    struct session *session;
    struct nicks *nicks;
    struct feed_hints *places; /* NULL: none */
    enum feed_start start;
    int64_t after_ts;
    struct tail after;
    int64_t deadline_ms; /* how long to try before it was up for the first time */
};

struct feed *feed_new(const struct feed_options *o);
void feed_free(struct feed *f);

void feed_step(struct feed *f, int64_t now_ms);
int64_t feed_due(const struct feed *f);
/* Whether there is room for what the feed socket brings. */
bool feed_reads(const struct feed *f);
/* Up, so that its position is known. Stays true. */
bool feed_is_up(const struct feed *f);
/* Time passed in which nobody looked: it does not count as silence. */
void feed_away(struct feed *f, int64_t ms);
/* The next event. Pointers in *out are valid until the next call to any function of f or its
 * nicks. */
bool feed_next(struct feed *f, struct conclave_event *out);

#endif
