/*
 * store_fixture - what the tests of the store share: a store of either back end in a fresh
 * directory, and short ways to change and read it. A call that fails, fails the test.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "store/store.h"

#define NOW      INT64_C(1700000000000000000)
#define SEEN_MAX 64

struct fixture {
    bool durable;
    char root[32];
    char dir[48];
    struct store *store; /* may be NULL: closed */
    struct fault why;
};

/* For cmocka; *state is the fixture. */
int set_up_sqlite(void **state);
int set_up_memory(void **state);
int tear_down(void **state);

/* Rows of a cmocka table. */
#define ON_BOTH(test)                                          \
    {"sqlite: " #test, test, set_up_sqlite, tear_down, NULL},  \
    {                                                          \
        "memory: " #test, test, set_up_memory, tear_down, NULL \
    }
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, set_up_sqlite, tear_down)

void open_store(struct fixture *f);
void reopen(struct fixture *f);
/* Open and close the directory a second time, or one that was closed. */
enum status try_open(struct fixture *f);

/* An id, of a person or of an entry, made of a small number. */
struct id id_n(unsigned n);
struct store_change send_of(unsigned author, unsigned id, const char *body);
struct store_change join_of(unsigned author, unsigned id, const char *nick);
struct store_change leave_of(unsigned author, unsigned id);
struct store_change remove_of(unsigned author, unsigned id, unsigned subject);
struct store_change ban_of(unsigned author, unsigned id, unsigned subject);
struct store_change unban_of(unsigned author, unsigned id, unsigned subject);
struct store_change role_of(unsigned author, unsigned id, unsigned subject, enum role role);
struct store_change topic_of(unsigned author, unsigned id, const char *topic);
struct store_change nick_of(unsigned author, unsigned id, const char *nick);
/* An invitation's hash is made of a small number, too. */
struct store_change invite_of(unsigned author, unsigned hash, uint64_t uses, int64_t expires);
struct store_change revoke_of(unsigned hash);
struct store_change join_by(unsigned author, unsigned id, const char *nick, unsigned hash);

#define AT(when) (&(struct store_commit_options){.now_ns = (when)})
void commit(struct fixture *f, struct store_change *changes, size_t n, int64_t now);
struct store_change do_one(struct fixture *f, struct store_change c, int64_t now);
/* n messages of author 1, the i-th with id i at NOW + i * 10. */
void fill(struct fixture *f, unsigned n);

struct seen {
    struct entry e;
    char body[32];
    char ext[32];
    uint8_t start[ID_LEN + 1 + NAME_MAX_BYTES]; /* of the body */
};

struct page {
    struct store_state state;
    struct seen v[SEEN_MAX];
    size_t n;
    size_t stop_at; /* 0: never; this entry does not fit any more */
    enum status stop_with;
};

struct member_list {
    struct person v[16]; /* but for their stays */
    char nicks[16][NAME_MAX_BYTES + 1];
    struct stay stays[16][STAYS_MAX];
    size_t n;
};

/* A store_entry_visit; ctx is a struct page. */
enum status collect(void *ctx, const struct entry *e);
enum status read_page(struct fixture *f, struct store_query q, struct page *out);
struct page page_after(struct fixture *f, uint64_t seq);
struct page page_after_ts(struct fixture *f, int64_t ts);
struct page page_before(struct fixture *f, uint64_t seq);
/* Whom the entry is about; nick is borrowed from s. */
struct entry_subject subject_of(const struct seen *s);
struct member_list members_of(struct fixture *f);
/* Exactly one who is `n` must be there. */
struct person member(struct fixture *f, unsigned n);
/* As text: people, invitations, topic. And where the log stands, for all but the entries. */
struct text {
    char p[16 * 1024];
    size_t len;
};
void tell_roster(struct fixture *f, struct text *out);
void tell(struct fixture *f, struct text *out);
void __attribute__((format(printf, 2, 3))) say_text(struct text *t, const char *format, ...);
struct store_state state_of(struct fixture *f);

/* A thread that reads the whole log again and again beside the writer, who commits `batch` entries
 * at a time. Each read must be of one moment. */
struct race {
    struct store *store;
    unsigned batch;
    pthread_t thread;
    atomic_bool stop;
    const char *wrong; /* the rest is the thread's until it ended */
    uint64_t reads;
    uint64_t moved; /* reads that began behind entry 1 */
    uint64_t first; /* of the last read; 0: it found nothing */
    uint64_t last;
    int64_t last_ts;
};
void race_start(struct race *r, struct fixture *f, unsigned batch);
/* After one more read. Fails the test if one was wrong. */
void race_stop(struct race *r);

/* Close, and change what is on disk behind the store's back. */
void tamper(struct fixture *f, const char *sql);
/* The number that a query of a database in the directory gives. */
int64_t ask_file(struct fixture *f, const char *name, const char *sql);
/* Write text at the start of a file in the directory, and give it that length. */
void write_file(struct fixture *f, const char *name, const char *text, off_t length);
void wipe(const char *dir);

#endif
