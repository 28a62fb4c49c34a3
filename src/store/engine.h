/*
 * engine - what keeps the rows of a store, as a table of functions; the rules of the log are above
 * it (store.c, commit.c, trim.c), once. Internal to the layers of the store.
 */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include "store/past.h"
#include "store/store.h"

/* What is stored under an (author, id). */
struct store_found {
    uint64_t seq;
    int64_t ts;
    bool same; /* says what was asked for: store_entry_same */
    bool is_message;
};

/* The same kind, and content: a repeated change gives it again. What somebody was called when they
 * were banned, say, is not part of that. */
bool store_entry_same(const struct entry *a, const struct entry *b);

struct datadir;

struct store_engine {
    /* store_open, with options that can be. Sets what *out shares with the rules: engine, roster,
     * past and state. */
    enum status (*open)(struct store **out, const struct store_options *o, struct fault *why);
    void (*close)(struct store *s);
    /* urgent: also with what is kept in reserve. */
    enum status (*begin)(struct store *s, bool urgent, struct fault *why);
    /* Durable and visible to readers on return. After a failure the caller rolls back. */
    enum status (*commit)(struct store *s, struct fault *why);
    enum status (*rollback)(struct store *s, struct fault *why);
    /* ST_EXISTS: the author used e->id before; nothing was changed. */
    enum status (*append)(struct store *s, const struct person *author, const struct entry *e,
                          struct fault *why);
    /* What is stored under author and e->id; compares with e. ST_NOT_FOUND. */
    enum status (*find)(struct store *s, const struct person *author, const struct entry *e,
                        struct store_found *out, struct fault *why);

    /* What is beside the log, within a transaction. Each row may be there before. */

    /* A person and their latest stay. */
    enum status (*put_person)(struct store *s, const struct person *person, struct fault *why);
    enum status (*put_standing)(struct store *s, const struct person *person, struct fault *why);
    /* No stay below person_oldest_stay is kept any more. */
    enum status (*drop_stays)(struct store *s, const struct person *person, struct fault *why);
    enum status (*put_invite)(struct store *s, const struct invitation *invite, struct fault *why);
    enum status (*drop_invite)(struct store *s, const uint8_t hash[static 32], struct fault *why);
    /* Topic and counts. */
    enum status (*put_about)(struct store *s, struct fault *why);

    enum status (*reader_open)(struct store_reader **out, struct store *s, struct fault *why);
    /* The directory that the store is in; NULL: it is in none. */
    const struct datadir *(*dir)(const struct store *s);
    /* After an urgent transaction found no room: is it worth another attempt now? Asked until it
     * says no, which it does in the end. */
    bool (*make_room)(struct store *s);
    /* Take back what make_room gave, if there is room for it. */
    void (*refill)(struct store *s);
    /* Bytes in use by what is kept. */
    enum status (*used)(struct store *s, int64_t *out, struct fault *why);
    enum status (*ts_of)(struct store *s, uint64_t seq, int64_t *out, struct fault *why);
    /* Let go of all entries below first; base_ts is the time of the last of them. */
    enum status (*drop)(struct store *s, uint64_t first, int64_t base_ts, struct fault *why);
};

/* In sqlite/. */
extern const struct store_engine sqlite_engine;

struct store {
    const struct store_engine *engine;
    struct roster roster;
    struct past past;         /* does not change while it is open */
    struct store_state state; /* as committed */
    struct store_state next;  /* with the transaction under way */
    enum status broken;       /* not ST_OK: every further commit is refused with it */
    struct fault broken_why;
};

struct store_reader_ops {
    void (*close)(struct store_reader *r);
    enum status (*read)(struct store_reader *r, const struct store_query *q,
                        struct store_state *state, store_entry_visit *visit, void *ctx,
                        struct fault *why);
};

struct store_reader {
    const struct store_reader_ops *ops;
};

/* Run body in a transaction on s->next, which becomes s->state when all of it went well; else
 * everything is taken back. Broken stores refuse. */
typedef enum status store_body(void *ctx, struct fault *why);
enum status store_transact(struct store *s, bool urgent, store_body *body, void *ctx,
                           struct fault *why);

/* Where a read begins, and how far it may go. */
struct store_page {
    uint64_t after;
    uint64_t rows;
};
/* What is asked for behind entry `after` (backwards: in front of q->before_seq), and is there; sets
 * state->first and state->lowest as store_read does. */
void store_find_page(const struct store_query *q, uint64_t after, struct store_state *state,
                     struct store_page *out);

/* No commit is acknowledged from here on. */
void store_break(struct store *s, enum status st, const struct fault *why);

#endif
