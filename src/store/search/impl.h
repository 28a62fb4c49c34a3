/*
 * impl - the inside of search, shared by the files search*.c only.
 *
 * The words are in contentless FTS5 tables, one for each run of SEGMENT_SEQS entries, so that those
 * of a run that was let go are dropped as a whole. What is found is a number; everything else is
 * read back from the store.
 */
#ifndef SEARCH_IMPL_H
#define SEARCH_IMPL_H

#include "search/index.h"
#include "sqlite/sql.h"
#include "store/engine.h"

#define SEGMENT_SEQS     131072
#define SEARCH_TOKENIZER "unicode61"

enum {
    SEARCH_BEGIN,
    SEARCH_COMMIT,
    SEARCH_ROLLBACK,
    SEARCH_PUT,     /* what meta says: ?1 done, ?2 its time */
    SEARCH_SEGMENT, /* there is a table for segment ?1 */
    SEARCH_ADD_SEGMENT,
    SEARCH_NO_SEGMENT,
    SEARCH_FIRST_SEGMENT,
    SEARCH_COUNT
};

struct search {
    const struct datadir *dir; /* NULL: in memory */
    struct store_reader *reader;
    struct id log;
    sqlite3 *db; /* NULL: there is no index, and the next step makes one */
    sqlite3_stmt *q[SEARCH_COUNT];
    sqlite3_stmt *insert; /* into segment inserts; NULL: none is prepared */
    uint64_t inserts;
    uint64_t done; /* everything up to it is indexed */
    int64_t done_ts;
};

/* search_file.c */

/* Open the index that is there, or make one. */
enum status search_attach(struct search *x, struct fault *why);
/* NULL statements and connections are allowed. */
void search_detach(struct search *x);
/* Throw away what is there and begin again. On failure there is none: x->db is NULL. */
enum status search_renew(struct search *x, struct fault *why);
/* What the index failed with means that it is better thrown away: also what SQLite has no word for,
 * a table that is not there, say. */
bool search_is_spoilt(enum status st);
/* The same as renew, and say so; *reason says how, and then what went wrong. */
enum status search_restart(struct search *x, struct fault *reason);

/* search.c */

#define AUTHOR_LEN (2 * ID_LEN)
/* Their UUID as one word. */
void search_author(const struct id *uuid, char text[static AUTHOR_LEN + 1]);
/* The first entry that is asked for, without its spans; seq 0: none. */
enum status search_peek(struct search *x, const struct store_query *query,
                        struct store_state *state, struct entry *out, struct fault *why);

/* Is there a table for that run of entries? */
enum status search_has_segment(struct search *x, uint64_t segment, bool *there, struct fault *why);

#endif
