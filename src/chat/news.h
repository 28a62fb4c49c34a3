/*
 * news - what the chat asks of the network and what it hears from there, as things of their own
 * that can be handed from one thread to another: nothing in them points into a handle.
 */
#ifndef CHAT_NEWS_H
#define CHAT_NEWS_H

#include <stdbool.h>
#include <stddef.h>

#include "conclave.h"

enum errand_kind {
    /* for the handle that follows and posts */
    ERRAND_FOLLOW,   /* group; from cursor */
    ERRAND_UNFOLLOW, /* group */
    ERRAND_WAITING,  /* group: what was posted by an earlier run? */
    ERRAND_POST,     /* group, text, id */
    /* for the handle that asks */
    ERRAND_GROUPS,
    ERRAND_INFO,     /* group; cursor: how far its log was read, log zero: not known */
    ERRAND_PEOPLE,   /* group */
    ERRAND_FETCH,    /* group; behind first, to last */
    ERRAND_FETCH_AT, /* group; behind time */
    ERRAND_SEARCH,   /* group, text */
    ERRAND_JOIN,     /* group, text: nick or NULL */
    ERRAND_LEAVE,    /* group */
    ERRAND_CHANGE,   /* group, text, change */
    ERRAND_INVITE,   /* group; first: uses */
};

/* What members change, with the handle that asks and on its thread. */
typedef enum conclave_status errand_change(struct conclave *handle, const char *group,
                                           const char *text);

struct errand {
    enum errand_kind kind;
    char *group; /* NULL: none */
    char *text;  /* NULL: none */
    struct conclave_id id;
    struct conclave_cursor cursor;
    uint64_t first, last;
    int64_t time;
    errand_change *change;
    struct errand *next;
};

/* Copies both strings. NULL: no memory. */
struct errand *errand_new(enum errand_kind kind, const char *group, const char *text);
void errand_free(struct errand *e);

enum news_kind {
    NEWS_EVENT,  /* event */
    NEWS_ANSWER, /* to errand: status, and what belongs to its kind */
};

struct news {
    enum news_kind kind;
    struct conclave_event event;
    struct errand *errand; /* owned */
    enum conclave_status status;
    const char *code; /* "" for CONCLAVE_OK */
    const char *text; /* a sentence; INVITE: the invitation */
    struct conclave_info info;
    bool goes_on;           /* INFO: its log is another one, which has what the cursor has */
    const char *went_back;  /* INFO: it lacks some of that, as this says; else "" */
    struct conclave_id log; /* a feed's STATE: of which log it is */
    struct conclave_group *groups;
    struct conclave_member *members;
    struct conclave_entry *entries;
    size_t n;       /* of the three above */
    uint64_t next;  /* FETCH, FETCH_AT: the page reaches to this seq */
    bool end;       /* and nothing was behind it. SEARCH: there was nothing more */
    bool already;   /* JOIN */
    size_t waiting; /* WAITING: messages that are not sent yet */
    size_t bytes;   /* of all of it, about */
    struct news *later;
    struct piece *pieces; /* what the pointers above point to */
};

/* NULL: no memory. */
struct news *news_new(enum news_kind kind);
void news_free(struct news *n);

/* Copies that live as long as the news. NULL: no memory. */
const char *news_string(struct news *n, const char *text);
bool news_event(struct news *n, const struct conclave_event *e);
/* Append one to members, entries or groups. False: no memory. */
bool news_add_member(struct news *n, const struct conclave_member *m);
bool news_add_entry(struct news *n, const struct conclave_entry *e);
bool news_add_group(struct news *n, const struct conclave_group *g);
bool news_info(struct news *n, const struct conclave_info *info);

#endif
