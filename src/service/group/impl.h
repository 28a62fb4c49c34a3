/*
 * impl - the inside of a group, shared by the files of src/service/group only.
 */
#ifndef GROUP_IMPL_H
#define GROUP_IMPL_H

#include "base/log.h"
#include "group/batch.h"
#include "group/doubt.h"
#include "group/group.h"
#include "group/guesses.h"
#include "group/members.h"
#include "group/recent.h"
#include "group/tickets.h"
#include "net/meter.h"
#include "roster/roster.h"
#include "service/worker.h"

struct searcher;

/* Removal of old entries. The job is with the writer while `running`. */
struct upkeep {
    struct job job;
    struct store_keep keep;
    bool on;
    bool running;
    bool due; /* another step should follow */
    struct doubt doubt;
    bool ageless; /* nothing is old: the clock is not believed */
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
    struct id *owners;      /* as named at the start */
    size_t n_owners;
    enum group_history policy;
    size_t max_members;
    struct rate join_rate;  /* of those whom nobody knows, */
    struct account joining; /* all together */
    uint64_t max_messages;  /* 0: no bound */
    bool crowded;           /* the last send found as many */
    bool crowded_told;
    struct log_limit crowds;
    char feed[ENDPOINT_MAX + 1];
    struct roster roster; /* the loop's own: who may do what is decided from memory */
    struct members *members;
    struct tickets *tickets;
    struct guesses guesses;
    struct recent *recent;
    uint64_t first; /* lowest seq kept */
    uint64_t head;  /* last published seq */
    int64_t head_ts;
    struct log_limit behind;
    struct log_limit offences;
    bool strangers; /* who is out may still have connections to the feed */
    bool stopping;
    enum wire_code held; /* every request is refused so; CODE_OK: none */
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
    /* searching */
    struct searcher *searcher;
};

/* handlers */
call_handler group_join_group, group_leave_group;               /* membership.c */
call_handler group_get_members, group_get_info, group_get_bans; /* lists.c */
call_handler group_send_message;                                /* messages.c */
call_handler group_get_message;                                 /* history.c */
call_handler group_search_message;                              /* search.c */
call_handler group_subscribe;                                   /* feed.c */
call_handler group_do;                                          /* admin.c: the other deeds */
call_handler group_create_invite, group_revoke_invite, group_get_invites; /* invites.c */

/* rules.c */
extern const struct op_rule group_rules[OP_COUNT];

/* door.c */
/* Whoever is let in may ask at all; ZAP asks once for each connection, so every request is asked
 * again. invited: with an invitation in hand. */
enum wire_code group_may_come(const struct group *g, const struct call *call, bool invited);
enum wire_code group_may_member(const struct group *g, const struct call *call);
/* The key is on the list, or is that of an owner named at the start. */
bool group_lists(const struct group *g, const uint8_t key[static KEY_LEN]);
bool group_named_owner(const struct group *g, const struct id *who);
/* Take somebody out in the group's own name, at once; the entry follows. */
void group_expel(struct group *g, struct member *who, enum removal how);
/* Whoever is in, or about to be, and may not be by the list, is out. */
void group_expel_unlisted(struct group *g);
/* What found no room then: removals, and the roles of owners named at the start. */
void group_catch_up(struct group *g);
/* An owner named at the start gets the role, unless it was decided before. */
void group_crown(struct group *g, struct member *who);
/* Somebody who may be new here. CODE_OK: *out is theirs. CODE_LIMIT, CODE_BUSY. */
enum wire_code group_meet(struct group *g, const struct id *who, struct member **out);

/* lists.c: answer with the items in raw, which is cleared. CODE_DEFERRED, CODE_BUSY. */
enum wire_code group_reply_list(struct group *g, struct call *call, struct wire_reply *result,
                                struct wire_list *list, struct buf *raw);

/* invites.c: who is put out takes their invitations along, or they could use them under
 * another key. */
void group_revoke_all_by(struct group *g, const struct id *who);

/* mirror.c: what the store knows, at the start. */
enum status group_mirror(struct group *g);

/* change.c: a change begins, and is answered */
/* Whether a call with n changes may join those that wait for the writer; counts its bytes. */
bool group_has_room(struct group *g, struct call *call, size_t n);
/* What asks the store for one change; counts what is under way about `who` (may be NULL). NULL:
 * too much waits. call NULL: nobody waits for an answer. */
struct store_change *group_change(struct group *g, struct call *call, enum store_what what,
                                  struct member *who);
/* Answers one of those that wire_change_id or OP_CREATE_INVITE means. code not CODE_OK: it was
 * refused. */
void group_answer_change(struct group *g, struct call *call, const struct store_change *c,
                         enum wire_code code);
bool group_answers_change(const struct call *call);
/* The line for such a request. */
void group_log_change(struct group *g, const struct call *call);
/* The request was made before: CODE_OK with *result filled, or CODE_BUSY. CODE_COUNT: it was not.
 */
enum wire_code group_repeated(struct group *g, const struct call *call, struct wire_reply *result);

/* stored.c: what became of a change, in the loop's roster */
/* A change but STORE_SEND is stored, or (result not ST_OK) was not. */
void group_change_done(struct group *g, const struct store_change *c, enum status result);

/* history.c */
struct page *page_new(void);
void page_free(struct page *p);
/* On the reader's thread. */
void group_read_page(void *ctx, struct job *job);
/* What who may read, as struct store_query wants it; returns how many there are. 0: everything. */
size_t group_ranges(const struct group *g, const struct member *who,
                    struct stay ranges[static STAYS_MAX]);
const char *group_history_name(enum group_history policy);

/* search.c */
enum status group_search_open(struct group *g);
/* What runs ends soon; what waits is refused. */
void group_search_stop(struct group *g);
/* The answers still go out. */
void group_search_close(struct group *g);
/* About once a second. */
void group_search_beat(struct group *g);
bool group_searching(const struct group *g);

/* upkeep.c */
/* Hand a step to the writer, if one is due; behind what was handed over before. */
void group_upkeep_submit(struct group *g);
void group_upkeep_run(struct group *g); /* on the writer's thread */
enum status group_upkeep_done(struct group *g, struct fault *why);

/* feed.c */
void group_publish(struct group *g, struct batch *b);
/* The last frame on all tickets of who is out, then no more. */
void group_end_tickets(struct group *g, struct member *who, enum wire_end how);
/* How a stay ends that what ends. */
enum wire_end group_end_of(enum store_what what);

#endif
