/*
 * store - a group's log and members, durable. The rules of the log are here, above the engine that
 * keeps rows. Nothing above it knows SQL; it knows no wire.
 * Threads: the calls marked "writer" belong to one thread at a time, and so does each
 * store_reader. Writer and readers run at once, and readers never wait for the writer.
 * Stored bytes are checked as hostile: ST_CORRUPT, never a crash.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/entry.h"
#include "base/id.h"
#include "base/status.h"
#include "roster/roster.h"

struct store;
struct store_reader;

/* ---- open ---- */

struct store_options {
    const char *dir;
    int64_t quota;   /* most bytes of DIR/group.db; 0: no bound but the file-size limit */
    int64_t ballast; /* bytes of DIR/ballast, which is given back when the disk is full so that
                        urgent changes find room; made only where there is room; 0: none */
    bool restored;   /* DIR/group.db may be a backup that was put there: its log gets a new id, and
                        store_goes_on_from knows the one that it had. Else a backup is ST_INVALID */
};
#define STORE_QUOTA_MIN (1024 * 1024)
/* DIR/group.db, made with the directory (0700) if it is not there; an exclusive lock on
 * DIR/lock. ST_BUSY: another process has it. ST_CORRUPT, ST_PROTOCOL (made by a newer version),
 * ST_DENIED, ST_SYSTEM, ST_INVALID (an option below its least), each with the reason. The caller
 * closes *out. */
enum status store_open(struct store **out, const struct store_options *o, struct fault *why);
/* Readers must be closed before. NULL is allowed. */
void store_close(struct store *s);

/* What the log looks like. first is head + 1 when no entry is kept. */
struct store_state {
    struct id log;   /* made with the store, or when it was restored */
    uint64_t first;  /* lowest seq kept */
    uint64_t head;   /* last seq; 0 when nothing was ever appended */
    int64_t last_ts; /* of head; 0 */
    uint64_t lowest; /* store_read: the lowest seq that its ranges let be read; head + 1: none */
};
enum status store_state(struct store *s, struct store_state *out); /* writer */
/* Is log what this store's log was called before a backup was restored? Both then hold the same up
 * to *head. The last 16 such names are known. Any thread. */
bool store_goes_on_from(const struct store *s, const struct id *log, uint64_t *head);

/* ---- the roster ---- */

/* Everyone who ever wrote, joined, was banned or was given a role; the invitations, the expired
 * too; the topic. As committed, until the next change. Writer. */
const struct roster *store_roster(const struct store *s);

/* ---- changes ---- */

/* Each with the number of its entry. */
enum store_what {
    /* append ENTRY_MESSAGE: author, id, body, ext, after */
    STORE_SEND = ENTRY_MESSAGE,
    /* author becomes a member: author, key, nick, id; appends ENTRY_JOINED with body nick. In
     * already: nothing is appended; seq and ts are the joined entry's. `by_invite`: takes one
     * use of invite.hash; ST_DENIED: there is none left, or it is expired at now_ns; or author
     * is banned */
    STORE_JOIN = ENTRY_JOINED,
    /* author stops being one: author, id; appends ENTRY_LEFT. Not in: ST_NOT_FOUND, unless this
     * very change was made before */
    STORE_LEAVE = ENTRY_LEFT,
    /* subject stops being one: author (who does it), subject, id; appends ENTRY_KICKED with body
     * subject. Not in: as for LEAVE. Their role ends */
    STORE_REMOVE = ENTRY_KICKED,
    /* the same with ENTRY_BANNED, also for who is not in or not known; banned already: nothing
     * is appended, seq and ts are those of the ban */
    STORE_BAN = ENTRY_BANNED,
    /* appends ENTRY_UNBANNED. Not banned: as for LEAVE */
    STORE_UNBAN = ENTRY_UNBANNED,
    /* subject gets role: author, subject, role, id; appends ENTRY_ROLE. Need not be in: it
     * counts when they join */
    STORE_ROLE = ENTRY_ROLE,
    /* body is the topic: author, id, body; appends ENTRY_TOPIC */
    STORE_TOPIC = ENTRY_TOPIC,
    /* author is called nick: author, id, nick; appends ENTRY_NICK. Not in: as for LEAVE */
    STORE_NICK = ENTRY_NICK,
    /* remember invite, whose by becomes author and since now_ns; appends nothing. There already:
     * ST_OK, and nothing changes. ST_FULL: INVITATIONS_MAX are there, expired ones not counted
     * (those are forgotten) */
    STORE_INVITE = DEED_INVITE,
    /* forget the invitation with invite.hash; appends nothing. ST_NOT_FOUND */
    STORE_REVOKE = DEED_REVOKE,
};

/* One change. The spans and pointers are borrowed until store_commit returns. Messages are most of
 * all changes, so what only the others need shares its room. */
struct store_change {
    enum store_what what;
    struct id author;
    struct id id;
    bool by_invite; /* JOIN */
    /* result */
    bool fresh;         /* an entry was appended; false: it, or its twin, was there before */
    enum status result; /* ST_OK; ST_CONFLICT: (author, id) is there with another body, ext or
                           kind; ST_ORDER: `after` is not stored; ST_NOT_FOUND; ST_INVALID: a
                           span is over its bound in entry.h, nick or topic is not UTF-8, role is
                           none, an invitation has no uses; ST_DENIED, ST_FULL: as said above */
    uint64_t seq;
    int64_t ts;
    union {
        struct { /* SEND; TOPIC: body */
            struct span body;
            struct span ext;
            const struct id *after; /* NULL, or this author's message that must be stored before */
        };
        struct { /* JOIN; NICK: nick; INVITE: invite; REVOKE, and JOIN by_invite: invite.hash */
            struct invitation invite;
            struct span nick;
            uint8_t key[32];
        };
        struct { /* REMOVE, BAN, UNBAN, ROLE: subject; ROLE: role */
            struct id subject;
            enum role role;
        };
    };
};

/* What became of a fresh change, or of one to the invitations, in any roster. Borrows c. */
struct act store_act(const struct store_change *c);

/* Who is handed the entries of a commit while they are appended, as readers will find them. None of
 * it counts unless the commit ends with ST_OK. Called by the writer's thread. */
struct store_taker {
    /* The first comes. Called again, what was handed out is void: there was no room for all. */
    void (*begin)(void *ctx);
    /* What c appended; the entry's spans are borrowed during the call. */
    void (*entry)(void *ctx, const struct store_change *c, const struct entry *e);
    void *ctx;
};

struct store_commit_options {
    int64_t now_ns;
    /* Only changes that make do with little room and must find some: leaving, removing, banning.
     * They may go above the quota by up to STORE_RESERVE, and get what the ballast holds. */
    bool urgent;
    const struct store_taker *taker; /* NULL: nobody */
};
#define STORE_RESERVE (1024 * 1024)

/* Apply n changes in order, in one transaction, durable on return. Whether author may do it is
 * the caller's to know; only what is said at the changes is checked. ts of a new entry is
 * max(now_ns, last ts + 1). A change whose result is not ST_OK changes nothing, and does not
 * stop the others. Anything but ST_OK: nothing of all n was changed, and their results mean
 * nothing: ST_FULL (disk, file-size limit or quota; while the ballast is given back, what is not
 * urgent leaves half of its size free on the disk) or ST_NOMEM: later commits may succeed.
 * ST_SYSTEM or ST_CORRUPT: fatal; the caller must stop acknowledging and end, and every later
 * commit is refused with the same. Writer. */
enum status store_commit(struct store *s, struct store_change *changes, size_t n,
                         const struct store_commit_options *o, struct fault *why);

/* ---- upkeep ---- */

/* What stays: an entry goes when any of them says so. Zero: no bound. */
struct store_keep {
    int64_t age_ns;
    uint64_t entries; /* the latest so many, of all kinds */
    int64_t bytes;    /* of DIR/group.db: pages in use, so index and people count too */
};

/* Let go of up to max_rows entries at the log's front, in one transaction; *removed == max_rows:
 * there may be more. Numbers are never used again, an id of one that is gone may be; people and
 * their latest stay remain. now_ns: ages are counted back from here. May use the reserve and the
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
    /* What may be read: entries within any of these, ascending and apart; n_ranges 0: all. A read
     * stays within one of them: the one that holds the first entry it finds. */
    const struct stay *ranges;
    size_t n_ranges;
    uint64_t before_seq; /* not 0: backwards, entries with seq < before_seq; else forwards: */
    bool by_ts;          /* entries with ts > after_ts; else with seq > after_seq */
    int64_t after_ts;
    uint64_t after_seq;
    uint64_t max_rows; /* at least 1 */
};
/* Called for each entry in order of seq, backwards in falling order; the entry's spans are borrowed
 * during the call. ST_OK goes on; ST_FULL ends the reading before this entry (it does not fit any
 * more) and is not an error; anything else ends it and is returned. */
typedef enum status store_entry_visit(void *ctx, const struct entry *e);

/* Read from one consistent snapshot; *state is the log at that snapshot, but for first, which is
 * the lowest seq that could be read of the range that was read from (head + 1: of none). */
enum status store_read(struct store_reader *r, const struct store_query *q,
                       struct store_state *state, store_entry_visit *visit, void *ctx,
                       struct fault *why);

#endif
