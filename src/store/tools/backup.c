#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/group_db.h"
#include "tools/tools.h"

/* Where the copy goes. */
struct target {
    int dir;       /* that holds it */
    char *whole;   /* as given */
    char *partial; /* its path until it is complete */
    bool replace;
};

static enum status
refuse(const char *doing, const char *path, struct fault *why)
{
    int err = errno;
    enum status st = ST_SYSTEM;

    if (err == EACCES || err == EPERM)
        st = ST_DENIED;
    else if (err == ENOENT)
        st = ST_NOT_FOUND;
    else if (err == ENOSPC || err == EDQUOT || err == EFBIG)
        st = ST_FULL;
    return fault_set(why, st, "cannot %s %s: %s", doing, path, strerror(err));
}

static void
target_close(struct target *t)
{
    if (t->dir >= 0)
        close(t->dir);
    free(t->whole);
    free(t->partial);
}

/* An existing file is never harmed by half a copy, nor by accident. */
static enum status
check_free(const struct target *t, struct fault *why)
{
    struct stat info;

    if (lstat(t->whole, &info) != 0)
        return errno == ENOENT ? ST_OK : refuse("look at", t->whole, why);
    if (!t->replace)
        return fault_set(why, ST_EXISTS, "%s is there already", t->whole);
    if (!S_ISREG(info.st_mode))
        return fault_set(why, ST_DENIED, "%s is not a regular file", t->whole);
    return ST_OK;
}

static enum status
open_parent(struct target *t, const struct datadir *from, struct fault *why)
{
    char *copy = strdup(t->whole);
    struct stat here;
    struct stat there;
    enum status st = ST_OK;

    if (copy == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    t->dir = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (t->dir < 0 || fstat(t->dir, &here) != 0 || fstat(from->fd, &there) != 0)
        st = refuse("open the directory of", t->whole, why);
    else if (here.st_dev == there.st_dev && here.st_ino == there.st_ino)
        st = fault_set(why, ST_INVALID, "a backup does not belong into %s itself", from->path);
    free(copy);
    return st;
}

static enum status
target_open(struct target *t, const struct datadir *from, const char *file, bool replace,
            struct fault *why)
{
    size_t room = strlen(file) + sizeof "-new";
    enum status st;
    int fd;

    *t = (struct target){.dir = -1,
                         .whole = strdup(file),
                         .partial = malloc(room),
                         .replace = replace};
    if (t->whole == NULL || t->partial == NULL)
        return fault_set(why, ST_NOMEM, "out of memory");
    snprintf(t->partial, room, "%s-new", file);
    st = open_parent(t, from, why);
    if (st == ST_OK)
        st = check_free(t, why);
    if (st != ST_OK)
        return st;
    if (unlink(t->partial) != 0 && errno != ENOENT)
        return refuse("replace", t->partial, why);
    fd = open(t->partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse("make", t->partial, why);
    close(fd);
    return ST_OK;
}

/* VACUUM INTO reads one snapshot and writes it without gaps. */
static enum status
copy_into(sqlite3 *db, const char *path, struct fault *why)
{
    static const char *const text = "VACUUM INTO ?1";
    sqlite3_stmt *q = NULL;
    enum status st = sql_prepare(db, &q, &text, 1, why);

    if (st == ST_OK) {
        sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
        st = sql_run(q, "copy", why);
    }
    sql_finalize(&q, 1);
    return st;
}

/* Not as durable as what is published: that is for publish to see to. */
static enum status
mark(const char *path, struct fault *why)
{
    sqlite3 *db;
    enum status st = sql_connect(&db, path, SQLITE_OPEN_READWRITE, why);

    if (st != ST_OK)
        return st;
    st = sql_exec(db, "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF", why);
    if (st == ST_OK)
        st = schema_mark(db, &group_schema, true, why);
    sql_disconnect(db);
    return st;
}

static enum status
publish(const struct target *t, struct fault *why)
{
    int fd = open(t->partial, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    enum status st = ST_OK;

    if (fd < 0 || fsync(fd) != 0)
        st = refuse("sync", t->partial, why);
    if (fd >= 0)
        close(fd);
    if (st == ST_OK)
        st = check_free(t, why);
    if (st == ST_OK && rename(t->partial, t->whole) != 0)
        st = refuse("make", t->whole, why);
    if (st == ST_OK && fsync(t->dir) != 0)
        st = refuse("sync the directory of", t->whole, why);
    return st;
}

enum status
store_backup(const char *dir, const char *file, bool replace, struct fault *why)
{
    struct target t = {.dir = -1};
    struct datadir from;
    sqlite3 *db = NULL;
    enum status st = datadir_visit(&from, dir, false, why);

    if (st != ST_OK)
        return st;
    st = schema_open_reading(&db, &group_schema, &from, why);
    if (st == ST_OK)
        st = schema_check(db, &group_schema, why);
    if (st == ST_OK)
        st = target_open(&t, &from, file, replace, why);
    if (st == ST_OK) {
        st = copy_into(db, t.partial, why);
        if (st == ST_OK)
            st = mark(t.partial, why);
        /* What the copy has, the store must not lose. */
        if (st == ST_OK)
            st = schema_sync_log(&group_schema, &from, why);
        if (st == ST_OK)
            st = publish(&t, why);
        if (st != ST_OK)
            (void)unlink(t.partial);
    }
    sql_disconnect(db);
    target_close(&t);
    datadir_close(&from);
    return st;
}
