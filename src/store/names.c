#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "datadir.h"
#include "entry.h"
#include "schema.h"
#include "sql.h"
#include "sum.h"
#include "text.h"

#define KEY_LEN 32

struct owned {
    uint8_t key[KEY_LEN];
    uint8_t name_len;
    uint8_t name[NAME_MAX_BYTES];
};

struct names {
    struct owned *sorted; /* by name */
    size_t n;
    size_t cap;
    struct datadir dir;
    sqlite3 *db; /* NULL: in memory only */
    sqlite3_stmt *insert;
    bool broken; /* the disk failed: nothing is acknowledged any more */
};

static const struct migration migrations[] = {
    {.sql = "CREATE TABLE name("
            "name TEXT PRIMARY KEY NOT NULL, key BLOB NOT NULL, since INTEGER NOT NULL)"},
    /* NULL: a row from before; names_open writes it. */
    {.sql = "ALTER TABLE name ADD COLUMN sum INTEGER"},
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

static int
compare(struct span a, struct span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.p, b.p, shorter);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* The first place whose name is not below name. */
static size_t
place_of(const struct names *n, struct span name)
{
    size_t low = 0;
    size_t high = n->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (compare(name_of(&n->sorted[mid]), name) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static const struct owned *
find(const struct names *n, struct span name)
{
    size_t at = place_of(n, name);

    return at < n->n && compare(name_of(&n->sorted[at]), name) == 0 ? &n->sorted[at] : NULL;
}

static enum status
make_room(struct names *n, struct fault *why)
{
    size_t cap = n->cap == 0 ? 64 : n->cap * 2;
    struct owned *more;

    if (n->n < n->cap)
        return ST_OK;
    more = reallocarray(n->sorted, cap, sizeof *more);
    if (more == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    n->sorted = more;
    n->cap = cap;
    return ST_OK;
}

/* There is room. */
static void
insert(struct names *n, struct span name, const uint8_t key[static KEY_LEN])
{
    size_t at = place_of(n, name);
    struct owned *o = &n->sorted[at];

    memmove(o + 1, o, (n->n - at) * sizeof *o);
    memcpy(o->key, key, KEY_LEN);
    memcpy(o->name, name.p, name.len);
    o->name_len = (uint8_t)name.len;
    n->n++;
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
};

static bool
take_columns(sqlite3_stmt *q, struct row *out)
{
    return sql_column_text(q, 0, NAME_MAX_BYTES, &out->name) &&
           text_is_name(out->name, NAME_MAX_BYTES) &&
           sql_column_blob(q, 1, KEY_LEN, KEY_LEN, &out->key) &&
           sql_column_int(q, 2, INT64_MIN, &out->since);
}

static int64_t
sum_of(const struct row *row)
{
    struct sum s;

    sum_init(&s);
    sum_bytes(&s, row->name);
    sum_bytes(&s, row->key);
    sum_int(&s, row->since);
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

/* For the row under q[0], by q[1]. */
static enum status
add_sum(struct names *n, sqlite3_stmt *const q[static 2], struct fault *why)
{
    struct row row;

    if (!take_columns(q[0], &row))
        return damaged(n, "a name", why);
    sqlite3_bind_int64(q[1], 1, sum_of(&row));
    sqlite3_bind_text(q[1], 2, (const char *)row.name.p, (int)row.name.len, SQLITE_TRANSIENT);
    sqlite3_reset(q[0]);
    return sql_run(q[1], "write to", why);
}

/* The rows of a file of the first format have none. (A bit that flips makes no checksum NULL.) */
static enum status
add_sums(struct names *n, struct fault *why)
{
    static const char *const texts[2] = {
        "SELECT name, key, since FROM name WHERE sum IS NULL LIMIT 1",
        "UPDATE name SET sum = ?1 WHERE name = ?2",
    };
    sqlite3_stmt *q[2] = {NULL, NULL};
    enum status st = sql_exec(n->db, "BEGIN", why);
    int rc = SQLITE_ROW;

    if (st == ST_OK)
        st = sql_prepare(n->db, q, texts, 2, why);
    while (st == ST_OK && (rc = sqlite3_step(q[0])) == SQLITE_ROW)
        st = add_sum(n, q, why);
    if (st == ST_OK && rc != SQLITE_DONE)
        st = sql_fault(why, n->db, rc, "read");
    sql_finalize(q, 2);
    return st == ST_OK ? sql_exec(n->db, "COMMIT", why) : st;
}

static enum status
take_row(struct names *n, sqlite3_stmt *q, struct fault *why)
{
    struct row row;
    int64_t sum;
    enum status st;

    if (!take_columns(q, &row) || !sql_column_int(q, 3, INT64_MIN, &sum) || sum != sum_of(&row) ||
        find(n, row.name) != NULL)
        return damaged(n, "a name", why);
    st = make_room(n, why);
    if (st == ST_OK)
        insert(n, row.name, row.key.p);
    return st;
}

static enum status
load(struct names *n, struct fault *why)
{
    static const char *const text = "SELECT name, key, since, sum FROM name ORDER BY name";
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

static enum status
keep(struct names *n, struct span name, const uint8_t key[static KEY_LEN], int64_t now_ns,
     struct fault *why)
{
    struct row row = {.name = name, .key = {key, KEY_LEN}, .since = now_ns};
    enum status st;

    if (n->broken)
        return fault_set(why, ST_SYSTEM, "%s/%s failed before", n->dir.path, schema.file);
    sqlite3_bind_text(n->insert, 1, (const char *)name.p, (int)name.len, SQLITE_STATIC);
    sql_bind_span(n->insert, 2, (struct span){key, KEY_LEN});
    sqlite3_bind_int64(n->insert, 3, now_ns);
    sqlite3_bind_int64(n->insert, 4, sum_of(&row));
    st = sql_run(n->insert, "write to", why);
    n->broken = st != ST_OK && st != ST_FULL && st != ST_NOMEM;
    return st;
}

/* ---- open, claim, close ---- */

static enum status
open_file(struct names *n, const char *dir, struct fault *why)
{
    static const char *const text =
        "INSERT INTO name(name, key, since, sum) VALUES (?1, ?2, ?3, ?4)";
    bool copy = false;
    enum status st = datadir_open(&n->dir, dir, why);

    if (st == ST_OK)
        st = schema_open(&n->db, &schema, &n->dir, &copy, why);
    if (st == ST_OK)
        st = check_pages(n, why);
    if (st == ST_OK)
        st = add_sums(n, why);
    if (st == ST_OK)
        st = load(n, why);
    return st == ST_OK ? sql_prepare(n->db, &n->insert, &text, 1, why) : st;
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
    if (n == NULL)
        return;
    sql_finalize(&n->insert, 1);
    sql_disconnect(n->db);
    datadir_close(&n->dir);
    free(n->sorted);
    free(n);
}

enum status
names_claim(struct names *n, struct span name, const uint8_t key[static KEY_LEN],
            size_t max_per_key, int64_t now_ns, struct fault *why)
{
    const struct owned *taken;
    size_t owned = 0;
    enum status st;

    if (!text_is_name(name, NAME_MAX_BYTES))
        return fault_set(why, ST_INVALID, "this is not fit for a name");
    taken = find(n, name);
    if (taken != NULL)
        return memcmp(taken->key, key, KEY_LEN) == 0
                   ? ST_OK
                   : fault_set(why, ST_CONFLICT, "the name belongs to another key");
    for (size_t i = 0; i < n->n; i++)
        owned += memcmp(n->sorted[i].key, key, KEY_LEN) == 0;
    if (owned >= max_per_key)
        return fault_set(why, ST_DENIED, "this key has %zu names already", owned);
    st = make_room(n, why);
    if (st == ST_OK && n->db != NULL)
        st = keep(n, name, key, now_ns, why);
    if (st == ST_OK)
        insert(n, name, key);
    return st;
}

size_t
names_count(const struct names *n)
{
    return n->n;
}
