#include "disk/spool_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status
spool_failed(const struct spool_queue *q, const char *what, struct fault *why)
{
    enum status st = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ST_FULL : ST_SYSTEM;

    return fault_set(why, st, "cannot %s %s/%s: %s", what, q->dir->path, q->name, strerror(errno));
}

/* ---- which messages ---- */

enum status
spool_note(struct spool_queue *q, off_t at, size_t size)
{
    size_t cap = q->cap == 0 ? 64 : q->cap * 2;
    struct place *grown;

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
    q->places[(q->first + q->n++) % q->cap] = (struct place){at, (uint32_t)size};
    q->bytes += (off_t)size;
    return ST_OK;
}

void
spool_forget(struct spool_queue *q, uint32_t n)
{
    for (; n > 0; n--) {
        q->bytes -= q->places[q->first].size;
        q->first = (q->first + 1) % q->cap;
        q->n--;
    }
}

/* ---- the file ---- */

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
            st = spool_note(q, q->end, r.size);
        else if (r.count <= q->n)
            spool_forget(q, r.count);
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
        const struct place *p = &q->places[(q->first + i) % q->cap];
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
        st = spool_failed(q, "cut", l->why);
    return st;
}

static enum status
read_file(const struct spool_queue *q, struct buf *out, struct fault *why)
{
    struct stat info;
    ssize_t n = 1;

    if (fstat(q->fd, &info) != 0)
        return spool_failed(q, "read", why);
    if (!S_ISREG(info.st_mode) || info.st_size > SPOOL_FILE_MAX)
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
    return n < 0 ? spool_failed(q, "read", why) : ST_OK;
}

enum status
spool_load(struct spool_queue *q, spool_message_visit *visit, void *ctx, struct fault *why)
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
