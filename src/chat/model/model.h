/*
 * model - what the chat knows: groups, what was said in them, who is in, what waits to be sent.
 * Knows no terminal and no network. Text in it is clean (clean.h). The view reads the structs;
 * only the functions here and in talk.h change them, but for the fields said to be the view's.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conclave.h"

enum item_kind {
    ITEM_ENTRY,   /* seq */
    ITEM_LOST,    /* seq to last: no longer kept, or not ours to read */
    ITEM_HOLE,    /* seq to last: not fetched yet */
    ITEM_NOTE,    /* the program's own words */
    ITEM_PENDING, /* ours; always at the end */
};

struct item {
    enum item_kind kind;
    uint64_t uid; /* unique in the model, never 0 */
    uint64_t seq;
    uint64_t last;
    int64_t ts;
    int day;  /* of ts in the local zone, to be compared */
    int what; /* ENTRY: enum conclave_kind */
    int role;
    struct conclave_id author;
    struct conclave_id id;
    char *nick;    /* of the author; NULL: none */
    char *subject; /* whom it is about; NULL: nobody */
    char *text;    /* NULL: none */
    size_t len;
    size_t bytes; /* as budget.h counts */
    bool stored;  /* PENDING: acknowledged, and not seen as an entry yet */
    bool own;
    bool by_group; /* nobody but the group itself did it */
    bool mention;
    bool error; /* NOTE */
};

struct participant {
    struct conclave_id uuid;
    char nick[CONCLAVE_NAME_MAX + 1];
    int role;
    bool here;
};

enum talk_state {
    TALK_HOME,         /* no group: the program's own page */
    TALK_OPENING,      /* not up yet */
    TALK_LIVE,         /* connected */
    TALK_BEHIND,       /* connected, fetching what was missed */
    TALK_RECONNECTING, /* goes on by itself */
    TALK_REFUSED,      /* the same, but somebody has to do something first */
    TALK_OUT,          /* not a member, or not any more; or the log is another one */
};

#define WHY_MAX 256

struct talk {
    char *name; /* of the group; "" for the home page */
    enum talk_state state;
    char why[WHY_MAX];  /* OPENING, RECONNECTING, REFUSED, OUT: one sentence, may be "" */
    struct item *items; /* in order of seq */
    size_t n_items;
    size_t cap_items;
    size_t bytes;  /* of the items */
    int nick_cols; /* of the widest name of who said something; it does not shrink */
    struct participant *people;
    size_t n_people;
    size_t here;
    char nick[CONCLAVE_NAME_MAX + 1]; /* ours there; "": not known */
    char *topic;                      /* NULL: none */
    struct conclave_id log;
    uint64_t newest;      /* highest seq seen */
    uint64_t read;        /* everything to this seq was seen */
    uint64_t unread_from; /* the unread line is before this seq; 0: none */
    size_t unread;
    size_t mentions;
    size_t waiting; /* messages of an earlier run that are still to be sent */
    char *draft;    /* NULL: none */
    size_t draft_cursor;
    uint64_t anchor;  /* the view's: uid of the lowest item in sight; 0: the newest */
    int anchor_below; /* and how many of its lines are below the edge */
};

struct model {
    struct talk **talks; /* the first is the home page */
    size_t n_talks;
    size_t current;
    struct conclave_id self;
    char self_name[CONCLAVE_NAME_MAX + 1]; /* where our nick is not known */
    uint64_t next_uid;
};

/* NULL: no memory. */
struct model *model_new(const struct conclave_id *self, const char *self_name);
void model_free(struct model *m);

struct talk *model_current(const struct model *m);
/* NULL: no such group. */
struct talk *model_find(const struct model *m, const char *group);
/* The group, added at the end when it is new. NULL: no memory. */
struct talk *model_add(struct model *m, const char *group);
/* Not the home page. When it is the current one, the one before it becomes that. */
void model_remove(struct model *m, struct talk *t);
/* Make it the current one: its unread line is set, what is in it counts as read. */
void model_show(struct model *m, size_t at);
size_t model_index(const struct model *m, const struct talk *t);

#endif
