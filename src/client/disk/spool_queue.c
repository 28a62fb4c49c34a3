#include "disk/spool_impl.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMPACT_LEAST (8 * 1024 * 1024) /* a smaller file is not worth the work */

/* ---- the file ---- */

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
        return spool_failed(q, "make", why);
    spool_header(header, q->dir->self, q->dir->server);
    if (write_all(*fd, (struct span){header, sizeof header}, 0))
        return ST_OK;
    st = spool_failed(q, "write", why);
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
        st = spool_failed(q, "write", why);
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
    snprintf(q->name, sizeof q->name, "%s" SPOOL_SUFFIX, group);
    q->fd = openat(s->fd, q->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (q->fd < 0 && errno != ENOENT)
        st = spool_failed(q, "open", why);
    if (st == ST_OK && q->fd >= 0)
        st = spool_load(q, visit, ctx, why);
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
    if (st == ST_OK && spool_note(q, at, q->write.len) != ST_OK) {
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
    const struct place *last;

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
    q->broken = fdatasync(q->fd) != 0 || (q->fresh && !spool_sync_names(q->dir));
    q->dirty = q->fresh = q->broken;
    return q->broken ? ST_SYSTEM : ST_OK;
}

/* ---- removing ---- */

static bool
copy_message(struct spool_queue *q, const struct place *from, int to, off_t at)
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
        const struct place *p = &q->places[(q->first + i) % q->cap];
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
        struct place *p = &q->places[(q->first + i) % q->cap];
        p->at = at;
        at += p->size;
    }
    q->dirty = q->fresh = true;
}

/* Mostly outcomes are in the file: replace it by one with the rest. If that fails it just stays. */
static void
compact(struct spool_queue *q)
{
    char name[sizeof q->name + sizeof SPOOL_NEW];
    off_t end = 0;
    int fd;

    snprintf(name, sizeof name, ".%.*s" SPOOL_NEW, (int)(strlen(q->name) - strlen(SPOOL_SUFFIX)),
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
    spool_forget(q, n);
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
