/*
 * people - everyone a group knows, in memory: found by UUID without touching the disk.
 * A person is an author; one who ever joined is or was a member. Changes made since people_mark
 * can be taken back, for the transaction that failed; who never marks keeps nothing for it.
 * Threads: those of who holds it.
 */
#ifndef ROSTER_PEOPLE_H
#define ROSTER_PEOPLE_H

#include "roster/person.h"

struct person_saved; /* a person as they were at the mark */

struct people {
    size_t person_size;    /* of what a person is the first field of; 0: of a person */
    struct person **by_no; /* by_no[no - 1], in the order they came */
    struct person **by_uuid;
    size_t n;
    size_t cap;
    struct person *last; /* found last: authors come in runs */
    bool marked;
    size_t marked_n;
    struct person_saved *saved;
    size_t n_saved;
    size_t cap_saved;
    uint64_t forget_at; /* no stay is to be forgotten while the log begins before; 0: none is */
    uint64_t marked_forget_at;
};

void people_clear(struct people *p);

/* NULL: not known. The pointer stays valid until the person is taken back, dropped or
 * people_clear. */
struct person *people_find(struct people *p, const struct id *uuid);
/* NULL: no such number. */
struct person *people_numbered(const struct people *p, int64_t no);
/* The index in by_uuid of the first whose UUID sorts after *after. */
size_t people_after(const struct people *p, const struct id *after);
/* The next number for someone who is not known yet. ST_NOMEM. */
enum status people_add(struct people *p, const struct id *uuid, struct person **out);
/* For who does not mark: forget them, or all of whom goes() says so, asked in order of UUID; who
 * came later moves up. */
void people_drop(struct people *p, struct person *person);
typedef bool people_goes(void *ctx, const struct person *person);
void people_drop_some(struct people *p, people_goes *goes, void *ctx);

void people_mark(struct people *p);
/* Before each change to someone who was there at the mark. ST_NOMEM. */
enum status people_save(struct people *p, struct person *person);
void people_undo(struct people *p);

/* ---- stays; to be saved before, as above ---- */

/* As person_begin_stay; keeps forget_at. */
enum status people_begin_stay(struct people *p, struct person *person, uint64_t first);
/* Look for forget_at anew, once all stays are there, or some were forgotten. */
void people_note_forget_at(struct people *p);

#endif
