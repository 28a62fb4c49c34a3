/*
 * store - a group's log and members, durable. An interface with two back ends: SQLite in a data
 * directory, and memory for tests. Nothing above it knows SQL; it knows no wire.
 * Threads: the calls marked "writer" belong to one thread at a time, and so does each
 * store_reader. Writer and readers run at once, and readers never wait for the writer.
 * Stored bytes are checked as hostile: ST_CORRUPT, never a crash.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "entry.h"
#include "id.h"
#include "status.h"

struct store;
struct store_reader;

/* ---- open ---- */

/* DIR/group.db, made with the directory (0700) if it is not there; an exclusive lock on
 * DIR/lock. ST_BUSY: another process has it. ST_CORRUPT, ST_PROTOCOL (made by a newer version),
 * ST_DENIED, ST_SYSTEM, each with the reason. The caller closes *out. */
enum status store_open_dir(struct store **out, const char *dir, struct fault *why);

struct store_options {
    const char *dir;
    int64_t quota;   /* most bytes of DIR/group.db; 0: no bound but the file-size limit */
    int64_t ballast; /* bytes of DIR/ballast, which is given back when the disk is full so that
                        urgent changes find room; made only where there is room; 0: none */
};
#define STORE_QUOTA_MIN (1024 * 1024)
/* As store_open_dir, which has neither quota nor ballast. ST_INVALID: a value below its least. */
enum status store_open(struct store **out, const struct store_options *o, struct fault *why);
enum status store_open_memory(struct store **out);
/* Readers must be closed before. NULL is allowed. */
void store_close(struct store *s);

/* What the log looks like. first is head + 1 when no entry is kept. */
struct store_state {
    struct id log;   /* made with the store */
    uint64_t first;  /* lowest seq kept */
    uint64_t head;   /* last seq; 0 when nothing was ever appended */
    int64_t last_ts; /* of head; 0 */
};
enum status store_state(struct store *s, struct store_state *out); /* writer */

/* ---- members ---- */

/* A person and their latest stay. */
struct store_member {
    struct id uuid;
    uint8_t key[32];
    struct span nick; /* borrowed during the visit */
    uint64_t joined_seq;
    int64_t joined_ts;
    uint64_t left_seq; /* 0: is in */
    int64_t left_ts;
};
typedef enum status store_member_visit(void *ctx, const struct store_member *m);
/* Everyone who ever joined, in order of uuid. Stops at the first status but ST_OK, and returns
 * it. Writer. */
enum status store_members(struct store *s, store_member_visit *visit, void *ctx);

/* ---- changes ---- */

enum store_what {
    STORE_SEND,   /* append ENTRY_MESSAGE: author, id, body, ext, after */
    STORE_JOIN,   /* author becomes a member: author, key, nick, id; appends ENTRY_JOINED with body
                     nick. In already: nothing is appended; seq and ts are the joined entry's */
    STORE_LEAVE,  /* author stops being one: author, id; appends ENTRY_LEFT. Not in:
                     ST_NOT_FOUND, unless this very change was made before */
    STORE_REMOVE, /* subject stops being one: author (who does it), subject, id; appends
                     ENTRY_KICKED with body = subject's 16 bytes. Not in: as for LEAVE */
};

/* One change. The spans and pointers are borrowed until store_commit returns. */
struct store_change {
    enum store_what what;
    struct id author;
    struct id id;
    struct span body;       /* SEND */
    struct span ext;        /* SEND */
    const struct id *after; /* SEND: NULL, or this author's message that must be stored before */
    uint8_t key[32];        /* JOIN */
    struct span nick;       /* JOIN */
    struct id subject;      /* REMOVE */
    /* result */
    enum status result; /* ST_OK; ST_CONFLICT: (author, id) is there with another body, ext or
                           kind; ST_ORDER: `after` is not stored; ST_NOT_FOUND; ST_INVALID: a
                           span is over its bound in entry.h, or nick is not UTF-8 */
    bool fresh;         /* an entry was appended; false: it, or its twin, was there before */
    uint64_t seq;
    int64_t ts;
};

/* Apply n changes in order, in one transaction, durable on return. Whether author may do it is
 * the caller's to know; only what is said at the changes is checked. ts of a new entry is
 * max(now_ns, last ts + 1). A change whose result is not ST_OK changes nothing, and does not
 * stop the others. Anything but ST_OK: nothing of all n was changed, and their results mean
 * nothing: ST_FULL (disk, file-size limit or quota) or ST_NOMEM: later commits may succeed.
 * ST_SYSTEM or ST_CORRUPT: fatal; the caller must stop acknowledging and end, and every later
 * commit is refused with the same. Writer. */
enum status store_commit(struct store *s, struct store_change *changes, size_t n, int64_t now_ns,
                         struct fault *why);

/* The same for changes that make do with little room and must find some: leaving, removing. They
 * may go above the quota by up to STORE_RESERVE, and get what the ballast holds. While the
 * ballast is given back, store_commit leaves half of its size free on the disk (ST_FULL). */
#define STORE_RESERVE (1024 * 1024)
enum status store_commit_urgent(struct store *s, struct store_change *changes, size_t n,
                                int64_t now_ns, struct fault *why);

/* ---- upkeep ---- */

/* What stays: an entry goes when any of them says so. Zero: no bound. */
struct store_keep {
    int64_t age_ns;
    uint64_t entries; /* the latest so many, of all kinds */
    int64_t bytes;    /* of DIR/group.db: pages in use, so index and people count too; in
                         memory: of bodies and exts */
};

/* Let go of up to max_rows entries at the log's front, in one transaction; *removed == max_rows:
 * there may be more. Numbers are never used again, an id of one that is gone may be; people and
 * their stays remain. now_ns: ages are counted back from here. May use the reserve and the
 * ballast. Errors as store_commit, but ST_CORRUPT may also mean a damaged entry that was looked
 * at: then nothing changed, and commits go on. Writer. */
enum status store_trim(struct store *s, const struct store_keep *keep, int64_t now_ns,
                       size_t max_rows, size_t *removed, struct fault *why);
/* Make the ballast again if it was given back and the disk has room. Writer. */
void store_refill(struct store *s);

/* ---- reading ---- */

enum status store_reader_open(struct store_reader **out, struct store *s, struct fault *why);
void store_reader_close(struct store_reader *r);

struct store_query {
    bool by_ts; /* entries with ts > after_ts; else with seq > after_seq */
    int64_t after_ts;
    uint64_t after_seq;
    uint64_t max_rows; /* at least 1 */
};
/* Called for each entry in order of seq; the entry's spans are borrowed during the call. ST_OK
 * goes on; ST_FULL ends the reading before this entry (it does not fit any more) and is not an
 * error; anything else ends it and is returned. */
typedef enum status store_entry_visit(void *ctx, const struct entry *e);

/* Read from one consistent snapshot; *state is the log at that snapshot. */
enum status store_read(struct store_reader *r, const struct store_query *q,
                       struct store_state *state, store_entry_visit *visit, void *ctx,
                       struct fault *why);

#endif
