/*
 * desk - the chat at work: the model, the input, the network, and what is asked of it. Shared by
 * chat.c and desk_*.c.
 */
#ifndef CHAT_DESK_H
#define CHAT_DESK_H

#include "chat/chat.h"
#include "chat/courier.h"
#include "input/complete.h"
#include "input/editor.h"
#include "model/clean.h"
#include "model/memory.h"
#include "model/model.h"
#include "screen/grid.h"
#include "screen/view.h"

/* What is under way for a group. Times are of the monotonic clock; 0: never. */
struct room {
    struct talk *talk;
    bool joining;   /* to become a member */
    bool told_why;  /* that takes long */
    bool asking;    /* for its info */
    bool following; /* asked to, or followed */
    bool up;        /* followed */
    bool fetching;
    bool listing;      /* its people */
    int64_t join_ms;   /* try to become a member again then */
    int64_t ask_ms;    /* ask for its info then */
    int64_t people_ms; /* list its people then */
    int64_t fetch_ms;  /* not fetch before */
    uint64_t first;    /* the lowest seq that can be read */
    uint64_t kept;     /* read position on disk */
    uint64_t oldest;   /* the hole that begins there is to be fetched from its beginning; 0: none */
};

struct desk {
    const struct chat_options *options;
    struct model *model;
    struct view *view;
    struct editor *editor;
    struct courier *courier;
    struct memory *memory;
    struct notify notify;
    struct completion complete;
    struct grid grid;
    struct room *rooms;
    size_t n_rooms;
    enum view_people people;
    struct view_want want;
    int64_t now_ms;
    int64_t keep_ms;      /* write the read positions then */
    int64_t interrupt_ms; /* Ctrl-C came last then, with nothing to empty; 0: never */
    bool typed;           /* a key was pressed: the first hint is of no use any more */
    bool bare;            /* without frames: the conversation, or */
    char *bare_text;      /* this; NULL: none */
    bool bare_drawn;      /* it stays as it is */
    bool suspend;         /* stop, as Ctrl-Z does */
    bool dirty;           /* something has to be drawn */
    bool redraw;          /* everything */
    bool ring;
    bool quit;
};

/* ---- desk_rooms.c: groups that are shown ---- */

/* Show a group, and connect to it. NULL: no memory. */
struct room *desk_open_group(struct desk *d, const char *group);
struct room *desk_room(struct desk *d, const struct talk *t);
/* Become a member, however long that takes. */
void desk_join(struct desk *d, struct room *r);
/* Not any more. */
void desk_close_group(struct desk *d, struct room *r);
/* Do what is due. */
void desk_tend(struct desk *d);
/* Milliseconds until something is due, at most `most`. */
int desk_due(const struct desk *d, int most);
/* Fetch what the screen lacks. */
void desk_fetch(struct desk *d);
void desk_keep_read(struct desk *d);
/* The current group is another one: drafts change. */
void desk_show(struct desk *d, size_t at);

/* ---- desk_news.c ---- */

void desk_news(struct desk *d, struct news *n);

/* ---- desk_open.c: the steps by which a group gets connected ---- */

void desk_on_info(struct desk *d, struct room *r, const struct news *n);
void desk_on_follow(struct desk *d, struct room *r, const struct news *n);

/* ---- desk_input.c ---- */

void desk_key(struct desk *d, const struct key *key);
/* The first entry at or behind seq of the current conversation comes to the first line. */
void desk_go(struct desk *d, uint64_t seq);
/* The input as the view takes it; text NULL: no memory. */
struct view_input desk_input(const struct desk *d);
void desk_input_free(struct view_input *in);

/* ---- desk_bare.c: without frames ---- */

/* Show text (takes it; NULL: the conversation). */
void desk_bare(struct desk *d, char *text);
/* False: the key is for the conversation. */
bool desk_bare_key(struct desk *d, const struct key *key);
void desk_bare_draw(struct desk *d);
/* The frames are back. */
void desk_bare_end(struct desk *d);
/* An invitation was made. */
void desk_invitation(struct desk *d, struct talk *t, const struct news *n);

/* ---- desk_verbs.c: what is typed after a slash ---- */

void desk_verb(struct desk *d, const char *line);
/* Send to a group that is shown. */
void desk_post(struct desk *d, struct talk *t, const char *text);
/* A line of the program in the current conversation. */
void desk_say(struct desk *d, bool error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
