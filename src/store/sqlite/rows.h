/*
 * rows - the rows of all that a group's store keeps beside its log: reading them as hostile
 * bytes, and the checksums that they end in. Internal to the SQLite back end.
 */
#ifndef SQLITE_ROWS_H
#define SQLITE_ROWS_H

#include <sqlite3.h>

#include "store/store.h"

/* ---- what a row ends in ---- */

int64_t group_person_sum(const struct person *p);
int64_t group_stay_sum(const struct person *p); /* the latest */
int64_t group_standing_sum(const struct person *p);
int64_t group_invite_sum(const struct invitation *invite);
int64_t group_about_sum(const struct roster *r);

/* ---- one row each: the current one of q, with these columns ---- */

#define PERSON_COLUMNS   "no, uuid, key, nick, sum"
#define STAY_COLUMNS     "person, joined_seq, joined_ts, left_seq, left_ts, sum"
#define STANDING_COLUMNS "person, role, role_set, invited, ban_seq, ban_ts, banned_by, sum"
#define INVITE_COLUMNS   "hash, author, since, uses, expires, sum"
#define ABOUT_COLUMNS    "topic, standings, invites, sum"

/* They take the rows in this order: people by number, stays by person and joined_seq, standings,
 * invitations, and what there is once, which counts the two before it. ST_CORRUPT: it is not what
 * it can be, or was written otherwise. */
typedef enum status group_take(sqlite3_stmt *q, const struct store_state *state, struct roster *r,
                               struct fault *why);
group_take group_take_person;
group_take group_take_stay;
group_take group_take_standing;
group_take group_take_invite;
group_take group_take_about;

/* ---- all of them ---- */

/* *r is empty before. */
enum status group_load(sqlite3 *db, const struct store_state *state, struct roster *r,
                       struct fault *why);

#endif
