#include "store_fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- fixture ---- */

static int
remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

void
open_store(struct fixture *f)
{
    enum status st =
        f->durable ? store_open_dir(&f->store, f->dir, &f->why) : store_open_memory(&f->store);

    if (st != ST_OK)
        fail_msg("%s: %s", status_name(st), f->why.text);
}

void
reopen(struct fixture *f)
{
    store_close(f->store);
    open_store(f);
}

static int
set_up(void **state, bool durable)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    *state = f;
    f->durable = durable;
    strcpy(f->root, "/tmp/store.XXXXXX");
    assert_non_null(mkdtemp(f->root));
    snprintf(f->dir, sizeof f->dir, "%s/data", f->root);
    open_store(f);
    return 0;
}

int
set_up_sqlite(void **state)
{
    return set_up(state, true);
}

int
set_up_memory(void **state)
{
    return set_up(state, false);
}

int
tear_down(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    wipe(f->root);
    free(f);
    return 0;
}

/* ---- shorthand ---- */

struct id
id_n(unsigned n)
{
    struct id id = {{0}};

    id.bytes[0] = 1;
    id.bytes[14] = (uint8_t)(n >> 8);
    id.bytes[15] = (uint8_t)n;
    return id;
}

struct store_change
send_of(unsigned author, unsigned id, const char *body)
{
    return (struct store_change){.what = STORE_SEND,
                                 .author = id_n(author),
                                 .id = id_n(id),
                                 .body = span_of(body)};
}

struct store_change
join_of(unsigned author, unsigned id, const char *nick)
{
    struct store_change c = {.what = STORE_JOIN,
                             .author = id_n(author),
                             .id = id_n(id),
                             .nick = span_of(nick)};

    memset(c.key, (int)author, sizeof c.key);
    return c;
}

struct store_change
leave_of(unsigned author, unsigned id)
{
    return (struct store_change){.what = STORE_LEAVE, .author = id_n(author), .id = id_n(id)};
}

struct store_change
remove_of(unsigned author, unsigned id, unsigned subject)
{
    return (struct store_change){.what = STORE_REMOVE,
                                 .author = id_n(author),
                                 .id = id_n(id),
                                 .subject = id_n(subject)};
}

void
commit(struct fixture *f, struct store_change *changes, size_t n, int64_t now)
{
    enum status st = store_commit(f->store, changes, n, now, &f->why);

    if (st != ST_OK)
        fail_msg("%s: %s", status_name(st), f->why.text);
}

struct store_change
do_one(struct fixture *f, struct store_change c, int64_t now)
{
    commit(f, &c, 1, now);
    return c;
}

void
fill(struct fixture *f, unsigned n)
{
    for (unsigned i = 1; i <= n; i++)
        do_one(f, send_of(1, i, "x"), NOW + i * 10);
}

enum status
collect(void *ctx, const struct entry *e)
{
    struct page *p = ctx;
    struct seen *s = &p->v[p->n];

    if (p->stop_at != 0 && p->n + 1 == p->stop_at)
        return p->stop_with;
    assert_true(p->n < SEEN_MAX);
    s->e = *e;
    snprintf(s->body, sizeof s->body, "%.*s", (int)e->body.len, (const char *)e->body.p);
    snprintf(s->ext, sizeof s->ext, "%.*s", (int)e->ext.len, (const char *)e->ext.p);
    p->n++;
    return ST_OK;
}

enum status
read_page(struct fixture *f, struct store_query q, struct page *out)
{
    struct store_reader *r;
    enum status st;

    assert_int_equal(store_reader_open(&r, f->store, &f->why), ST_OK);
    st = store_read(r, &q, &out->state, collect, out, &f->why);
    store_reader_close(r);
    return st;
}

struct page
page_after(struct fixture *f, uint64_t seq)
{
    struct page p = {.n = 0};
    struct store_query q = {.after_seq = seq, .max_rows = SEEN_MAX};

    assert_int_equal(read_page(f, q, &p), ST_OK);
    return p;
}

struct page
page_after_ts(struct fixture *f, int64_t ts)
{
    struct page p = {.n = 0};
    struct store_query q = {.by_ts = true, .after_ts = ts, .max_rows = SEEN_MAX};

    assert_int_equal(read_page(f, q, &p), ST_OK);
    return p;
}

static enum status
list_member(void *ctx, const struct store_member *m)
{
    struct member_list *l = ctx;

    assert_true(l->n < 16);
    snprintf(l->nicks[l->n], NAME_MAX_BYTES + 1, "%.*s", (int)m->nick.len, (const char *)m->nick.p);
    l->v[l->n++] = *m;
    return ST_OK;
}

struct member_list
members_of(struct fixture *f)
{
    struct member_list l = {.n = 0};

    assert_int_equal(store_members(f->store, list_member, &l), ST_OK);
    return l;
}

struct store_state
state_of(struct fixture *f)
{
    struct store_state s;

    assert_int_equal(store_state(f->store, &s), ST_OK);
    return s;
}

enum status
try_open(struct fixture *f)
{
    struct store *second = NULL;
    enum status st = store_open_dir(&second, f->dir, &f->why);

    assert_true((st == ST_OK) == (second != NULL));
    assert_true(st == ST_OK || f->why.text[0] != '\0');
    store_close(second);
    return st;
}

void
tamper(struct fixture *f, const char *sql)
{
    char path[80];
    char *error = NULL;
    sqlite3 *db;

    store_close(f->store);
    f->store = NULL;
    snprintf(path, sizeof path, "%s/group.db", f->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s", error);
    sqlite3_close(db);
}

void
write_file(struct fixture *f, const char *name, const char *text, off_t length)
{
    char path[80];
    int fd;

    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(ftruncate(fd, length), 0);
    close(fd);
}

void
wipe(const char *dir)
{
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
