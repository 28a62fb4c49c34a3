#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sqlite/group_db.h"
#include "tools/tools.h"

#define STRING_OF(x) #x
#define STRING(x)    STRING_OF(x)

struct verify {
    sqlite3 *db;
    verify_problem *tell;
    void *ctx;
    struct verify_result *result;
    struct roster roster;
    struct store_state state;
    sqlite3_stmt *put;  /* an entry that members and log have to agree about */
    sqlite3_stmt *find; /* where the index says an entry is */
};

static void __attribute__((format(printf, 2, 3))) problem(struct verify *v, const char *format, ...)
{
    struct fault text;
    va_list args;

    if (v->result->problems++ >= VERIFY_LINES_MAX)
        return;
    va_start(args, format);
    if (vsnprintf(text.text, sizeof text.text, format, args) < 0)
        text.text[0] = '\0';
    va_end(args);
    v->tell(v->ctx, text.text);
}

/* What one check found out about the store is told, and the next one goes on; what keeps it from
 * being checked at all ends the program. */
static enum status
told(struct verify *v, enum status st, const struct fault *reason, struct fault *why)
{
    if (st == ST_CORRUPT) {
        problem(v, "%s", reason->text);
        return ST_OK;
    }
    if (st != ST_OK && why != NULL)
        *why = *reason;
    return st;
}

/* ---- pages ---- */

static enum status
check_pages(struct verify *v, struct fault *why)
{
    char text[48];
    const char *const texts[1] = {text};
    sqlite3_stmt *q = NULL;
    enum status st;
    int rc = SQLITE_ROW;

    snprintf(text, sizeof text, "PRAGMA integrity_check(%d)", VERIFY_LINES_MAX);
    st = sql_prepare(v->db, &q, texts, 1, why);
    while (st == ST_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(q, 0);

        if (line == NULL)
            st = fault_set(why, ST_NOMEM, "out of memory");
        else if (strcmp(line, "ok") != 0)
            problem(v, "%s", line);
    }
    if (st == ST_OK && rc != SQLITE_DONE)
        st = sql_fault(why, v->db, rc, "read");
    sql_finalize(&q, 1);
    return st;
}

static enum status
check_tables(struct verify *v, struct fault *why)
{
    return schema_check(v->db, &group_schema, why);
}

/* ---- where the log stands, people ---- */

static enum status
check_state(struct verify *v, struct fault *why)
{
    sqlite3_stmt *tail[TAIL_COUNT] = {NULL};
    enum status st = sql_prepare(v->db, tail, group_tail_sql, TAIL_COUNT, why);

    if (st == ST_OK)
        st = group_read_state(tail, &v->state, why);
    sql_finalize(tail, TAIL_COUNT);
    v->result->first = v->state.first;
    v->result->head = v->state.head;
    return st;
}

static enum status
check_past(struct verify *v, struct fault *why)
{
    struct past past;

    return group_past_get(v->db, &v->state, &past, why);
}

static enum status
check_people(struct verify *v, struct fault *why)
{
    const struct people *people = &v->roster.people;
    enum status st = group_load(v->db, &v->state, &v->roster, why);

    v->result->people = people->n;
    for (size_t i = 0; i < people->n; i++)
        v->result->members += person_is_in(people->by_no[i]);
    return st;
}

/* ---- entries ---- */

/* An entry that has no place there would be accepted a second time. */
static void
check_index(struct verify *v, const struct block_entry *one)
{
    sql_bind_span(v->find, 1, (struct span){one->e.id.bytes, ID_LEN});
    sqlite3_bind_int64(v->find, 2, one->author);
    if (sqlite3_step(v->find) != SQLITE_ROW ||
        sqlite3_column_int64(v->find, 0) != (int64_t)one->e.seq)
        problem(v, "entry %llu: the list of ids does not lead to it",
                (unsigned long long)one->e.seq);
    sqlite3_reset(v->find);
}

/* The statements look at a table that verify makes of the entries which are no messages. What was
 * let go of cannot be compared. */
#define STORY_TABLE                                                                              \
    "CREATE TEMP TABLE entry(seq INTEGER PRIMARY KEY, ts INTEGER, kind INTEGER, author INTEGER," \
    " body BLOB)"
#define STORY_PUT                                                   \
    "INSERT OR IGNORE INTO temp.entry(seq, ts, kind, author, body)" \
    " VALUES (?1, ?2, ?3, ?4, ?5)"

static enum status
note_for_story(struct verify *v, const struct block_entry *one, struct fault *why)
{
    if (one->e.kind == ENTRY_MESSAGE)
        return ST_OK;
    sqlite3_bind_int64(v->put, 1, (int64_t)one->e.seq);
    sqlite3_bind_int64(v->put, 2, one->e.ts);
    sqlite3_bind_int64(v->put, 3, one->e.kind);
    sqlite3_bind_int64(v->put, 4, one->author);
    sql_bind_span(v->put, 5, one->e.body);
    return sql_run(v->put, "write to", why);
}

static void
check_entry(struct verify *v, struct block_entry *one, int64_t *last_ts)
{
    unsigned long long seq = one->e.seq;
    const struct person *author = people_numbered(&v->roster.people, one->author);

    if (one->e.ts <= *last_ts)
        problem(v, "entry %llu: not later than the one before it", seq);
    *last_ts = one->e.ts;
    if (author == NULL) {
        problem(v, "entry %llu: its author is not known", seq);
        return;
    }
    one->e.author = author->uuid;
    if (one->sum != entry_sum(&one->e))
        problem(v, "entry %llu: not what was written (checksum)", seq);
    else if (!entry_is_well_formed(&one->e))
        problem(v, "entry %llu: not a possible entry of its kind", seq);
    else
        v->result->entries++;
    check_index(v, one);
}

/* One block, where number *expected should be. */
static enum status
check_block(struct verify *v, const struct block *block, uint64_t *expected, int64_t *last_ts,
            struct fault *why)
{
    struct block_cursor c;
    struct block_entry one;
    enum status st = ST_OK;

    if (block->first > *expected)
        problem(v, "entries %llu to %llu: missing", (unsigned long long)*expected,
                (unsigned long long)block->first - 1);
    if (block->first < *expected)
        problem(v, "entry %llu: out of order", (unsigned long long)block->first);
    *expected = block->last + 1;
    block_start(&c, block);
    while (st == ST_OK && !block_at_end(&c)) {
        uint64_t seq = c.next;

        if (!block_next(&c, &one)) {
            problem(v, "entries %llu to %llu: not readable as entries", (unsigned long long)seq,
                    (unsigned long long)block->last);
            return ST_OK;
        }
        /* A damaged block is not cut: what was let go of is still in it. */
        if (seq < v->state.first)
            continue;
        check_entry(v, &one, last_ts);
        st = note_for_story(v, &one, why);
    }
    return st;
}

static enum status
base_ts(struct verify *v, int64_t *out, struct fault *why)
{
    return sql_int(v->db, "SELECT base_ts FROM meta", out, why);
}

static enum status
check_blocks(struct verify *v, sqlite3_stmt *q, struct fault *why)
{
    uint64_t expected = v->state.first;
    int64_t last_ts = 0;
    enum status st = base_ts(v, &last_ts, why);
    int rc = SQLITE_ROW;

    while (st == ST_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        struct block block;

        if (block_take(q, &block)) {
            st = check_block(v, &block, &expected, &last_ts, why);
        } else {
            problem(v, "the entries up to %lld: a column is of a wrong type or length",
                    (long long)sqlite3_column_int64(q, 0));
            expected = (uint64_t)sqlite3_column_int64(q, 0) + 1;
        }
    }
    if (st == ST_OK && rc != SQLITE_DONE) {
        st = sql_fault(why, v->db, rc, "read");
        if (st == ST_CORRUPT)
            problem(v, "entry %llu: cannot be read, nor those after it",
                    (unsigned long long)expected);
    }
    return st;
}

/* Ids without an entry would keep what is sent under them out, but not those of entries that were
 * let go of, which stay in the list when their block was damaged. */
static enum status
check_ids(struct verify *v, struct fault *why)
{
    static const char *const text =
        "SELECT count(*) FROM entry_at WHERE seq > (SELECT base_seq FROM meta)";
    int64_t ids = 0;
    enum status st = sql_int(v->db, text, &ids, why);
    uint64_t entries = v->state.head + 1 - v->state.first;

    if (st == ST_OK && (uint64_t)ids != entries)
        problem(v, "the list of ids has %lld, for %llu entries", (long long)ids,
                (unsigned long long)entries);
    return st;
}

static enum status
check_entries(struct verify *v, struct fault *why)
{
    static const char *const texts[] = {
        "SELECT " BLOCK_COLUMNS " FROM block ORDER BY last",
        STORY_PUT,
        "SELECT seq FROM entry_at WHERE id = ?1 AND author = ?2",
    };
    sqlite3_stmt *q[3] = {NULL};
    enum status st = sql_exec(v->db, STORY_TABLE, why);

    if (st == ST_OK)
        st = sql_prepare(v->db, q, texts, 3, why);
    v->put = q[1];
    v->find = q[2];
    if (st == ST_OK)
        st = check_blocks(v, q[0], why);
    sql_finalize(q, 3);
    return st == ST_OK ? check_ids(v, why) : st;
}

/* ---- members and log tell the same story ---- */

#define BASE "(SELECT base_seq FROM meta)"
/* Whom an entry of kind 4 to 7 is about. */
#define SUBJECT "substr(body, 1, 16)"
/* Of so many stays since then the older ones may be forgotten. */
#define REMEMBERED " < " STRING(STAYS_MAX)

/* Each statement gives the numbers of entries for which the sentence is true. With max() the other
 * columns are of the row that has the maximum. */
static const struct {
    const char *sql;
    const char *sentence;
} stories[] = {
    {"SELECT seq FROM entry WHERE kind = 2 AND NOT EXISTS (SELECT 1 FROM stay"
     " WHERE person = author AND joined_seq = seq AND joined_ts = ts)"
     " AND (SELECT count(*) FROM stay WHERE person = author AND joined_seq > seq)" REMEMBERED,
     "joined, but the list of members does not know it"},
    {"SELECT seq FROM entry WHERE kind = 3 AND NOT EXISTS (SELECT 1 FROM stay"
     " WHERE person = author AND left_seq = seq AND left_ts = ts)"
     " AND (SELECT count(*) FROM stay WHERE person = author AND joined_seq > seq)" REMEMBERED,
     "left, but the list of members does not know it"},
    {"SELECT seq FROM entry WHERE kind = 4 AND NOT EXISTS (SELECT 1 FROM person, stay"
     " WHERE uuid = " SUBJECT " AND person = no AND left_seq = seq AND left_ts = ts)"
     " AND (SELECT count(*) FROM person, stay"
     " WHERE uuid = " SUBJECT " AND person = no AND joined_seq > seq)" REMEMBERED,
     "kicked, but the list of members does not know it"},
    {"SELECT joined_seq FROM stay WHERE joined_seq > " BASE " AND NOT EXISTS"
     " (SELECT 1 FROM entry WHERE seq = joined_seq AND kind = 2 AND author = person)",
     "a membership begins here, but nobody joined"},
    {"SELECT left_seq FROM stay WHERE left_seq > " BASE " AND NOT EXISTS (SELECT 1 FROM entry"
     " WHERE seq = left_seq AND (kind = 3 AND author = stay.person OR kind IN (4, 5)"
     " AND " SUBJECT " = (SELECT uuid FROM person WHERE no = stay.person)))",
     "a membership ends here, but nobody left or was removed"},
    {"SELECT latest FROM (SELECT max(seq) AS latest, author AS who, body AS said FROM entry"
     " WHERE kind IN (2, 9) GROUP BY author)"
     " WHERE said IS NOT (SELECT CAST(nick AS BLOB) FROM person WHERE no = who)",
     "a nick was taken, but the list of members has another"},
    {"SELECT ban_seq FROM standing WHERE ban_seq > " BASE " AND NOT EXISTS (SELECT 1 FROM entry"
     " WHERE seq = ban_seq AND kind = 5 AND ts = ban_ts"
     " AND " SUBJECT " = (SELECT uuid FROM person WHERE no = standing.person)"
     " AND banned_by = (SELECT uuid FROM person WHERE no = author))",
     "a ban begins here, but nobody was banned"},
    {"SELECT latest FROM (SELECT max(seq) AS latest, kind AS last, " SUBJECT " AS who FROM entry"
     " WHERE kind IN (5, 6) GROUP BY " SUBJECT ")"
     " WHERE CASE last WHEN 5 THEN latest ELSE 0 END"
     " IS NOT (SELECT ban_seq FROM person, standing WHERE uuid = who AND person = no)",
     "a ban began or was lifted, but the list of members does not know it"},
    {"SELECT latest FROM (SELECT max(seq) AS latest, kind AS last, body AS said FROM entry"
     " WHERE kind IN (4, 5, 7) GROUP BY " SUBJECT ")"
     " WHERE CASE last WHEN 7 THEN substr(said, 17, 1) ELSE x'00' END"
     " IS NOT CASE coalesce((SELECT role FROM person, standing"
     " WHERE uuid = substr(said, 1, 16) AND person = no), 0)"
     " WHEN 0 THEN x'00' WHEN 1 THEN x'01' ELSE x'02' END",
     "a role was given or ended, but the list of members does not know it"},
    {"SELECT latest FROM (SELECT max(seq) AS latest, body AS said FROM entry WHERE kind = 8)"
     " WHERE latest IS NOT NULL AND said IS NOT (SELECT topic FROM about)",
     "the topic was set, but is another"},
};

static enum status
check_story(struct verify *v, size_t i, struct fault *why)
{
    sqlite3_stmt *q = NULL;
    enum status st = sql_prepare(v->db, &q, &stories[i].sql, 1, why);
    int rc = SQLITE_ROW;

    while (st == ST_OK && (rc = sqlite3_step(q)) == SQLITE_ROW)
        problem(v, "entry %lld: %s", (long long)sqlite3_column_int64(q, 0), stories[i].sentence);
    if (st == ST_OK && rc != SQLITE_DONE)
        st = sql_fault(why, v->db, rc, "read");
    sql_finalize(&q, 1);
    return st;
}

static enum status
check_stories(struct verify *v, struct fault *why)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < sizeof stories / sizeof stories[0]; i++)
        st = check_story(v, i, why);
    return st;
}

/* ---- all of it ---- */

/* In this order; what is in tables that are not what they should be is not looked at. */
static enum status
check_all(struct verify *v, struct fault *why)
{
    static enum status (*const checks[])(struct verify *, struct fault *) = {
        check_pages,  check_tables,  check_state,   check_past,
        check_people, check_entries, check_stories,
    };
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < sizeof checks / sizeof checks[0]; i++) {
        struct fault reason = {0};
        uint64_t before = v->result->problems;

        st = told(v, checks[i](v, &reason), &reason, why);
        if (checks[i] == check_tables && v->result->problems > before)
            break;
    }
    return st;
}

enum status
store_verify(const char *dir, verify_problem *tell, void *ctx, struct verify_result *result,
             struct fault *why)
{
    struct verify v = {.tell = tell, .ctx = ctx, .result = result};
    struct fault reason = {0};
    struct datadir d;
    enum status st = datadir_visit(&d, dir, true, why);

    *result = (struct verify_result){0};
    if (st != ST_OK)
        return st;
    st = schema_sync_log(&group_schema, &d, why);
    if (st == ST_OK)
        st = told(&v, schema_open_reading(&v.db, &group_schema, &d, &reason), &reason, why);
    if (st == ST_OK && v.db != NULL)
        st = check_all(&v, why);
    roster_clear(&v.roster);
    sql_disconnect(v.db);
    datadir_close(&d);
    return st;
}
