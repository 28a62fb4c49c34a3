/*
 * people - everyone a store knows, in memory: found by UUID without touching the disk.
 * A person is an author; one who ever joined is or was a member. Changes made since people_mark
 * can be taken back, for the transaction that failed.
 * Threads: the writer's.
 */
#ifndef STORE_PEOPLE_H
#define STORE_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/entry.h"
#include "base/id.h"
#include "base/status.h"
#include "store/store.h"

struct person {
    struct id uuid;
    uint32_t no; /* 1, 2, 3 ... in the order they came; what entries store */
    bool has_key;
    uint8_t key[32];
    uint8_t nick_len;
    uint8_t nick[NAME_MAX_BYTES];
    uint64_t joined_seq; /* of the latest stay; 0: never joined */
    int64_t joined_ts;
    uint64_t left_seq; /* 0: is in */
    int64_t left_ts;
    bool has_standing; /* there is a row of what follows */
    bool role_set;
    bool invited;
    enum role role;
    uint64_t ban_seq; /* of the entry; 0: not banned */
    int64_t ban_ts;
    struct id banned_by;
    struct store_stay *stays; /* owned; oldest first */
    size_t n_stays;
};

struct person_saved; /* a person as they were at the mark */

struct people {
    struct person **by_no; /* by_no[no - 1] */
    struct person **by_uuid;
    size_t n;
    size_t cap;
    struct person *last; /* found last: authors come in runs */
    size_t marked_n;
    struct person_saved *saved;
    size_t n_saved;
    size_t cap_saved;
    uint64_t forget_at; /* no stay is to be forgotten while the log begins before; 0: none is */
    uint64_t marked_forget_at;
};

void people_clear(struct people *p);

/* NULL: not known. The pointer stays valid until the person is taken back or people_clear. */
struct person *people_find(struct people *p, const struct id *uuid);
/* NULL: no such number. */
struct person *people_numbered(const struct people *p, int64_t no);
/* The next number for someone who is not known yet. ST_NOMEM. */
enum status people_add(struct people *p, const struct id *uuid, struct person **out);
bool person_is_in(const struct person *person);
/* Joined ever, or somebody decided about them. */
bool person_is_known(const struct person *person);

void people_mark(struct people *p);
/* Before each change to someone who was there at the mark. ST_NOMEM. */
enum status people_save(struct people *p, struct person *person);
void people_undo(struct people *p);

/* ---- stays; to be saved before, as above ---- */

/* A stay with no end, behind the others; of more than STORE_STAYS_MAX the oldest is forgotten.
 * ST_NOMEM. */
enum status people_begin_stay(struct people *p, struct person *person, uint64_t first);
/* The latest; there is one. */
void person_end_stay(struct person *person, uint64_t last);
/* Has the one behind the oldest begun at `first`, where the log begins? Then nothing depends on the
 * oldest: neither what was said in it is kept, nor what was said between the two. */
bool person_has_stay_to_forget(const struct person *person, uint64_t first);
/* Forget those; the latest stays. */
void person_forget_stays(struct person *person, uint64_t first);
/* Look for forget_at anew, once all stays are there, or some were forgotten. */
void people_note_forget_at(struct people *p);
/* joined_seq of the oldest that is remembered; when none is, of the latest there was. */
uint64_t person_oldest_stay(const struct person *person);

#endif
