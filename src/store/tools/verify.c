#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sqlite/block.h"
#include "sqlite/group_db.h"
#include "tools/tools.h"
#include "tools/verify_story.h"

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

static void
note_gap(void *ctx, int64_t seq, const char *sentence)
{
    problem(ctx, "entry %lld: %s", (long long)seq, sentence);
}

static enum status
check_stories(struct verify *v, struct fault *why)
{
    return verify_story_check(v->db, note_gap, v, why);
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
        struct fault reason = {{0}};
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
    struct fault reason = {{0}};
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
