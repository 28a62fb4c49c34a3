#include "search/index.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "search/impl.h"

/* ---- the store ---- */

static enum status
take_first(void *ctx, const struct entry *e)
{
    struct entry *out = ctx;

    *out = *e;
    out->body = out->ext = (struct span){0};
    return ST_OK;
}

enum status
search_peek(struct search *x, const struct store_query *query, struct store_state *state,
            struct entry *out, struct fault *why)
{
    *out = (struct entry){0};
    return store_read(x->reader, query, state, take_first, out, why);
}

/* ---- open and close ---- */

enum status
search_open(struct search **out, struct store *s, struct fault *why)
{
    struct store_query query = {.max_rows = 1};
    struct store_state state = {.head = 0};
    struct search *x = calloc(1, sizeof *x);
    struct entry first;
    enum status st;

    *out = NULL;
    if (x == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    x->dir = s->engine->dir(s);
    st = store_reader_open(&x->reader, s, why);
    if (st == ST_OK)
        st = search_peek(x, &query, &state, &first, why);
    if (st == ST_CORRUPT && state.head > 0)
        st = ST_OK; /* that entry is damaged, where the log stands is not */
    x->log = state.log;
    if (st == ST_OK)
        st = search_attach(x, why);
    if (st == ST_OK)
        *out = x;
    else
        search_close(x);
    return st;
}

void
search_close(struct search *x)
{
    if (x == NULL)
        return;
    search_detach(x);
    store_reader_close(x->reader);
    free(x);
}

uint64_t
search_done(const struct search *x)
{
    return x->done;
}

/* ---- segments ---- */

static enum status
exec_on(struct search *x, const char *format, uint64_t segment, struct fault *why)
{
    char text[256];

    snprintf(text, sizeof text, format, (unsigned long long)segment);
    return sql_exec(x->db, text, why);
}

enum status
search_has_segment(struct search *x, uint64_t segment, bool *there, struct fault *why)
{
    sqlite3_stmt *q = x->q[SEARCH_SEGMENT];
    int rc;

    sqlite3_bind_int64(q, 1, (int64_t)segment);
    rc = sqlite3_step(q);
    sqlite3_reset(q);
    *there = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? ST_OK : sql_fault(why, x->db, rc, "read");
}

static enum status
add_segment(struct search *x, uint64_t segment, struct fault *why)
{
    /* Which words are in which message is all there is to know: neither text nor places nor
     * lengths are kept. */
    enum status st = exec_on(x,
                             "CREATE VIRTUAL TABLE words_%llu USING fts5(body, author,"
                             " content='', columnsize=0, detail=column,"
                             " tokenize=\"" SEARCH_TOKENIZER " remove_diacritics 2\")",
                             segment, why);

    if (st != ST_OK)
        return st;
    sqlite3_bind_int64(x->q[SEARCH_ADD_SEGMENT], 1, (int64_t)segment);
    return sql_run(x->q[SEARCH_ADD_SEGMENT], "write to", why);
}

/* Make x->insert lead to that segment. */
static enum status
use_segment(struct search *x, uint64_t segment, struct fault *why)
{
    char text[128];
    const char *texts[] = {text};
    bool there = false;
    enum status st;

    if (x->insert != NULL && x->inserts == segment)
        return ST_OK;
    sql_finalize(&x->insert, 1);
    x->insert = NULL;
    st = search_has_segment(x, segment, &there, why);
    if (st == ST_OK && !there)
        st = add_segment(x, segment, why);
    snprintf(text, sizeof text, "INSERT INTO words_%llu(rowid, body, author) VALUES (?1, ?2, ?3)",
             (unsigned long long)segment);
    if (st == ST_OK)
        st = sql_prepare(x->db, &x->insert, texts, 1, why);
    x->inserts = segment;
    return st;
}

/* Drop the segments of which nothing is kept. */
static enum status
drop_segments(struct search *x, uint64_t first, struct fault *why)
{
    sqlite3_stmt *q = x->q[SEARCH_FIRST_SEGMENT];
    enum status st = ST_OK;

    while (st == ST_OK) {
        int rc = sqlite3_step(q);
        uint64_t segment = (uint64_t)sqlite3_column_int64(q, 0);

        sqlite3_reset(q);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE)
            return sql_fault(why, x->db, rc, "read");
        if (rc == SQLITE_DONE || segment >= first / SEGMENT_SEQS)
            return ST_OK;
        if (x->inserts == segment) {
            sql_finalize(&x->insert, 1);
            x->insert = NULL;
        }
        st = exec_on(x, "DROP TABLE words_%llu", segment, why);
        sqlite3_bind_int64(x->q[SEARCH_NO_SEGMENT], 1, (int64_t)segment);
        if (st == ST_OK)
            st = sql_run(x->q[SEARCH_NO_SEGMENT], "write to", why);
    }
    return st;
}

/* ---- a step ---- */

void
search_author(const struct id *uuid, char text[static AUTHOR_LEN + 1])
{
    for (size_t i = 0; i < ID_LEN; i++)
        snprintf(text + 2 * i, 3, "%02x", uuid->bytes[i]);
}

struct index_step {
    struct search *x;
    struct fault *why;
    uint64_t last; /* what the index holds after the step */
    int64_t last_ts;
    enum status failed; /* of the index; what store_read returns is the store's */
};

static enum status
index_message(struct search *x, const struct entry *e, struct fault *why)
{
    enum status st = use_segment(x, e->seq / SEGMENT_SEQS, why);
    char author[AUTHOR_LEN + 1];

    if (st != ST_OK)
        return st;
    search_author(&e->author, author);
    sqlite3_bind_int64(x->insert, 1, (int64_t)e->seq);
    sqlite3_bind_text(x->insert, 2, (const char *)e->body.p, (int)e->body.len, SQLITE_STATIC);
    sqlite3_bind_text(x->insert, 3, author, AUTHOR_LEN, SQLITE_STATIC);
    return sql_run(x->insert, "write to", why);
}

static enum status
take_entry(void *ctx, const struct entry *e)
{
    struct index_step *step = ctx;

    if (e->kind == ENTRY_MESSAGE && e->body.len > 0 && text_is_utf8(e->body))
        step->failed = index_message(step->x, e, step->why);
    if (step->failed != ST_OK)
        return ST_FULL; /* enough read */
    step->last = e->seq;
    step->last_ts = e->ts;
    return ST_OK;
}

static enum status
index_entries(struct index_step *step, size_t max_rows, struct store_state *state)
{
    struct search *x = step->x;
    struct store_query query = {.after_seq = x->done, .max_rows = max_rows};
    enum status st = store_read(x->reader, &query, state, take_entry, step, step->why);

    if (step->failed != ST_OK)
        return ST_OK;
    /* An entry that is damaged is not found. It must not keep those behind it from being so. */
    if (st == ST_CORRUPT && step->last < state->head) {
        step->last++;
        st = ST_OK;
    } else if (st == ST_OK && step->last == x->done) {
        step->last = state->head;
        step->last_ts = state->last_ts;
    }
    return st;
}

static enum status
finish_step(struct index_step *step, const struct store_state *state)
{
    struct search *x = step->x;
    sqlite3_stmt *put = x->q[SEARCH_PUT];
    enum status st = drop_segments(x, state->first, step->why);

    sqlite3_bind_int64(put, 1, (int64_t)step->last);
    sqlite3_bind_int64(put, 2, step->last_ts);
    if (st == ST_OK)
        st = sql_run(put, "write to", step->why);
    if (st == ST_OK)
        st = sql_run(x->q[SEARCH_COMMIT], "write to", step->why);
    if (st == ST_OK) {
        x->done = step->last;
        x->done_ts = step->last_ts;
    }
    return st;
}

static void
undo_step(struct search *x)
{
    /* The table that it leads to may go. */
    sql_finalize(&x->insert, 1);
    x->insert = NULL;
    if (x->db != NULL && !sqlite3_get_autocommit(x->db))
        (void)sql_run(x->q[SEARCH_ROLLBACK], "roll back", NULL);
}

enum status
search_step(struct search *x, size_t max_rows, uint64_t *behind, struct fault *why)
{
    struct fault reason = {0};
    struct index_step step = {.x = x, .why = &reason};
    struct store_state state = {.head = 0};
    enum status st = ST_OK;

    if (x->db == NULL)
        step.failed = search_renew(x, &reason);
    step.last = x->done;
    step.last_ts = x->done_ts;
    if (step.failed == ST_OK)
        step.failed = sql_run(x->q[SEARCH_BEGIN], "write to", &reason);
    if (step.failed == ST_OK)
        st = index_entries(&step, max_rows, &state);
    if (step.failed == ST_OK && st == ST_OK)
        step.failed = finish_step(&step, &state);
    if (step.failed != ST_OK || st != ST_OK)
        undo_step(x);
    if (search_is_spoilt(step.failed) && x->db != NULL)
        step.failed = search_restart(x, &reason);
    if (x->db != NULL)
        *behind = state.head > x->done ? state.head - x->done : 0;
    else
        *behind = UINT64_MAX;
    st = step.failed != ST_OK ? step.failed : st;
    if (st != ST_OK && why != NULL)
        *why = reason;
    return st;
}
