/*
 * group_world - a group with a few people in and around it, and the model of what each of them may
 * read, for tests. The model is the log itself: it says who was in when.
 */
#ifndef GROUP_WORLD_H
#define GROUP_WORLD_H

#include "group_rig.h"

enum { OWNER, LISTED, LISTED_TOO, UNLISTED, UNLISTED_TOO, UNLISTED_THIRD, ACTORS };
enum { LOG_MAX = 4096, WORLD_STAYS_MAX = 512, INVITES = 200, WRONG_MAX = 5 };

struct world_stay {
    uint64_t first;
    uint64_t last; /* UINT64_MAX: is in */
    bool by_group; /* the group itself ended it: it cuts the feed at once */
};

/* A ticket that somebody subscribed to, and from where it had to bring entries. */
struct follow {
    unsigned who;
    uint8_t ticket[TICKET_LEN];
    uint64_t after;
    bool restarted; /* the group was: it brings nothing more */
    uint64_t until; /* the head at that time */
};

struct somebody {
    struct actor actor;
    struct world_stay stays[WORLD_STAYS_MAX];
    size_t n_stays;
    /* what the requests answered one by one are compared with */
    bool in, banned, known;
    unsigned wrong;
};

struct world {
    struct rig *rig;
    char dir[DESK_DIR_MAX];
    char less[DESK_DIR_MAX]; /* a list without LISTED_TOO */
    enum group_history policy;
    unsigned seed;
    struct somebody people[ACTORS];
    struct follow follows[LOG_MAX];
    size_t n_follows;
    unsigned uses[INVITES]; /* that are left of each invitation */
    bool revoked[INVITES];  /* lately: doing it again is answered as the first time */
    size_t n_invites;
    unsigned ids;
};

/* A number below n. */
unsigned world_pick(struct world *w, unsigned n);
/* One that was not used yet. */
struct id world_new_id(struct world *w);
/* As of the last world_check_all. */
bool world_is_in(const struct somebody *p);
/* Everybody who is in can read what the policy says, and nobody else anything. The loop's roster is
 * the store's. */
void world_check_all(struct world *w);
/* The ticket brought what it had to, up to the entry that ended that stay. */
void world_check_feed(struct world *w, const struct follow *f);

#endif
