#include "sqlite/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/entry.h"
#include "base/log.h"
#include "base/text.h"
#include "sqlite/datadir.h"
#include "sqlite/names_roll.h"
#include "sqlite/schema.h"
#include "sqlite/sql.h"
#include "store/sum.h"

/* So much may be forgotten of how long a name was live. */
#define SAVE_MS INT64_C(600000)

enum { INSERT, UPDATE, REMOVE, BEGIN, COMMIT, ROLLBACK, N_STATEMENTS };

static const char *const texts[N_STATEMENTS] = {
    [INSERT] =
        "INSERT INTO name(name, key, since, seen, held, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [UPDATE] = "UPDATE name SET seen = ?4, held = ?5, sum = ?6 WHERE name = ?1",
    [REMOVE] = "DELETE FROM name WHERE name = ?1",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
};

struct names {
    struct roll roll;
    struct owned *unsaved;
    int64_t none_before_ns; /* no name expires before */
    struct datadir dir;
    sqlite3 *db; /* NULL: in memory only */
    sqlite3_stmt *q[N_STATEMENTS];
    bool broken; /* the disk failed: nothing is acknowledged any more */
};

static const char *const migrations[] = {
    "CREATE TABLE name("
    "name TEXT PRIMARY KEY NOT NULL, key BLOB NOT NULL, since INTEGER NOT NULL,"
    "seen INTEGER NOT NULL, held INTEGER NOT NULL, sum INTEGER NOT NULL)",
};

static const struct schema schema = {
    .file = "names.db",
    .kind = "list of names",
    .application_id = 0x436c4e31, /* "ClN1" */
    .migrations = migrations,
    .n_migrations = sizeof migrations / sizeof migrations[0],
};

/* ---- in memory ---- */

static struct span
name_of(const struct owned *o)
{
    return (struct span){o->name, o->name_len};
}

/* name is at most NAME_MAX_BYTES. NULL: out of memory. */
static struct owned *
owned_new(struct span name, const uint8_t key[static NAME_KEY_LEN], const struct fold *fold)
{
    struct owned *o = calloc(1, sizeof *o);

    if (o == NULL)
        return NULL;
    o->fold = *fold;
    memcpy(o->key, key, NAME_KEY_LEN);
    memcpy(o->name, name.p, name.len);
    o->name_len = (uint8_t)name.len;
    return o;
}

/* When it is free again, unless it comes back; INT64_MAX: never. */
static int64_t
expires_ns(const struct owned *o)
{
    int64_t at_ns;

    if (o->held_ms >= NAMES_SETTLED_MS || __builtin_add_overflow(o->seen_ns, NAMES_AWAY_NS, &at_ns))
        return INT64_MAX;
    return at_ns;
}

/* One that is free again; NULL: none. Whoever asks when all are in use costs no search. */
static struct owned *
find_expired(struct names *n, int64_t now_ns)
{
    int64_t soonest = INT64_MAX;

    if (now_ns < n->none_before_ns)
        return NULL;
    for (size_t i = 0; i < n->roll.n; i++) {
        int64_t at_ns = expires_ns(n->roll.by_fold[i]);

        if (at_ns < now_ns)
            return n->roll.by_fold[i];
        if (at_ns < soonest)
            soonest = at_ns;
    }
    n->none_before_ns = soonest;
    return NULL;
}

static void
note_unsaved(struct names *n, struct owned *o)
{
    if (o->unsaved)
        return;
    o->unsaved = true;
    o->next_unsaved = n->unsaved;
    n->unsaved = o;
}

static void
forget(struct names *n, struct owned *o)
{
    struct owned **at = &n->unsaved;

    while (o->unsaved && *at != o)
        at = &(*at)->next_unsaved;
    if (o->unsaved)
        *at = o->next_unsaved;
    roll_remove(&n->roll, o);
    free(o);
}

/* ---- on disk ---- */

static enum status
damaged(const struct names *n, const char *what, struct fault *why)
{
    return fault_set(why, ST_CORRUPT, "%s/%s is damaged: %s", n->dir.path, schema.file, what);
}

/* A row, but for its checksum; borrowed until the next step. */
struct row {
    struct span name;
    struct span key;
    int64_t since;
    int64_t seen;
    int64_t held;
};

static bool
take_columns(sqlite3_stmt *q, struct row *out)
{
    return sql_column_text(q, 0, NAME_MAX_BYTES, &out->name) &&
           text_is_name(out->name, NAME_MAX_BYTES) &&
           sql_column_blob(q, 1, NAME_KEY_LEN, NAME_KEY_LEN, &out->key) &&
           sql_column_int(q, 2, INT64_MIN, &out->since) &&
           sql_column_int(q, 3, INT64_MIN, &out->seen) && sql_column_int(q, 4, 0, &out->held);
}

static int64_t
sum_of(const struct row *row)
{
    struct sum s;

    sum_init(&s);
    sum_bytes(&s, row->name);
    sum_bytes(&s, row->key);
    sum_int(&s, row->since);
    sum_int(&s, row->seen);
    sum_int(&s, row->held);
    return sum_end(&s);
}

/* There are few, so all pages are looked at: a name that is lost as a whole has no checksum to be
 * missed by, and would be free for anybody. */
static enum status
check_pages(struct names *n, struct fault *why)
{
    static const char *const text = "PRAGMA integrity_check(1)";
    sqlite3_stmt *q = NULL;
    enum status st = sql_prepare(n->db, &q, &text, 1, why);
    struct span line;
    int rc;

    if (st != ST_OK)
        return st;
    rc = sqlite3_step(q);
    if (rc != SQLITE_ROW)
        st = sql_fault(why, n->db, rc, "read");
    else if (!sql_column_text(q, 0, 2, &line) || !span_equal(line, span_of("ok")))
        st = damaged(n, "a page", why);
    sql_finalize(&q, 1);
    return st;
}

/* All that make up a name must be on the disk, or none of it: one that only half reads like another
 * would be two. */
static enum status
take_row(struct names *n, sqlite3_stmt *q, struct fault *why)
{
    struct row row;
    struct fold fold;
    struct owned *o;
    int64_t sum;

    if (!take_columns(q, &row) || !sql_column_int(q, 5, INT64_MIN, &sum) || sum != sum_of(&row) ||
        !fold_name(&fold, row.name) || roll_find(&n->roll, &fold) != NULL)
        return damaged(n, "a name", why);
    if (roll_reserve(&n->roll) != ST_OK || (o = owned_new(row.name, row.key.p, &fold)) == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    o->since_ns = row.since;
    o->seen_ns = row.seen;
    o->held_ms = o->saved_ms = row.held;
    roll_add(&n->roll, o);
    return ST_OK;
}

static enum status
load(struct names *n, struct fault *why)
{
    static const char *const text = "SELECT name, key, since, seen, held, sum FROM name";
    sqlite3_stmt *q = NULL;
    enum status st = sql_prepare(n->db, &q, &text, 1, why);
    int rc = SQLITE_ROW;

    while (st == ST_OK && (rc = sqlite3_step(q)) == SQLITE_ROW)
        st = take_row(n, q, why);
    if (st == ST_OK && rc != SQLITE_DONE)
        st = sql_fault(why, n->db, rc, "read");
    sql_finalize(&q, 1);
    return st;
}

/* One row, by INSERT or UPDATE. */
static enum status
write_row(struct names *n, int statement, const struct owned *o, struct fault *why)
{
    struct row row = {.name = name_of(o),
                      .key = {o->key, NAME_KEY_LEN},
                      .since = o->since_ns,
                      .seen = o->seen_ns,
                      .held = o->held_ms};
    sqlite3_stmt *q = n->q[statement];

    sqlite3_bind_text(q, 1, (const char *)row.name.p, (int)row.name.len, SQLITE_STATIC);
    if (statement == INSERT) {
        sql_bind_span(q, 2, row.key);
        sqlite3_bind_int64(q, 3, row.since);
    }
    sqlite3_bind_int64(q, 4, row.seen);
    sqlite3_bind_int64(q, 5, row.held);
    sqlite3_bind_int64(q, 6, sum_of(&row));
    return sql_run(q, "write to", why);
}

static enum status
remove_row(struct names *n, const struct owned *o, struct fault *why)
{
    sqlite3_bind_text(n->q[REMOVE], 1, (const char *)o->name, (int)o->name_len, SQLITE_STATIC);
    return sql_run(n->q[REMOVE], "write to", why);
}

static enum status
begin(struct names *n, struct fault *why)
{
    if (n->broken)
        return fault_set(why, ST_SYSTEM, "%s/%s failed before", n->dir.path, schema.file);
    return sql_run(n->q[BEGIN], "write to", why);
}

/* st: of what was written since begin. */
static enum status
end(struct names *n, enum status st, struct fault *why)
{
    if (st == ST_OK)
        st = sql_run(n->q[COMMIT], "write to", why);
    if (st != ST_OK && sqlite3_get_autocommit(n->db) == 0)
        sql_run(n->q[ROLLBACK], "write to", NULL);
    if (st != ST_OK && st != ST_FULL && st != ST_NOMEM)
        n->broken = true;
    return st;
}

/* `instead`: this one goes; NULL: none. */
static enum status
keep(struct names *n, const struct owned *o, const struct owned *instead, struct fault *why)
{
    enum status st;

    if (n->db == NULL)
        return ST_OK;
    st = begin(n, why);
    if (st != ST_OK)
        return st;
    if (instead != NULL)
        st = remove_row(n, instead, why);
    if (st == ST_OK)
        st = write_row(n, INSERT, o, why);
    return end(n, st, why);
}

/* ---- open, claim, close ---- */

static enum status
open_file(struct names *n, const char *dir, struct fault *why)
{
    bool copy = false;
    enum status st = datadir_open(&n->dir, dir, why);

    if (st == ST_OK)
        st = schema_open(&n->db, &schema, &n->dir, &copy, why);
    if (st == ST_OK)
        st = check_pages(n, why);
    if (st == ST_OK)
        st = load(n, why);
    return st == ST_OK ? sql_prepare(n->db, n->q, texts, N_STATEMENTS, why) : st;
}

enum status
names_open(struct names **out, const char *dir, struct fault *why)
{
    struct names *n = calloc(1, sizeof *n);
    enum status st = ST_OK;

    *out = NULL;
    if (n == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    if (dir != NULL)
        st = open_file(n, dir, why);
    if (st == ST_OK)
        *out = n;
    else
        names_close(n);
    return st;
}

void
names_close(struct names *n)
{
    struct fault why = {0};

    if (n == NULL)
        return;
    for (size_t i = 0; i < n->roll.n; i++)
        if (n->roll.by_fold[i]->held_ms != n->roll.by_fold[i]->saved_ms)
            note_unsaved(n, n->roll.by_fold[i]);
    if (names_save(n, SIZE_MAX, &why) != ST_OK)
        log_warn("how long names were live is not written: %s", why.text);
    sql_finalize(n->q, N_STATEMENTS);
    sql_disconnect(n->db);
    datadir_close(&n->dir);
    roll_clear(&n->roll);
    free(n);
}

/* Another one reads the same. *instead: it is free again. */
static enum status
take_place_of(struct owned *taken, const struct names_claim *c, struct owned **instead,
              struct fault *why)
{
    if (memcmp(taken->key, c->key, NAME_KEY_LEN) == 0)
        return span_equal(name_of(taken), c->name)
                   ? ST_OK
                   : fault_set(why, ST_CONFLICT, "this key has a name that reads the same");
    if (!c->may_expire || expires_ns(taken) >= c->now_ns)
        return fault_set(why, ST_CONFLICT, "the name belongs to another key");
    *instead = taken;
    return ST_OK;
}

static enum status
find_room(struct names *n, const struct names_claim *c, struct owned **instead, struct fault *why)
{
    if (roll_count_of(&n->roll, c->key) >= c->max_per_key)
        return fault_set(why, ST_DENIED, "this key has %zu names already", c->max_per_key);
    if (*instead == NULL && n->roll.n >= NAMES_MAX) {
        *instead = c->may_expire ? find_expired(n, c->now_ns) : NULL;
        if (*instead == NULL)
            return fault_set(why, ST_DENIED, "there are %d names already", NAMES_MAX);
    }
    return roll_reserve(&n->roll) == ST_OK ? ST_OK : fault_set(why, ST_NOMEM, "out of memory");
}

enum status
names_claim(struct names *n, const struct names_claim *c, struct fault *why)
{
    struct owned *taken, *instead = NULL, *o;
    struct fold fold;
    enum status st = ST_OK;

    if (!text_is_name(c->name, NAME_MAX_BYTES) || !fold_name(&fold, c->name))
        return fault_set(why, ST_INVALID, "this is not fit for a name");
    taken = roll_find(&n->roll, &fold);
    if (taken != NULL)
        st = take_place_of(taken, c, &instead, why);
    if (st != ST_OK || (taken != NULL && instead == NULL))
        return st;
    st = find_room(n, c, &instead, why);
    if (st != ST_OK)
        return st;
    o = owned_new(c->name, c->key, &fold);
    if (o == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    o->since_ns = o->seen_ns = c->now_ns;
    st = keep(n, o, instead, why);
    if (st != ST_OK) {
        free(o);
        return st;
    }
    if (instead != NULL)
        forget(n, instead);
    roll_add(&n->roll, o);
    if (expires_ns(o) < n->none_before_ns)
        n->none_before_ns = expires_ns(o);
    return ST_OK;
}

/* ---- live ---- */

static struct owned *
find(const struct names *n, struct span name)
{
    struct fold fold;
    struct owned *o = fold_name(&fold, name) ? roll_find(&n->roll, &fold) : NULL;

    return o != NULL && span_equal(name_of(o), name) ? o : NULL;
}

bool
names_known(const struct names *n, struct span name, const uint8_t key[static NAME_KEY_LEN])
{
    const struct owned *o = find(n, name);

    return o != NULL && memcmp(o->key, key, NAME_KEY_LEN) == 0;
}

void
names_live(struct names *n, struct span name, int64_t lived_ms, int64_t now_ns)
{
    struct owned *o = find(n, name);

    if (o == NULL || o->held_ms >= NAMES_SETTLED_MS)
        return;
    if (now_ns > o->seen_ns)
        o->seen_ns = now_ns;
    o->held_ms += lived_ms;
    if (o->held_ms > NAMES_SETTLED_MS)
        o->held_ms = NAMES_SETTLED_MS;
    if (o->held_ms - o->saved_ms >= SAVE_MS || o->held_ms == NAMES_SETTLED_MS)
        note_unsaved(n, o);
}

enum status
names_save(struct names *n, size_t most, struct fault *why)
{
    struct owned *o = n->unsaved;
    enum status st;

    if (o == NULL || n->db == NULL)
        return ST_OK;
    st = begin(n, why);
    if (st != ST_OK)
        return st;
    for (size_t i = 0; st == ST_OK && o != NULL && i < most; i++, o = o->next_unsaved)
        st = write_row(n, UPDATE, o, why);
    st = end(n, st, why);
    for (; st == ST_OK && n->unsaved != o; n->unsaved = n->unsaved->next_unsaved) {
        n->unsaved->unsaved = false;
        n->unsaved->saved_ms = n->unsaved->held_ms;
    }
    return st;
}

size_t
names_count(const struct names *n)
{
    return n->roll.n;
}
