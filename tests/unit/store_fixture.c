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

#include "memory_store.h"
#include "sqlite/rows.h"

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
    enum status st = f->durable
                         ? store_open(&f->store, &(struct store_options){.dir = f->dir}, &f->why)
                         : memory_store_open(&f->store);

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

struct store_change
ban_of(unsigned author, unsigned id, unsigned subject)
{
    struct store_change c = remove_of(author, id, subject);

    c.what = STORE_BAN;
    return c;
}

struct store_change
unban_of(unsigned author, unsigned id, unsigned subject)
{
    struct store_change c = remove_of(author, id, subject);

    c.what = STORE_UNBAN;
    return c;
}

struct store_change
role_of(unsigned author, unsigned id, unsigned subject, enum role role)
{
    struct store_change c = remove_of(author, id, subject);

    c.what = STORE_ROLE;
    c.role = role;
    return c;
}

struct store_change
topic_of(unsigned author, unsigned id, const char *topic)
{
    struct store_change c = send_of(author, id, topic);

    c.what = STORE_TOPIC;
    return c;
}

struct store_change
nick_of(unsigned author, unsigned id, const char *nick)
{
    struct store_change c = leave_of(author, id);

    c.what = STORE_NICK;
    c.nick = span_of(nick);
    return c;
}

static void
set_hash(struct invitation *invite, unsigned n)
{
    invite->hash[0] = (uint8_t)(n >> 8);
    invite->hash[31] = (uint8_t)n;
}

struct store_change
invite_of(unsigned author, unsigned hash, uint64_t uses, int64_t expires)
{
    struct store_change c = {.what = STORE_INVITE,
                             .author = id_n(author),
                             .invite = {.uses = uses, .expires = expires}};

    set_hash(&c.invite, hash);
    return c;
}

struct store_change
revoke_of(unsigned hash)
{
    struct store_change c = {.what = STORE_REVOKE};

    set_hash(&c.invite, hash);
    return c;
}

struct store_change
join_by(unsigned author, unsigned id, const char *nick, unsigned hash)
{
    struct store_change c = join_of(author, id, nick);

    c.by_invite = true;
    set_hash(&c.invite, hash);
    return c;
}

void
commit(struct fixture *f, struct store_change *changes, size_t n, int64_t now)
{
    enum status st = store_commit(f->store, changes, n, AT(now), &f->why);

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
    if (e->body.len > 0)
        memcpy(s->start, e->body.p, e->body.len < sizeof s->start ? e->body.len : sizeof s->start);
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

struct page
page_before(struct fixture *f, uint64_t seq)
{
    struct page p = {.n = 0};
    struct store_query q = {.before_seq = seq, .max_rows = SEEN_MAX};

    assert_int_equal(read_page(f, q, &p), ST_OK);
    return p;
}

struct member_list
members_of(struct fixture *f)
{
    const struct people *people = &store_roster(f->store)->people;
    struct member_list l = {.n = 0};

    for (size_t i = 0; i < people->n; i++) {
        const struct person *p = people->by_uuid[i];

        if (!person_is_known(p))
            continue;
        assert_true(l.n < 16);
        snprintf(l.nicks[l.n], NAME_MAX_BYTES + 1, "%.*s", (int)p->nick_len, (const char *)p->nick);
        if (p->n_stays > 0)
            memcpy(l.stays[l.n], p->stays, p->n_stays * sizeof *p->stays);
        l.v[l.n++] = *p;
    }
    return l;
}

struct person
member(struct fixture *f, unsigned n)
{
    struct member_list l = members_of(f);
    struct id uuid = id_n(n);
    size_t at = l.n;

    for (size_t i = 0; i < l.n; i++)
        if (id_equal(&l.v[i].uuid, &uuid)) {
            assert_int_equal(at, l.n);
            at = i;
        }
    assert_true(at < l.n);
    return l.v[at];
}

struct entry_subject
subject_of(const struct seen *s)
{
    struct entry e = s->e;
    struct entry_subject subject;

    e.body.p = s->start;
    assert_true(e.body.len <= sizeof s->start);
    assert_true(entry_subject(&e, &subject));
    return subject;
}

void
say_text(struct text *t, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(t->p + t->len, sizeof t->p - t->len, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof t->p - t->len);
    t->len += (size_t)n;
}

static void
tell_member(struct text *t, const struct person *p)
{
    say_text(t, "%u \"%.*s\" key %u, in %llu at %lld to %llu at %lld", p->uuid.bytes[15],
             (int)p->nick_len, (const char *)p->nick, p->key[0], (unsigned long long)p->joined_seq,
             (long long)p->joined_ts, (unsigned long long)p->left_seq, (long long)p->left_ts);
    say_text(t, ", %s%s%s", role_name(p->role), p->role_set ? " set" : "",
             p->invited ? ", invited" : "");
    if (p->ban_seq != 0)
        say_text(t, ", banned by %u at %lld", p->banned_by.bytes[15], (long long)p->ban_ts);
    for (size_t i = 0; i < p->n_stays; i++)
        say_text(t, "%s%llu-%lld", i == 0 ? ": " : " ", (unsigned long long)p->stays[i].first,
                 (long long)p->stays[i].last);
    say_text(t, "\n");
}

void
tell_roster(struct fixture *f, struct text *out)
{
    const struct roster *r = store_roster(f->store);

    out->len = 0;
    for (size_t i = 0; i < r->people.n; i++)
        if (person_is_known(r->people.by_uuid[i]))
            tell_member(out, r->people.by_uuid[i]);
    for (size_t i = 0; i < r->invitations.n; i++) {
        const struct invitation *one = &r->invitations.v[i];

        say_text(out, "invitation %u by %u since %lld: %llu up to %lld\n",
                 one->hash[0] * 256u + one->hash[31], one->by.bytes[15], (long long)one->since,
                 (unsigned long long)one->uses, (long long)one->expires);
    }
    say_text(out, "topic \"%.*s\"\n", (int)r->topic.len, (const char *)r->topic.text);
}

void
tell(struct fixture *f, struct text *out)
{
    struct store_state s = state_of(f);

    tell_roster(f, out);
    say_text(out, "log %llu to %llu at %lld\n", (unsigned long long)s.first,
             (unsigned long long)s.head, (long long)s.last_ts);
}

struct store_state
state_of(struct fixture *f)
{
    struct store_state s;

    assert_int_equal(store_state(f->store, &s), ST_OK);
    return s;
}

/* ---- readers beside the writer ---- */

static enum status
race_visit(void *ctx, const struct entry *e)
{
    struct race *r = ctx;

    if (r->first == 0)
        r->first = e->seq;
    else if (e->seq != r->last + 1 || e->ts <= r->last_ts)
        r->wrong = "an entry out of order";
    r->last = e->seq;
    r->last_ts = e->ts;
    return ST_OK;
}

static void
race_read(struct race *race, struct store_reader *r)
{
    struct store_query q = {.max_rows = UINT64_MAX};
    struct store_state state;

    race->first = race->last = 0;
    race->last_ts = 0;
    if (store_read(r, &q, &state, race_visit, race, NULL) != ST_OK)
        race->wrong = "a read failed";
    else if (state.head != race->last || state.last_ts != race->last_ts)
        race->wrong = "state and entries are of different moments";
    else if (state.head % race->batch != 0)
        race->wrong = "half a batch was seen";
    race->reads++;
    race->moved += race->first > 1;
}

static void *
race_run(void *ctx)
{
    struct race *race = ctx;
    struct store_reader *r;
    bool last;

    if (store_reader_open(&r, race->store, NULL) != ST_OK) {
        race->wrong = "no reader";
        return NULL;
    }
    do {
        last = atomic_load(&race->stop);
        race_read(race, r);
    } while (!last && race->wrong == NULL);
    store_reader_close(r);
    return NULL;
}

void
race_start(struct race *r, struct fixture *f, unsigned batch)
{
    *r = (struct race){.store = f->store, .batch = batch};
    assert_int_equal(pthread_create(&r->thread, NULL, race_run, r), 0);
}

void
race_stop(struct race *r)
{
    atomic_store(&r->stop, true);
    pthread_join(r->thread, NULL);
    if (r->wrong != NULL)
        fail_msg("%s", r->wrong);
}

/* ---- behind its back ---- */

enum status
try_open(struct fixture *f)
{
    struct store *second = NULL;
    enum status st = store_open(&second, &(struct store_options){.dir = f->dir}, &f->why);

    assert_true((st == ST_OK) == (second != NULL));
    assert_true(st == ST_OK || f->why.text[0] != '\0');
    store_close(second);
    return st;
}

static void
run_sql(sqlite3 *db, const char *sql)
{
    char *error = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s: %s", sql, error);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    return q;
}

/* A table "entry" with a row for each, made from the blocks. */
static void
unpack_blocks(sqlite3 *db)
{
    sqlite3_stmt *from, *to;
    struct block_entry one;
    struct block_cursor c;
    struct block block;

    run_sql(db, "CREATE TEMP TABLE entry(seq INTEGER PRIMARY KEY, ts, kind, author, id, sum, body,"
                " ext)");
    from = prepare(db, "SELECT " BLOCK_COLUMNS " FROM block ORDER BY last");
    to = prepare(db, "INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    while (sqlite3_step(from) == SQLITE_ROW) {
        assert_true(block_take(from, &block));
        for (block_start(&c, &block); !block_at_end(&c);) {
            assert_true(block_next(&c, &one));
            sqlite3_bind_int64(to, 1, (int64_t)one.e.seq);
            sqlite3_bind_int64(to, 2, one.e.ts);
            sqlite3_bind_int64(to, 3, one.e.kind);
            sqlite3_bind_int64(to, 4, one.author);
            sqlite3_bind_blob(to, 5, one.e.id.bytes, ID_LEN, SQLITE_STATIC);
            sqlite3_bind_int64(to, 6, one.sum);
            sqlite3_bind_blob(to, 7, one.e.body.p, (int)one.e.body.len, SQLITE_STATIC);
            sqlite3_bind_blob(to, 8, one.e.ext.p, (int)one.e.ext.len, SQLITE_STATIC);
            assert_int_equal(sqlite3_step(to), SQLITE_DONE);
            sqlite3_reset(to);
        }
    }
    sqlite3_finalize(from);
    sqlite3_finalize(to);
}

static void
put_block(sqlite3_stmt *to, struct block_builder *b)
{
    if (b->block.data.len > 0) {
        block_bind(to, b);
        assert_int_equal(sqlite3_step(to), SQLITE_DONE);
        sqlite3_reset(to);
    }
    block_reset(b);
}

static struct span
column_span(sqlite3_stmt *q, int column)
{
    return (struct span){sqlite3_column_blob(q, column), (size_t)sqlite3_column_bytes(q, column)};
}

/* Blocks from what is in that table now; the list of ids stays as it was. */
static void
pack_blocks(sqlite3 *db)
{
    static struct block_builder b;
    sqlite3_stmt *from, *to;

    run_sql(db, "DELETE FROM block");
    from = prepare(db, "SELECT * FROM entry ORDER BY seq");
    to = prepare(db, BLOCK_INSERT);
    block_init(&b, 8192);
    while (sqlite3_step(from) == SQLITE_ROW) {
        struct block_entry one = {
            .e = {.seq = (uint64_t)sqlite3_column_int64(from, 0),
                  .ts = sqlite3_column_int64(from, 1),
                  .kind = (uint8_t)sqlite3_column_int(from, 2),
                  .body = column_span(from, 6),
                  .ext = column_span(from, 7)},
            .author = sqlite3_column_int64(from, 3),
            .sum = sqlite3_column_int64(from, 5),
        };

        memcpy(one.e.id.bytes, column_span(from, 4).p, ID_LEN);
        if (!block_put(&b, &one)) {
            put_block(to, &b);
            assert_true(block_put(&b, &one));
        }
    }
    put_block(to, &b);
    sqlite3_finalize(from);
    sqlite3_finalize(to);
}

void
tamper(struct fixture *f, const char *sql)
{
    bool of_entries = strstr(sql, " entry ") != NULL;
    char path[80];
    sqlite3 *db;

    store_close(f->store);
    f->store = NULL;
    snprintf(path, sizeof path, "%s/group.db", f->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (of_entries)
        unpack_blocks(db);
    run_sql(db, sql);
    if (of_entries)
        pack_blocks(db);
    sqlite3_close(db);
}

int64_t
ask_file(struct fixture *f, const char *name, const char *sql)
{
    char path[80];
    sqlite3_stmt *q;
    int64_t value;
    sqlite3 *db;

    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    q = prepare(db, sql);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    value = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return value;
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
