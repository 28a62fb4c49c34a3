/*
 * rows - the rows of all that a group's store keeps, read as hostile bytes; writing them is in
 * impl.h. Internal to the SQLite engine.
 */
#ifndef SQLITE_ROWS_H
#define SQLITE_ROWS_H

#include <sqlite3.h>
#include <stdbool.h>

#include "store/block.h"
#include "store/store.h"

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

/* ---- blocks of entries ---- */

#define BLOCK_COLUMNS "last, first, ts, data"
#define BLOCK_INSERT  "INSERT INTO block(" BLOCK_COLUMNS ") VALUES (?1, ?2, ?3, ?4)"
/* The current row. False: a column is not what it can be. data is borrowed until the next step. */
bool block_take(sqlite3_stmt *q, struct block *out);
/* Bind what is in it. Borrowed until the statement has run. */
void block_bind(sqlite3_stmt *q, const struct block_builder *b);

/* ---- all of them ---- */

/* *r is empty before. */
enum status group_load(sqlite3 *db, const struct store_state *state, struct roster *r,
                       struct fault *why);

#endif
