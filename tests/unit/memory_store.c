#include "memory_store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/engine.h"

#define FIRST_CAP 256

struct kept {
    struct kept *next; /* in its bucket */
    struct entry e;    /* body and ext point into bytes */
    uint8_t bytes[];
};

struct memory_store {
    struct store base;
    struct id log_id;     /* base.state is the writer's */
    pthread_mutex_t lock; /* log, visible, gone: readers look while the writer appends */
    struct kept **log;    /* with those let go of, which readers may still hold */
    size_t n;
    size_t visible; /* committed */
    size_t gone;    /* so many at the front were let go of */
    size_t next_gone;
    int64_t used; /* bytes of bodies and exts of the others */
    size_t cap;
    struct kept **buckets; /* by id; the writer's alone */
    size_t n_buckets;      /* a power of two, at least cap */
};

struct memory_reader {
    struct store_reader base;
    struct memory_store *store;
};

static struct memory_store *
self_of(struct store *s)
{
    return (struct memory_store *)s;
}

/* ---- the writer ---- */

/* The end of an id is its random part. */
static size_t
bucket_of(const struct memory_store *self, const struct id *id)
{
    uint64_t tail;

    memcpy(&tail, id->bytes + ID_LEN - sizeof tail, sizeof tail);
    return (size_t)(tail ^ tail >> 32) & (self->n_buckets - 1);
}

/* The link that leads to the entry, or the one at the end of its bucket. */
static struct kept **
link_to(const struct memory_store *self, const struct id *author, const struct id *id)
{
    struct kept **at = &self->buckets[bucket_of(self, id)];

    while (*at != NULL && !(id_equal(&(*at)->e.id, id) && id_equal(&(*at)->e.author, author)))
        at = &(*at)->next;
    return at;
}

static int64_t
size_of(const struct entry *e)
{
    return (int64_t)(e->body.len + e->ext.len);
}

static enum status
memory_begin(struct store *s, bool urgent, struct fault *why)
{
    struct memory_store *self = self_of(s);

    (void)urgent;
    (void)why;
    self->next_gone = self->gone;
    return ST_OK;
}

static void
forget(struct memory_store *self, const struct kept *k)
{
    *link_to(self, &k->e.author, &k->e.id) = k->next;
    self->used -= size_of(&k->e);
}

static enum status
memory_commit(struct store *s, struct fault *why)
{
    struct memory_store *self = self_of(s);

    (void)why;
    for (size_t i = self->gone; i < self->next_gone; i++)
        forget(self, self->log[i]);
    pthread_mutex_lock(&self->lock);
    self->visible = self->n;
    self->gone = self->next_gone;
    pthread_mutex_unlock(&self->lock);
    return ST_OK;
}

static enum status
memory_rollback(struct store *s, struct fault *why)
{
    struct memory_store *self = self_of(s);

    (void)why;
    while (self->n > self->visible) {
        struct kept *k = self->log[--self->n];

        forget(self, k);
        free(k);
    }
    return ST_OK;
}

static struct kept *
keep(const struct entry *e)
{
    struct kept *k = malloc(sizeof *k + e->body.len + e->ext.len);

    if (k == NULL)
        return NULL;
    k->next = NULL;
    k->e = *e;
    k->e.body.p = k->bytes;
    k->e.ext.p = k->bytes + e->body.len;
    if (e->body.len > 0)
        memcpy(k->bytes, e->body.p, e->body.len);
    if (e->ext.len > 0)
        memcpy(k->bytes + e->body.len, e->ext.p, e->ext.len);
    return k;
}

static bool
grow_log(struct memory_store *self, size_t cap)
{
    struct kept **more;

    pthread_mutex_lock(&self->lock);
    more = reallocarray(self->log, cap, sizeof *more);
    if (more != NULL) {
        self->log = more;
        self->cap = cap;
    }
    pthread_mutex_unlock(&self->lock);
    return more != NULL;
}

static bool
grow_buckets(struct memory_store *self, size_t n)
{
    struct kept **more = calloc(n, sizeof *more);

    if (more == NULL)
        return false;
    free(self->buckets);
    self->buckets = more;
    self->n_buckets = n;
    for (size_t i = self->gone; i < self->n; i++) {
        struct kept *k = self->log[i];

        k->next = NULL;
        *link_to(self, &k->e.author, &k->e.id) = k;
    }
    return true;
}

static bool
make_room(struct memory_store *self)
{
    size_t cap = self->cap * 2;

    if (self->n < self->cap)
        return true;
    return grow_buckets(self, cap) && grow_log(self, cap);
}

static enum status
memory_append(struct store *s, const struct person *author, const struct entry *e,
              struct fault *why)
{
    struct memory_store *self = self_of(s);
    struct kept **at;
    struct kept *k;

    if (*link_to(self, &author->uuid, &e->id) != NULL)
        return ST_EXISTS;
    k = make_room(self) ? keep(e) : NULL;
    if (k == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    at = link_to(self, &author->uuid, &e->id);
    *at = k;
    self->log[self->n++] = k;
    self->used += size_of(e);
    return ST_OK;
}

static enum status
memory_find(struct store *s, const struct person *author, const struct entry *e,
            struct store_found *out, struct fault *why)
{
    const struct kept *k = *link_to(self_of(s), &author->uuid, &e->id);

    (void)why;
    if (k == NULL)
        return ST_NOT_FOUND;
    out->seq = k->e.seq;
    out->ts = k->e.ts;
    out->same = store_entry_same(&k->e, e);
    out->is_message = k->e.kind == ENTRY_MESSAGE;
    return ST_OK;
}

/* ---- what is beside the log: the roster is all there is to keep ---- */

static enum status
keep_person(struct store *s, const struct person *person, struct fault *why)
{
    (void)s;
    (void)person;
    (void)why;
    return ST_OK;
}

static enum status
keep_invite(struct store *s, const struct invitation *invite, struct fault *why)
{
    (void)s;
    (void)invite;
    (void)why;
    return ST_OK;
}

static enum status
forget_invite(struct store *s, const uint8_t hash[static 32], struct fault *why)
{
    (void)s;
    (void)hash;
    (void)why;
    return ST_OK;
}

static enum status
keep_about(struct store *s, struct fault *why)
{
    (void)s;
    (void)why;
    return ST_OK;
}

/* ---- readers ---- */

/* Committed entries never change or go away, so the lock is for finding one, not for using it. */
static const struct entry *
entry_at(struct memory_store *store, uint64_t seq)
{
    const struct entry *e;

    pthread_mutex_lock(&store->lock);
    e = &store->log[seq - 1]->e;
    pthread_mutex_unlock(&store->lock);
    return e;
}

static void
take_state(struct memory_store *store, struct store_state *out)
{
    *out = (struct store_state){.log = store->log_id};
    pthread_mutex_lock(&store->lock);
    out->head = store->visible;
    out->first = store->gone + 1;
    pthread_mutex_unlock(&store->lock);
    if (out->head > 0)
        out->last_ts = entry_at(store, out->head)->ts;
}

static uint64_t
last_not_after(struct memory_store *store, const struct store_state *state, int64_t after_ts)
{
    uint64_t low = state->first;
    uint64_t high = state->head + 1;

    while (low < high) {
        uint64_t mid = low + (high - low) / 2;

        if (entry_at(store, mid)->ts <= after_ts)
            low = mid + 1;
        else
            high = mid;
    }
    return low - 1;
}

static enum status
memory_read(struct store_reader *r, const struct store_query *q, struct store_state *state,
            store_entry_visit *visit, void *ctx, struct fault *why)
{
    struct memory_store *store = ((struct memory_reader *)r)->store;
    uint64_t seq = q->after_seq;
    struct store_page page;
    enum status st = ST_OK;

    (void)why;
    take_state(store, state);
    if (q->by_ts)
        seq = last_not_after(store, state, q->after_ts);
    store_find_page(q, seq, state, &page);
    for (uint64_t i = 1; st == ST_OK && i <= page.rows; i++)
        st = visit(ctx, entry_at(store, q->before_seq != 0 ? page.after + page.rows + 1 - i
                                                           : page.after + i));
    return st == ST_FULL ? ST_OK : st;
}

static void
memory_reader_close(struct store_reader *r)
{
    free(r);
}

static const struct store_reader_ops reader_ops = {
    .close = memory_reader_close,
    .read = memory_read,
};

static enum status
memory_reader_open(struct store_reader **out, struct store *s, struct fault *why)
{
    struct memory_reader *r = calloc(1, sizeof *r);

    *out = NULL;
    if (r == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    r->base.ops = &reader_ops;
    r->store = self_of(s);
    *out = &r->base;
    return ST_OK;
}

/* ---- upkeep ---- */

static const struct datadir *
memory_dir(const struct store *s)
{
    (void)s;
    return NULL;
}

static bool
memory_make_room(struct store *s)
{
    (void)s;
    return false;
}

static void
memory_refill(struct store *s)
{
    (void)s;
}

static enum status
memory_used(struct store *s, int64_t *out, struct fault *why)
{
    (void)why;
    *out = self_of(s)->used;
    return ST_OK;
}

static enum status
memory_ts_of(struct store *s, uint64_t seq, int64_t *out, struct fault *why)
{
    (void)why;
    *out = self_of(s)->log[seq - 1]->e.ts;
    return ST_OK;
}

static enum status
memory_drop(struct store *s, uint64_t first, int64_t base_ts, struct fault *why)
{
    (void)base_ts;
    (void)why;
    self_of(s)->next_gone = first - 1;
    return ST_OK;
}

/* ---- open and close ---- */

static void
memory_close(struct store *s)
{
    struct memory_store *self = self_of(s);

    for (size_t i = 0; i < self->n; i++)
        free(self->log[i]);
    roster_clear(&s->roster);
    pthread_mutex_destroy(&self->lock);
    free(self->log);
    free(self->buckets);
    free(self);
}

static const struct store_engine memory_engine = {
    .close = memory_close,
    .begin = memory_begin,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .append = memory_append,
    .find = memory_find,
    .put_person = keep_person,
    .put_standing = keep_person,
    .drop_stays = keep_person,
    .put_invite = keep_invite,
    .drop_invite = forget_invite,
    .put_about = keep_about,
    .reader_open = memory_reader_open,
    .dir = memory_dir,
    .make_room = memory_make_room,
    .refill = memory_refill,
    .used = memory_used,
    .ts_of = memory_ts_of,
    .drop = memory_drop,
};

enum status
memory_store_open(struct store **out)
{
    struct memory_store *self = calloc(1, sizeof *self);

    *out = NULL;
    if (self == NULL)
        return ST_NOMEM;
    if (pthread_mutex_init(&self->lock, NULL) != 0) {
        free(self);
        return ST_NOMEM;
    }
    self->base.engine = &memory_engine;
    if (!grow_buckets(self, FIRST_CAP) || !grow_log(self, FIRST_CAP)) {
        memory_close(&self->base);
        return ST_NOMEM;
    }
    self->log_id = id_random();
    self->base.state = (struct store_state){.log = self->log_id, .first = 1};
    *out = &self->base;
    return ST_OK;
}
