#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "search/impl.h"

/* ---- what is looked for ---- */

/* The tokenizer that cut the messages cuts the question too, so a word is what it is in them. */
static enum status
find_tokenizer(sqlite3 *db, fts5_tokenizer *out, void **data, struct fault *why)
{
    static const char *const text = "SELECT fts5(?1)";
    sqlite3_stmt *q = NULL;
    fts5_api *api = NULL;
    enum status st = sql_prepare(db, &q, &text, 1, why);

    if (st != ST_OK)
        return st;
    sqlite3_bind_pointer(q, 1, (void *)&api, "fts5_api_ptr", NULL);
    sqlite3_step(q);
    sql_finalize(&q, 1);
    if (api == NULL || api->xFindTokenizer(api, SEARCH_TOKENIZER, data, out) != SQLITE_OK)
        return fault_set(why, ST_SYSTEM, "this SQLite has no full-text search");
    return ST_OK;
}

struct search_question {
    struct buf text; /* in FTS5's language */
    struct span words;
    size_t count;
};

static void
append_text(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

static int
take_word(void *ctx, int flags, const char *token, int token_len, int start, int end)
{
    struct search_question *question = ctx;

    (void)flags;
    (void)token;
    (void)token_len;
    /* A word holds neither quotes nor anything else that FTS5 would take for its own. */
    append_text(&question->text, question->count++ > 0 ? " AND \"" : "\"");
    buf_append(&question->text, question->words.p + start, (size_t)(end - start));
    append_text(&question->text, "\"");
    return question->text.failed ? SQLITE_NOMEM : SQLITE_OK;
}

static enum status
cut_words(sqlite3 *db, struct search_question *question, struct fault *why)
{
    const char *arguments[] = {"remove_diacritics", "2"};
    fts5_tokenizer tokenizer = {NULL, NULL, NULL};
    Fts5Tokenizer *instance = NULL;
    void *data = NULL;
    enum status st = find_tokenizer(db, &tokenizer, &data, why);
    int rc;

    if (st != ST_OK)
        return st;
    rc = tokenizer.xCreate(data, arguments, 2, &instance);
    if (rc == SQLITE_OK) {
        rc = tokenizer.xTokenize(instance, question, FTS5_TOKENIZE_QUERY,
                                 (const char *)question->words.p, (int)question->words.len,
                                 take_word);
        tokenizer.xDelete(instance);
    }
    return rc == SQLITE_OK ? ST_OK : fault_set(why, ST_NOMEM, "out of memory");
}

static enum status
write_question(sqlite3 *db, struct search_question *question, const struct search_ask *ask,
               struct fault *why)
{
    char author[AUTHOR_LEN + 1];
    enum status st;

    question->words = ask->words;
    append_text(&question->text, "body : (");
    st = cut_words(db, question, why);
    if (st == ST_OK && question->count == 0)
        return fault_set(why, ST_INVALID, "there is no word to look for");
    append_text(&question->text, ")");
    if (ask->from != NULL) {
        search_author(ask->from, author);
        append_text(&question->text, " AND author : \"");
        append_text(&question->text, author);
        append_text(&question->text, "\"");
    }
    if (st == ST_OK && question->text.failed)
        st = fault_set(why, ST_NOMEM, "out of memory");
    return st;
}

/* ---- finding ---- */

struct find {
    struct search *x;
    const struct search_ask *ask;
    struct span question;
    sqlite3_stmt *q; /* of segment */
    uint64_t segment;
    uint64_t seq;  /* that is looked at */
    uint64_t rows; /* that were visited */
    uint64_t next;
    bool full;
    enum status failed; /* of the store or the visit */
    store_entry_visit *visit;
    void *ctx;
};

static enum status
show(void *ctx, const struct entry *e)
{
    struct find *f = ctx;

    /* It was let go, or is not to be read: then this is the one behind it. */
    if (e->seq != f->seq || e->kind != ENTRY_MESSAGE ||
        (f->ask->from != NULL && !id_equal(&e->author, f->ask->from)))
        return ST_OK;
    f->failed = f->visit(f->ctx, e);
    if (f->failed == ST_FULL) {
        f->failed = ST_OK;
        f->full = true;
        f->next = e->seq - 1;
    } else if (f->failed == ST_OK) {
        f->next = e->seq;
        f->full = ++f->rows == f->ask->max_rows;
    }
    return f->failed;
}

static enum status
show_at(struct find *f, uint64_t seq, struct fault *why)
{
    struct store_query query = {.ranges = f->ask->ranges,
                                .n_ranges = f->ask->n_ranges,
                                .after_seq = seq - 1,
                                .max_rows = 1};
    struct store_state now;
    enum status st;

    f->seq = seq;
    st = store_read(f->x->reader, &query, &now, show, f, why);
    /* One that is damaged now is not found; reading tells of it. */
    if (f->failed == ST_OK && st != ST_CORRUPT)
        f->failed = st;
    return f->failed;
}

/* ST_NOT_FOUND: there is no such segment, as nothing of it was indexed. */
static enum status
open_segment(struct find *f, uint64_t segment, struct fault *why)
{
    char text[160];
    const char *texts[] = {text};
    bool there = false;
    enum status st;

    if (f->q != NULL && f->segment == segment)
        return ST_OK;
    sql_finalize(&f->q, 1);
    f->q = NULL;
    st = search_has_segment(f->x, segment, &there, why);
    if (st != ST_OK || !there)
        return st != ST_OK ? st : ST_NOT_FOUND;
    snprintf(text, sizeof text,
             "SELECT rowid FROM words_%llu(?1) WHERE rowid BETWEEN ?2 AND ?3 ORDER BY rowid",
             (unsigned long long)segment);
    st = sql_prepare(f->x->db, &f->q, texts, 1, why);
    f->segment = segment;
    return st;
}

/* Entries from..to, which are all in one segment. */
static enum status
find_within(struct find *f, uint64_t from, uint64_t to, struct fault *why)
{
    enum status st = open_segment(f, from / SEGMENT_SEQS, why);
    int rc = SQLITE_ROW;

    if (st != ST_OK)
        return st == ST_NOT_FOUND ? ST_OK : st;
    sqlite3_bind_text(f->q, 1, (const char *)f->question.p, (int)f->question.len, SQLITE_STATIC);
    sqlite3_bind_int64(f->q, 2, (int64_t)from);
    sqlite3_bind_int64(f->q, 3, (int64_t)to);
    while (st == ST_OK && !f->full && (rc = sqlite3_step(f->q)) == SQLITE_ROW)
        st = show_at(f, (uint64_t)sqlite3_column_int64(f->q, 0), why);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        st = sql_fault(why, f->x->db, rc, "read");
    sqlite3_reset(f->q);
    return st;
}

/* The next run of entries behind `after` that may be read, within one segment. */
static bool
next_run(const struct find *f, uint64_t after, uint64_t *from, uint64_t *to)
{
    const struct stay all = {1, UINT64_MAX}, *ranges = f->ask->ranges;
    size_t n = f->ask->n_ranges;

    if (n == 0) {
        ranges = &all;
        n = 1;
    }
    while (n > 0 && ranges->last <= after) {
        ranges++;
        n--;
    }
    if (n == 0)
        return false;
    *from = ranges->first > after ? ranges->first : after + 1;
    *to = *from / SEGMENT_SEQS * SEGMENT_SEQS + (SEGMENT_SEQS - 1);
    if (*to > ranges->last)
        *to = ranges->last;
    if (*to > f->x->done)
        *to = f->x->done;
    return *from <= *to;
}

static bool
is_late(const struct find *f)
{
    return f->ask->until_ms != 0 && clock_mono_ms() >= f->ask->until_ms;
}

static enum status
find_all(struct find *f, uint64_t after, struct fault *why)
{
    uint64_t from, to;
    bool late = false;
    enum status st = ST_OK;

    while (st == ST_OK && !f->full && !late && next_run(f, after, &from, &to)) {
        st = find_within(f, from, to, why);
        after = to;
        late = is_late(f);
    }
    if (st == ST_OK && !f->full)
        f->next = late || after > f->x->done ? after : f->x->done;
    sql_finalize(&f->q, 1);
    return st;
}

/* The entry behind which to look. */
static enum status
find_start(struct search *x, const struct search_ask *ask, struct store_state *state,
           uint64_t *after, struct fault *why)
{
    struct store_query query = {.by_ts = ask->by_ts,
                                .after_ts = ask->after_ts,
                                .after_seq = ask->after_seq,
                                .max_rows = 1};
    struct entry first;
    enum status st = search_peek(x, &query, state, &first, why);

    /* A damaged entry there is not found; from a time, nobody knows where to begin. */
    if (st == ST_CORRUPT && !ask->by_ts && state->head >= x->done)
        st = ST_OK;
    if (first.seq != 0)
        *after = first.seq - 1;
    else
        *after = ask->by_ts ? state->head : ask->after_seq;
    return st;
}

enum status
search_find(struct search *x, const struct search_ask *ask, struct store_state *state,
            uint64_t *next, store_entry_visit *visit, void *ctx, struct fault *why)
{
    struct search_question question = {.count = 0};
    struct fault reason = {0};
    struct find f = {.x = x, .ask = ask, .visit = visit, .ctx = ctx};
    uint64_t after = 0;
    enum status st;

    if (x->db == NULL)
        return fault_set(why, ST_AGAIN, "the search index is not there");
    buf_init(&question.text, 0);
    st = write_question(x->db, &question, ask, &reason);
    if (st == ST_OK)
        st = find_start(x, ask, state, &after, &reason);
    if (st == ST_OK) {
        f.question = buf_span(&question.text);
        st = find_all(&f, after, &reason);
        if (f.failed == ST_OK && search_is_spoilt(st) && search_restart(x, &reason) == ST_OK)
            st = ST_AGAIN;
        *next = f.next;
    }
    if (st != ST_OK && why != NULL)
        *why = reason;
    buf_clear(&question.text);
    return st;
}
