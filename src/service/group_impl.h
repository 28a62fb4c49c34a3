/*
 * group_impl - the inside of a group, shared by the files group*.c only.
 */
#ifndef GROUP_IMPL_H
#define GROUP_IMPL_H

#include "batch.h"
#include "group.h"
#include "log.h"
#include "members.h"
#include "sessions.h"
#include "worker.h"

/* Removal of old entries. The job is with the writer while `running`. */
struct upkeep {
    struct job job;
    struct store_keep keep;
    bool on;
    bool running;
    bool due; /* another step should follow */
    bool started;
    bool jump_told;
    int64_t start_wall_ns;
    int64_t start_mono_ms;
    /* the step */
    int64_t now_ns;
    size_t rows;
    size_t removed;
    enum status result;
    struct fault why;
};

struct group {
    struct store *store;
    struct outbox outbox;
    struct id self; /* author of what the group does by itself */
    struct id log;
    struct keyset *allowed; /* NULL: everybody */
    char feed[ENDPOINT_MAX + 1];
    struct members *members;
    struct sessions *sessions;
    uint64_t head; /* last published seq */
    struct log_limit behind;
    bool stopping;
    struct log_limit requests;
    /* writing */
    struct worker *writer;
    struct batch batches[2];
    struct batch *filling;
    bool writing; /* the other one is with the writer */
    struct log_limit no_room;
    struct upkeep upkeep;
    /* reading */
    struct worker *reader;
    struct store_reader *history;
    struct page *page; /* the reader's */
    size_t reads;      /* under way */
};

/* group.c: whether a call with n changes may join those that wait for the writer; counts its
 * bytes. */
bool group_has_room(struct group *g, struct call *call, size_t n);

/* permissions */
call_permission group_may_enter;
call_permission group_may_member;

/* handlers */
call_handler group_join_group, group_leave_group, group_get_members; /* group_members.c */
call_handler group_send_message;                                     /* group_messages.c */
call_handler group_get_message;                                      /* group_history.c */
call_handler group_subscribe;                                        /* group_feed.c */

/* group_members.c */
enum status group_load_members(struct group *g);
/* Take somebody out in the group's own name; the entry follows. */
void group_expel(struct group *g, struct member *who);
/* The entries that found no room then. */
void group_expel_again(struct group *g);
/* A change of membership is stored, or (result not ST_OK) was not. */
void group_membership_done(struct group *g, const struct store_change *c, enum status result);

/* group_history.c */
struct page *page_new(void);
void page_free(struct page *p);
/* On the reader's thread. */
void group_read_page(void *ctx, struct job *job);

/* group_upkeep.c */
/* Hand a step to the writer, if one is due; behind what was handed over before. */
void group_upkeep_submit(struct group *g);
void group_upkeep_run(struct group *g); /* on the writer's thread */
enum status group_upkeep_done(struct group *g, struct fault *why);

/* group_feed.c */
void group_publish(struct group *g, struct batch *b);
/* The last frame on all tickets of who is out, then no more. */
void group_end_sessions(struct group *g, struct member *who, const char *text);

#endif
