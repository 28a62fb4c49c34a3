#include "disk/spool.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "disk/spool_format.h"

#define SUFFIX         ".posts"
#define SUFFIX_NEW     ".posts.new"
#define WHO_LEN        8 /* bytes of the hash that are in the name of a slot */
#define SLOT_NAME_SIZE (2 * WHO_LEN + 12)
#define FILE_BYTES_MAX (4L * SPOOL_QUEUE_MAX)
#define COMPACT_LEAST  (8 * 1024 * 1024) /* a smaller file is not worth the work */

/* Where a message is in the file. */
struct spool_place {
    off_t at;
    uint32_t size;
};

struct spool_queue {
    struct spool *dir; /* borrowed */
    char name[NAME_MAX_BYTES + sizeof SUFFIX];
    int fd; /* -1: there is no file */
    off_t end;
    bool dirty;       /* not all of it is on disk */
    bool fresh;       /* nor its name */
    bool loaded;      /* what was in it is known */
    bool broken;      /* a sync failed: what is on disk is not known */
    struct buf write; /* records on their way into the file */

    struct spool_place *places; /* a ring of messages without an outcome */
    size_t first;
    size_t n;
    size_t cap;
    off_t bytes; /* of them */
};

static enum status
failed(const char *path, struct fault *why)
{
    return fault_set(why, ST_SYSTEM, "%s: %s", path, strerror(errno));
}

/* ---- the directory ---- */

static enum status
open_root(struct spool *s, const char *path, struct fault *why)
{
    struct stat info;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return failed(path, why);
    s->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->root < 0 || fstat(s->root, &info) != 0)
        return failed(path, why);
    if (info.st_uid != geteuid())
        return fault_set(why, ST_DENIED, "%s belongs to another user", path);
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fault_set(why, ST_DENIED, "%s can be changed by others (use chmod 700)", path);
    return ST_OK;
}

/* Have the name of the slot, and the names in it, on disk. */
static bool
sync_names(struct spool *s)
{
    int above = openat(s->root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    /* What may not be opened was not made by us. */
    if (above >= 0) {
        (void)fsync(above);
        close(above);
    }
    return fsync(s->root) == 0 && fsync(s->fd) == 0;
}

/* ---- slots ---- */

static void
slot_name(char out[static SLOT_NAME_SIZE], const struct spool *s, unsigned slot)
{
    uint8_t who[2 * KEY_LEN];
    uint8_t hash[crypto_generichash_BYTES_MIN];
    char text[2 * WHO_LEN + 1];

    memcpy(who, s->self, KEY_LEN);
    memcpy(who + KEY_LEN, s->server, KEY_LEN);
    crypto_generichash(hash, sizeof hash, who, sizeof who, NULL, 0);
    sodium_bin2hex(text, sizeof text, hash, WHO_LEN);
    snprintf(out, SLOT_NAME_SIZE, "%s.%u", text, slot);
}

static void
leave_slot(struct spool *s)
{
    if (s->lock >= 0)
        close(s->lock);
    if (s->fd >= 0)
        close(s->fd);
    free(s->path);
    s->lock = s->fd = -1;
    s->path = NULL;
}

/* ST_BUSY: somebody holds it. ST_NOT_FOUND: it is not there, and is not to be made. */
static enum status
enter_slot(struct spool *s, const char *root, unsigned slot, bool make, struct fault *why)
{
    char name[SLOT_NAME_SIZE];
    enum status st = ST_OK;

    slot_name(name, s, slot);
    s->slot = slot;
    if (asprintf(&s->path, "%s/%s", root, name) < 0) {
        s->path = NULL;
        return fault_set(why, ST_NOMEM, "out of memory");
    }
    if (make && mkdirat(s->root, name, 0700) != 0 && errno != EEXIST)
        st = failed(s->path, why);
    if (st == ST_OK) {
        s->fd = openat(s->root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (s->fd < 0)
            st = errno == ENOENT && !make ? ST_NOT_FOUND : failed(s->path, why);
    }
    if (st == ST_OK) {
        st = file_lock(&s->lock, s->fd, "lock", 0);
        if (st == ST_SYSTEM)
            failed(s->path, why);
    }
    if (st != ST_OK)
        leave_slot(s);
    return st;
}

static enum status
find_slot(struct spool *s, const char *root, struct fault *why)
{
    enum status st = ST_BUSY;

    for (unsigned i = 0; i < SPOOL_SLOTS_MAX && st == ST_BUSY; i++)
        st = enter_slot(s, root, i, true, why);
    return st != ST_BUSY
               ? st
               : fault_set(why, st, "%s is in use by %d other programs", root, SPOOL_SLOTS_MAX);
}

static struct spool *
spool_new(const struct spool_options *o)
{
    struct spool *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->root = s->fd = s->lock = -1;
    memcpy(s->self, o->self, KEY_LEN);
    memcpy(s->server, o->server, KEY_LEN);
    return s;
}

enum status
spool_open(struct spool **out, const struct spool_options *o, struct fault *why)
{
    struct spool *s = spool_new(o);
    enum status st;

    *out = NULL;
    if (s == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    st = open_root(s, o->path, why);
    if (st == ST_OK)
        st = find_slot(s, o->path, why);
    if (st == ST_OK)
        *out = s;
    else
        spool_close(s);
    return st;
}

void
spool_close(struct spool *s)
{
    if (s == NULL)
        return;
    leave_slot(s);
    if (s->root >= 0)
        close(s->root);
    free(s);
}

/* ---- which groups ---- */

/* NAME.posts; a half made replacement, .NAME.posts.new, is of no use to anybody. */
static enum status
visit_file(struct spool *s, const char *file, spool_group_visit *visit, void *ctx,
           struct fault *why)
{
    size_t len = strlen(file);
    size_t suffix = strlen(SUFFIX);
    char group[NAME_MAX_BYTES + 1];

    if (file[0] == '.' && len > strlen(SUFFIX_NEW) &&
        strcmp(file + len - strlen(SUFFIX_NEW), SUFFIX_NEW) == 0)
        unlinkat(s->fd, file, 0);
    if (file[0] == '.' || len <= suffix || strcmp(file + len - suffix, SUFFIX) != 0)
        return ST_OK;
    if (!text_is_group_name((struct span){(const uint8_t *)file, len - suffix}))
        return fault_set(why, ST_INVALID, "%s holds a file that is not of a group", s->path);
    snprintf(group, sizeof group, "%.*s", (int)(len - suffix), file);
    return visit(ctx, group, why);
}

enum status
spool_groups(struct spool *s, spool_group_visit *visit, void *ctx, struct fault *why)
{
    enum status st = ST_OK;
    struct dirent **files = NULL;
    int n = scandirat(s->fd, ".", &files, NULL, alphasort);

    if (n < 0)
        return failed(s->path, why);
    for (int i = 0; i < n; i++) {
        if (st == ST_OK)
            st = visit_file(s, files[i]->d_name, visit, ctx, why);
        free(files[i]);
    }
    free(files);
    return st;
}

/* ---- slots that nobody holds ---- */

struct left {
    struct spool *from;
    spool_left_visit *visit;
    void *ctx;
};

static enum status
visit_left(void *ctx, const char *group, struct fault *why)
{
    const struct left *l = ctx;

    return l->visit(l->ctx, l->from, group, why);
}

enum status
spool_left(struct spool *s, spool_left_visit *visit, void *ctx, struct fault *why)
{
    struct spool other = *s;
    enum status st = ST_OK;
    char root[PATH_MAX];

    snprintf(root, sizeof root, "%.*s", (int)(strrchr(s->path, '/') - s->path), s->path);
    for (unsigned i = 0; i < SPOOL_SLOTS_MAX && st == ST_OK; i++) {
        struct left l = {.from = &other, .visit = visit, .ctx = ctx};

        other.fd = other.lock = -1;
        st = i == s->slot ? ST_BUSY : enter_slot(&other, root, i, false, why);
        if (st == ST_OK) {
            st = spool_groups(&other, visit_left, &l, why);
            leave_slot(&other);
        } else if (st == ST_BUSY) {
            st = ST_OK;
        }
    }
    return st == ST_NOT_FOUND ? ST_OK : st; /* behind the last */
}

/* ---- the file of a group: which messages ---- */

/* A failure of the system, in errno. */
static enum status
queue_failed(const struct spool_queue *q, const char *what, struct fault *why)
{
    enum status st = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ST_FULL : ST_SYSTEM;

    return fault_set(why, st, "cannot %s %s/%s: %s", what, q->dir->path, q->name, strerror(errno));
}

/* There is a message at that place, behind the others. */
static enum status
note(struct spool_queue *q, off_t at, size_t size)
{
    size_t cap = q->cap == 0 ? 64 : q->cap * 2;
    struct spool_place *grown;

    if (q->n == q->cap) {
        grown = malloc(cap * sizeof *grown);
        if (grown == NULL)
            return ST_NOMEM;
        for (size_t i = 0; i < q->n; i++)
            grown[i] = q->places[(q->first + i) % q->cap];
        free(q->places);
        q->places = grown;
        q->first = 0;
        q->cap = cap;
    }
    q->places[(q->first + q->n++) % q->cap] = (struct spool_place){at, (uint32_t)size};
    q->bytes += (off_t)size;
    return ST_OK;
}

/* The first n are of no interest any more. */
static void
forget(struct spool_queue *q, uint32_t n)
{
    for (; n > 0; n--) {
        q->bytes -= q->places[q->first].size;
        q->first = (q->first + 1) % q->cap;
        q->n--;
    }
}

/* ---- reading it back ---- */

static enum status
damaged(const struct spool_queue *q, off_t at, struct fault *why)
{
    return fault_set(why, ST_CORRUPT,
                     "%s/%s is damaged at byte %lld: move it away to go on without what it holds",
                     q->dir->path, q->name, (long long)at);
}

struct loading {
    struct spool_queue *q;
    struct span file;
    spool_message_visit *visit;
    void *ctx;
    struct fault *why;
};

static struct span
behind(const struct loading *l, off_t at)
{
    return (struct span){l->file.p + at, l->file.len - (size_t)at};
}

/* Note where the messages without an outcome are, up to the first byte that is not a record. */
static enum status
find_places(struct loading *l)
{
    struct spool_queue *q = l->q;
    struct spool_record r;
    enum status st = ST_OK;

    q->end = SPOOL_HEADER_LEN;
    while (st == ST_OK && spool_unpack(&r, behind(l, q->end))) {
        if (r.type == SPOOL_POST)
            st = note(q, q->end, r.size);
        else if (r.count <= q->n)
            forget(q, r.count);
        else
            return damaged(q, q->end, l->why);
        q->end += (off_t)r.size;
    }
    return st == ST_OK ? ST_OK : fault_set(l->why, st, "out of memory");
}

static enum status
visit_places(const struct loading *l)
{
    const struct spool_queue *q = l->q;
    struct spool_record r;
    enum status st = ST_OK;

    for (size_t i = 0; i < q->n && st == ST_OK; i++) {
        const struct spool_place *p = &q->places[(q->first + i) % q->cap];
        if (!spool_unpack(&r, behind(l, p->at)))
            return damaged(q, p->at, l->why);
        st = l->visit(l->ctx, &r.id, r.body);
        if (st != ST_OK)
            fault_set(l->why, st, "the messages in %s do not fit", q->dir->path);
    }
    return st;
}

/* An end without a whole record is cut off: so ends what was being written. */
static enum status
load(struct loading *l)
{
    struct spool_queue *q = l->q;
    uint8_t self[KEY_LEN];
    uint8_t server[KEY_LEN];
    enum status st;

    if (!spool_has_record(l->file))
        return ST_OK;
    if (!spool_read_header(l->file, self, server))
        return damaged(q, 0, l->why);
    st = find_places(l);
    if (st == ST_OK && spool_has_record(behind(l, q->end)))
        st = damaged(q, q->end, l->why);
    if (st != ST_OK || q->n == 0)
        return st;
    if (memcmp(self, q->dir->self, KEY_LEN) != 0 || memcmp(server, q->dir->server, KEY_LEN) != 0)
        return fault_set(l->why, ST_CONFLICT,
                         "%s/%s holds messages of another key or for another message server",
                         q->dir->path, q->name);
    st = visit_places(l);
    if (st == ST_OK && ftruncate(q->fd, q->end) != 0)
        st = queue_failed(q, "cut", l->why);
    return st;
}

static enum status
read_file(const struct spool_queue *q, struct buf *out, struct fault *why)
{
    struct stat info;
    ssize_t n = 1;

    if (fstat(q->fd, &info) != 0)
        return queue_failed(q, "read", why);
    if (!S_ISREG(info.st_mode) || info.st_size > FILE_BYTES_MAX)
        return fault_set(why, ST_CORRUPT, "%s/%s is not a spool file", q->dir->path, q->name);
    if (buf_reserve(out, (size_t)info.st_size + 1) != ST_OK)
        return fault_set(why, ST_NOMEM, "out of memory");
    while (n > 0 && out->len < (size_t)info.st_size) {
        n = pread(q->fd, out->p + out->len, (size_t)info.st_size - out->len, (off_t)out->len);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            out->len += (size_t)n;
    }
    return n < 0 ? queue_failed(q, "read", why) : ST_OK;
}

static enum status
load_file(struct spool_queue *q, spool_message_visit *visit, void *ctx, struct fault *why)
{
    struct loading l = {.q = q, .visit = visit, .ctx = ctx, .why = why};
    enum status st;
    struct buf file;

    buf_init(&file, 0);
    st = read_file(q, &file, why);
    l.file = buf_span(&file);
    if (st == ST_OK)
        st = load(&l);
    buf_clear(&file);
    return st;
}

/* ---- writing it ---- */

static bool
write_all(int fd, struct span bytes, off_t at)
{
    while (bytes.len > 0) {
        ssize_t n = pwrite(fd, bytes.p, bytes.len, at);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            bytes.p += n;
            bytes.len -= (size_t)n;
            at += n;
        }
    }
    return true;
}

/* A new file with its header; its name is not on disk yet. */
static enum status
create(struct spool_queue *q, const char *name, int *fd, struct fault *why)
{
    uint8_t header[SPOOL_HEADER_LEN];
    enum status st;

    *fd = openat(q->dir->fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd < 0)
        return queue_failed(q, "make", why);
    spool_header(header, q->dir->self, q->dir->server);
    if (write_all(*fd, (struct span){header, sizeof header}, 0))
        return ST_OK;
    st = queue_failed(q, "write", why);
    close(*fd);
    *fd = -1;
    unlinkat(q->dir->fd, name, 0);
    return st;
}

static enum status
need_file(struct spool_queue *q, struct fault *why)
{
    enum status st;

    if (q->fd >= 0)
        return ST_OK;
    st = create(q, q->name, &q->fd, why);
    q->end = SPOOL_HEADER_LEN;
    q->fresh = true;
    return st;
}

/* Write what is in q->write at the end. Nothing of it stays when that fails. */
static enum status
append(struct spool_queue *q, struct fault *why)
{
    enum status st;

    if (q->write.failed)
        return fault_set(why, ST_NOMEM, "out of memory");
    if (!write_all(q->fd, buf_span(&q->write), q->end)) {
        st = queue_failed(q, "write", why);
        if (ftruncate(q->fd, q->end) != 0)
            q->broken = true; /* half a record, and more must not come behind it */
        return st;
    }
    q->end += (off_t)q->write.len;
    q->dirty = true;
    return ST_OK;
}

static void
remove_file(struct spool_queue *q)
{
    close(q->fd);
    q->fd = -1;
    q->dirty = q->fresh = false;
    unlinkat(q->dir->fd, q->name, 0);
}

/* ---- open and close ---- */

enum status
spool_queue_open(struct spool_queue **out, struct spool *s, const char *group,
                 spool_message_visit *visit, void *ctx, struct fault *why)
{
    struct spool_queue *q = calloc(1, sizeof *q);
    enum status st = ST_OK;

    *out = NULL;
    if (q == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    q->dir = s;
    buf_init(&q->write, 0);
    snprintf(q->name, sizeof q->name, "%s" SUFFIX, group);
    q->fd = openat(s->fd, q->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (q->fd < 0 && errno != ENOENT)
        st = queue_failed(q, "open", why);
    if (st == ST_OK && q->fd >= 0)
        st = load_file(q, visit, ctx, why);
    q->loaded = st == ST_OK;
    if (q->loaded && q->fd >= 0 && q->n == 0)
        remove_file(q);
    q->dirty = q->fresh = q->fd >= 0; /* who wrote it may have ended before it was synced */
    if (st == ST_OK)
        *out = q;
    else
        spool_queue_close(q);
    return st;
}

void
spool_queue_close(struct spool_queue *q)
{
    if (q == NULL)
        return;
    if (q->fd >= 0 && q->n == 0 && q->loaded)
        remove_file(q);
    else if (q->fd >= 0)
        close(q->fd);
    buf_clear(&q->write);
    free(q->places);
    free(q);
}

/* ---- adding ---- */

enum status
spool_add(struct spool_queue *q, const struct id *id, struct span body, struct fault *why)
{
    struct spool_record r = {.type = SPOOL_POST, .id = *id, .body = body};
    off_t at;
    enum status st;

    if (q->broken)
        return fault_set(why, ST_SYSTEM, "%s cannot be written any more", q->dir->path);
    if (q->bytes >= SPOOL_QUEUE_MAX)
        return fault_set(why, ST_FULL, "too many messages wait in %s", q->dir->path);
    st = need_file(q, why);
    if (st != ST_OK)
        return st;
    at = q->end;
    buf_reset(&q->write);
    spool_pack(&q->write, &r);
    st = append(q, why);
    if (st == ST_OK && note(q, at, q->write.len) != ST_OK) {
        q->end = at;
        if (ftruncate(q->fd, at) != 0)
            q->broken = true;
        st = fault_set(why, ST_NOMEM, "out of memory");
    }
    return st;
}

void
spool_take_back(struct spool_queue *q)
{
    const struct spool_place *last;

    assert(q->n > 0);
    last = &q->places[(q->first + --q->n) % q->cap];
    q->bytes -= last->size;
    q->end = last->at;
    if (ftruncate(q->fd, q->end) != 0)
        q->broken = true;
}

enum status
spool_sync(struct spool_queue *q)
{
    if (q->broken)
        return ST_SYSTEM;
    if (!q->dirty)
        return ST_OK;
    q->broken = fdatasync(q->fd) != 0 || (q->fresh && !sync_names(q->dir));
    q->dirty = q->fresh = q->broken;
    return q->broken ? ST_SYSTEM : ST_OK;
}

/* ---- removing ---- */

static bool
copy_message(struct spool_queue *q, const struct spool_place *from, int to, off_t at)
{
    buf_reset(&q->write);
    if (buf_reserve(&q->write, from->size) != ST_OK ||
        pread(q->fd, q->write.p, from->size, from->at) != (ssize_t)from->size)
        return false;
    q->write.len = from->size;
    return write_all(to, buf_span(&q->write), at);
}

static bool
fill_new_file(struct spool_queue *q, int to, off_t *end)
{
    *end = SPOOL_HEADER_LEN;
    for (size_t i = 0; i < q->n; i++) {
        const struct spool_place *p = &q->places[(q->first + i) % q->cap];
        if (!copy_message(q, p, to, *end))
            return false;
        *end += p->size;
    }
    return fsync(to) == 0;
}

static void
take_new_file(struct spool_queue *q, int fd, off_t end)
{
    off_t at = SPOOL_HEADER_LEN;

    close(q->fd);
    q->fd = fd;
    q->end = end;
    for (size_t i = 0; i < q->n; i++) {
        struct spool_place *p = &q->places[(q->first + i) % q->cap];
        p->at = at;
        at += p->size;
    }
    q->dirty = q->fresh = true;
}

/* Mostly outcomes are in the file: replace it by one with the rest. If that fails it just stays. */
static void
compact(struct spool_queue *q)
{
    char name[sizeof q->name + sizeof SUFFIX_NEW];
    off_t end = 0;
    int fd;

    snprintf(name, sizeof name, ".%.*s" SUFFIX_NEW, (int)(strlen(q->name) - strlen(SUFFIX)),
             q->name);
    if (create(q, name, &fd, NULL) != ST_OK)
        return;
    if (fill_new_file(q, fd, &end) && renameat(q->dir->fd, name, q->dir->fd, q->name) == 0) {
        take_new_file(q, fd, end);
        return;
    }
    close(fd);
    unlinkat(q->dir->fd, name, 0);
}

static void
empty_file(struct spool_queue *q)
{
    if (!q->broken && ftruncate(q->fd, SPOOL_HEADER_LEN) == 0) {
        q->end = SPOOL_HEADER_LEN;
        return;
    }
    remove_file(q);
    q->broken = false;
}

void
spool_done(struct spool_queue *q, uint32_t n)
{
    struct spool_record r = {.type = SPOOL_DONE, .count = n};

    assert(n <= q->n);
    forget(q, n);
    if (q->n == 0) {
        empty_file(q);
    } else if (!q->broken) {
        buf_reset(&q->write);
        spool_pack(&q->write, &r);
        (void)append(q, NULL);
        if (q->end >= COMPACT_LEAST && q->bytes < q->end / 2)
            compact(q);
    }
}
