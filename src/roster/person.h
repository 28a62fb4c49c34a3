/*
 * person - what a group knows of somebody: what they are called, when they were in, which role they
 * have, whether they are banned. Pure.
 */
#ifndef ROSTER_PERSON_H
#define ROSTER_PERSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/entry.h"
#include "base/id.h"
#include "base/status.h"

/* From the joined entry to the one that ended it; last is UINT64_MAX for who is in. At most
 * STAYS_MAX are remembered of a person: the oldest is forgotten, and what was said in it is then
 * not theirs to read any more. Those go too of which neither an entry is kept, nor one that was
 * made before the next began. */
struct stay {
    uint64_t first;
    uint64_t last;
};
#define STAYS_MAX 64

struct person {
    struct id uuid;
    uint32_t no; /* among the people: people.h */
    bool has_key;
    uint8_t key[32];
    uint8_t nick_len;
    uint8_t nick[NAME_MAX_BYTES];
    uint64_t joined_seq; /* of the latest stay; 0: never joined, perhaps banned or given a role */
    int64_t joined_ts;
    uint64_t left_seq; /* 0: is in, if joined_seq is not */
    int64_t left_ts;
    bool has_standing; /* one of the following was ever set */
    bool role_set;     /* somebody decided that role; false: nobody ever did */
    bool invited;      /* is in, and this stay began with an invitation */
    enum role role;
    uint64_t ban_seq; /* of the entry; 0: not banned */
    int64_t ban_ts;
    struct id banned_by;
    struct stay *stays; /* owned; oldest first, the latest last */
    size_t n_stays;
    size_t cap_stays;
};

bool person_is_in(const struct person *p);
/* Joined ever, or somebody decided about them. */
bool person_is_known(const struct person *p);
/* Borrowed from p; empty: never joined. */
struct span person_nick(const struct person *p);
/* At most NAME_MAX_BYTES. */
void person_set_nick(struct person *p, struct span nick);

/* Replaces *to, whose stays are freed; its number stays. ST_NOMEM: nothing was changed. */
enum status person_copy(struct person *to, const struct person *from);
void person_clear(struct person *p);

/* ---- stays ---- */

/* Room for one more, so that person_begin_stay finds it. ST_NOMEM. */
enum status person_reserve_stay(struct person *p);
/* A stay with no end, behind the others; of more than STAYS_MAX the oldest is forgotten.
 * ST_NOMEM. */
enum status person_begin_stay(struct person *p, uint64_t first);
/* Of the latest. Nothing happens where there is none. */
void person_end_stay(struct person *p, uint64_t last);
/* Has the one behind the oldest begun at `first`, where the log begins? Then nothing depends on the
 * oldest: neither what was said in it is kept, nor what was said between the two. */
bool person_has_stay_to_forget(const struct person *p, uint64_t first);
/* Forget those; the latest stays. */
void person_forget_stays(struct person *p, uint64_t first);
/* joined_seq of the oldest that is remembered; when none is, of the latest there was. */
uint64_t person_oldest_stay(const struct person *p);

#endif
