#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "entry_row.h"
#include "group_db.h"
#include "story.h"
#include "tools.h"

struct verify {
    sqlite3 *db;
    verify_problem *tell;
    void *ctx;
    struct verify_result *result;
    int64_t version; /* of its format */
    struct roster roster;
    struct store_state state;
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
    enum status st = schema_version(v->db, &v->version, why);

    return st == ST_OK ? schema_check(v->db, &group_schema, why) : st;
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
check_people(struct verify *v, struct fault *why)
{
    const struct people *people = &v->roster.people;
    enum status st = group_load(v->db, v->version, &v->state, &v->roster, why);

    v->result->people = people->n;
    for (size_t i = 0; i < people->n; i++)
        v->result->members += person_is_in(people->by_no[i]);
    return st;
}

/* ---- entries ---- */

static bool
is_well_formed(const struct entry *e)
{
    struct entry_subject subject;

    switch (e->kind) {
    case ENTRY_JOINED:
    case ENTRY_NICK:
        return e->body.len <= NAME_MAX_BYTES && e->ext.len == 0;
    case ENTRY_LEFT:
        return e->body.len == 0 && e->ext.len == 0;
    case ENTRY_KICKED:
    case ENTRY_BANNED:
    case ENTRY_UNBANNED:
    case ENTRY_ROLE:
        return entry_subject(e, &subject) && e->ext.len == 0;
    case ENTRY_TOPIC:
        return e->body.len <= TOPIC_MAX_BYTES && e->ext.len == 0;
    default:
        return e->kind != 0;
    }
}

/* One row, where number `expected` should be. */
static void
check_entry(struct verify *v, sqlite3_stmt *q, uint64_t expected, int64_t *last_ts)
{
    uint64_t seq = (uint64_t)sqlite3_column_int64(q, 0);
    const struct person *author;
    struct entry e;
    int64_t no;
    int64_t sum;

    if (seq > expected)
        problem(v, "entries %llu to %llu: missing", (unsigned long long)expected,
                (unsigned long long)seq - 1);
    if (seq < expected)
        problem(v, "entry %llu: out of order", (unsigned long long)seq);
    if (!entry_row_take(q, &e, &no, &sum)) {
        problem(v, "entry %llu: a column is of a wrong type or length", (unsigned long long)seq);
        return;
    }
    if (e.ts <= *last_ts)
        problem(v, "entry %llu: not later than the one before it", (unsigned long long)seq);
    *last_ts = e.ts;
    author = people_numbered(&v->roster.people, no);
    if (author == NULL) {
        problem(v, "entry %llu: its author is not known", (unsigned long long)seq);
        return;
    }
    e.author = author->uuid;
    if (sum != entry_row_sum(&e))
        problem(v, "entry %llu: not what was written (checksum)", (unsigned long long)seq);
    else if (!is_well_formed(&e))
        problem(v, "entry %llu: not a possible entry of its kind", (unsigned long long)seq);
    else
        v->result->entries++;
}

static enum status
base_ts(struct verify *v, int64_t *out, struct fault *why)
{
    return sql_int(v->db, "SELECT base_ts FROM meta", out, why);
}

static enum status
check_entries(struct verify *v, struct fault *why)
{
    static const char *const text = "SELECT " ENTRY_COLUMNS " FROM entry ORDER BY seq";
    uint64_t expected = v->state.first;
    sqlite3_stmt *q = NULL;
    int64_t last_ts = 0;
    enum status st = base_ts(v, &last_ts, why);
    int rc = SQLITE_ROW;

    if (st == ST_OK)
        st = sql_prepare(v->db, &q, &text, 1, why);
    while (st == ST_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        check_entry(v, q, expected, &last_ts);
        expected = (uint64_t)sqlite3_column_int64(q, 0) + 1;
    }
    if (st == ST_OK && rc != SQLITE_DONE) {
        st = sql_fault(why, v->db, rc, "read");
        if (st == ST_CORRUPT)
            problem(v, "entry %llu: cannot be read, nor those after it",
                    (unsigned long long)expected);
    }
    sql_finalize(&q, 1);
    return st;
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
    return story_check(v->db, v->version, note_gap, v, why);
}

/* ---- all of it ---- */

static enum status
check_all(struct verify *v, struct fault *why)
{
    static enum status (*const checks[])(struct verify *, struct fault *) = {
        check_tables, check_pages, check_state, check_people, check_entries, check_stories,
    };
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < sizeof checks / sizeof checks[0]; i++) {
        struct fault reason = {{0}};

        st = told(v, checks[i](v, &reason), &reason, why);
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
    st = told(&v, schema_open_reading(&v.db, &group_schema, &d, &reason), &reason, why);
    if (st == ST_OK && v.db != NULL)
        st = check_all(&v, why);
    roster_clear(&v.roster);
    sql_disconnect(v.db);
    datadir_close(&d);
    return st;
}
