/*
 * people - everyone a store knows, in memory: found by UUID without touching the disk.
 * A person is an author; one who ever joined is or was a member. Changes made since people_mark
 * can be taken back, for the transaction that failed.
 * Threads: the writer's.
 */
#ifndef PEOPLE_H
#define PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "id.h"
#include "status.h"

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
};

void people_clear(struct people *p);

/* NULL: not known. The pointer stays valid until the person is taken back or people_clear. */
struct person *people_find(struct people *p, const struct id *uuid);
/* NULL: no such number. */
struct person *people_numbered(const struct people *p, int64_t no);
/* The next number for someone who is not known yet. ST_NOMEM. */
enum status people_add(struct people *p, const struct id *uuid, struct person **out);
bool person_is_in(const struct person *person);

void people_mark(struct people *p);
/* Before each change to someone who was there at the mark. ST_NOMEM. */
enum status people_save(struct people *p, struct person *person);
void people_undo(struct people *p);

#endif
