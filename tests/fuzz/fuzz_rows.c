/* Rows of a store's tables. Whatever is believed can be, and a checksum that does not fit is never
 * believed. An input is a list of rows: a byte for the table and whether the harness puts the right
 * checksum in, then the columns, each with a byte for its type. */
#include <endian.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/rows.h"
#include "sqlite/sql.h"
#include "store/engine.h"
#include "store/sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COLUMNS_MAX 8
#define BIG_MAX     20000
#define FIX         0x80

enum table { PERSON, STAY, STANDING, INVITE, ABOUT, TABLE_COUNT };

static const struct {
    int columns;
    int sum; /* where it is */
    group_take *take;
} tables[TABLE_COUNT] = {
    [PERSON] = {5, 4, group_take_person},     [STAY] = {6, 5, group_take_stay},
    [STANDING] = {8, 7, group_take_standing}, [INVITE] = {6, 5, group_take_invite},
    [ABOUT] = {4, 3, group_take_about},
};

static const struct store_state state = {.first = 5, .head = 40, .last_ts = 4000};

static void
require(bool holds)
{
    if (!holds)
        abort();
}

/* ---- the input ---- */

static uint64_t
take_number(struct span *in, size_t len)
{
    uint64_t value = 0;
    size_t n = in->len < len ? in->len : len;

    if (n > 0)
        memcpy(&value, in->p, n);
    in->p += n;
    in->len -= n;
    return le64toh(value);
}

static struct span
take_bytes(struct span *in)
{
    size_t len = (size_t)take_number(in, 1);
    struct span bytes = {in->p, len < in->len ? len : in->len};

    in->p += bytes.len;
    in->len -= bytes.len;
    return bytes;
}

static void
bind_column(sqlite3_stmt *q, int at, struct span *in)
{
    uint8_t type = (uint8_t)take_number(in, 1);
    struct span bytes;

    switch (type & 7) {
    case 1:
        sqlite3_bind_int64(q, at, (int64_t)take_number(in, 1));
        break;
    case 2:
        sqlite3_bind_int64(q, at, (int64_t)take_number(in, 8));
        break;
    case 3:
        sql_bind_span(q, at, take_bytes(in));
        break;
    case 4:
        bytes = take_bytes(in);
        sqlite3_bind_text(q, at, bytes.len > 0 ? (const char *)bytes.p : "", (int)bytes.len,
                          SQLITE_STATIC);
        break;
    case 5:
        sqlite3_bind_zeroblob(q, at, (int)(take_number(in, 2) % BIG_MAX));
        break;
    case 6:
        sqlite3_bind_double(q, at, 1.5);
        break;
    case 7:
        sqlite3_bind_int64(q, at, type >> 3);
        break;
    default:
        sqlite3_bind_null(q, at);
    }
}

/* ---- the right checksum of what is in the columns ---- */

static void
copy_column(sqlite3_stmt *q, int column, void *out, size_t len)
{
    struct span bytes;

    if (sql_column_blob(q, column, len, len, &bytes))
        memcpy(out, bytes.p, len);
}

static int64_t
sum_of_person(sqlite3_stmt *q)
{
    struct person p = {.no = (uint32_t)sqlite3_column_int64(q, 0)};
    struct span nick;

    copy_column(q, 1, p.uuid.bytes, ID_LEN);
    p.has_key = sqlite3_column_type(q, 2) == SQLITE_BLOB;
    copy_column(q, 2, p.key, sizeof p.key);
    if (sql_column_text(q, 3, NAME_MAX_BYTES, &nick)) {
        p.nick_len = (uint8_t)nick.len;
        memcpy(p.nick, nick.p, nick.len);
    }
    return sum_person(&p);
}

static int64_t
sum_of_stay(sqlite3_stmt *q)
{
    return sum_stay(&(struct person){
        .no = (uint32_t)sqlite3_column_int64(q, 0),
        .joined_seq = (uint64_t)sqlite3_column_int64(q, 1),
        .joined_ts = sqlite3_column_int64(q, 2),
        .left_seq = (uint64_t)sqlite3_column_int64(q, 3),
        .left_ts = sqlite3_column_int64(q, 4),
    });
}

static int64_t
sum_of_standing(sqlite3_stmt *q)
{
    struct person p = {
        .no = (uint32_t)sqlite3_column_int64(q, 0),
        .role = (enum role)(sqlite3_column_int64(q, 1) & 3),
        .role_set = sqlite3_column_int64(q, 2) == 1,
        .invited = sqlite3_column_int64(q, 3) == 1,
        .ban_seq = (uint64_t)sqlite3_column_int64(q, 4),
        .ban_ts = sqlite3_column_int64(q, 5),
    };

    copy_column(q, 6, p.banned_by.bytes, ID_LEN);
    return sum_standing(&p);
}

static int64_t
sum_of_invite(sqlite3_stmt *q)
{
    struct invitation invite = {
        .since = sqlite3_column_int64(q, 2),
        .uses = (uint64_t)sqlite3_column_int64(q, 3),
        .expires = sqlite3_column_int64(q, 4),
    };

    copy_column(q, 0, invite.hash, sizeof invite.hash);
    copy_column(q, 1, invite.by.bytes, ID_LEN);
    return sum_invite(&invite);
}

static int64_t
sum_of_about(sqlite3_stmt *q)
{
    struct roster r = {
        .standings = (uint64_t)sqlite3_column_int64(q, 1),
        .invitations = {.n = (size_t)sqlite3_column_int64(q, 2)},
    };
    struct span topic;

    if (sql_column_blob(q, 0, 0, TOPIC_MAX_BYTES, &topic) && topic.len > 0) {
        r.topic.len = topic.len;
        memcpy(r.topic.text, topic.p, topic.len);
    }
    return sum_about(&r);
}

static int64_t
right_sum(sqlite3_stmt *q, enum table table)
{
    static int64_t (*const sums[])(sqlite3_stmt *) = {
        [PERSON] = sum_of_person, [STAY] = sum_of_stay,   [STANDING] = sum_of_standing,
        [INVITE] = sum_of_invite, [ABOUT] = sum_of_about,
    };

    return sums[table](q);
}

/* ---- what was believed ---- */

static void
check_person(const struct person *p, uint64_t forget_at)
{
    require(p->nick_len <= NAME_MAX_BYTES && (unsigned)p->role < ROLE_COUNT);
    require(p->n_stays <= STAYS_MAX && (p->n_stays == 0 || p->joined_seq != 0));
    require(p->ban_seq == 0 || !person_is_in(p));
    require(!p->invited || person_is_in(p));
    require(p->role == ROLE_MEMBER || p->role_set);
    require(!person_is_in(p) || p->n_stays > 0);
    for (size_t i = 0; i < p->n_stays; i++) {
        const struct stay *stay = &p->stays[i];
        bool latest = i + 1 == p->n_stays;

        require(stay->first >= 1 && stay->first < stay->last);
        require(i == 0 || stay->first > p->stays[i - 1].last);
        require(latest ? stay->first == p->joined_seq : stay->last <= state.head);
        require(i == 0 || (forget_at != 0 && stay->first >= forget_at));
    }
}

static bool
take_row(sqlite3 *db, struct span *in, struct roster *r)
{
    static const char *const text = "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8";
    uint8_t head = (uint8_t)take_number(in, 1);
    enum table table = (enum table)(head % FIX % TABLE_COUNT);
    sqlite3_stmt *q = NULL;
    struct fault why;
    enum status st = ST_OK;

    require(sql_prepare(db, &q, &text, 1, &why) == ST_OK);
    for (int i = 0; i < tables[table].columns; i++)
        bind_column(q, i + 1, in);
    require(sqlite3_step(q) == SQLITE_ROW);
    if (head & FIX) {
        int64_t sum = right_sum(q, table);

        sqlite3_reset(q);
        sqlite3_bind_int64(q, tables[table].sum + 1, sum);
        require(sqlite3_step(q) == SQLITE_ROW);
    }
    st = tables[table].take(q, &state, r, &why);
    require(st == ST_OK || st == ST_CORRUPT);
    require(st != ST_OK || sqlite3_column_int64(q, tables[table].sum) == right_sum(q, table));
    sql_finalize(&q, 1);
    return st == ST_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = {data, size};
    struct roster r = {.people = {.n = 0}};
    struct fault why;
    sqlite3 *db;
    bool sound = true;

    require(sql_connect(&db, ":memory:", SQLITE_OPEN_READWRITE, &why) == ST_OK);
    while (sound && in.len > 0)
        sound = take_row(db, &in, &r);
    if (sound) {
        people_note_forget_at(&r.people);
        for (size_t i = 0; i < r.people.n; i++)
            check_person(r.people.by_no[i], r.people.forget_at);
        require(r.topic.len <= TOPIC_MAX_BYTES && r.invitations.n <= INVITATIONS_MAX);
    }
    roster_clear(&r);
    sql_disconnect(db);
    return 0;
}
