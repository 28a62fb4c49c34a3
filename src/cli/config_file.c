/* The configuration as a file: read with care, changed as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/zpl.h"
#include "cli/config.h"

#define CHANGES_MAX 8

/* Whoever can change it says which server is to be trusted. */
static enum status
check_owner(int fd, const char *path, struct fault *why)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return fault_set(why, ST_SYSTEM, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return fault_set(why, ST_DENIED, "%s is not a regular file", path);
    if ((info.st_uid != geteuid() && info.st_uid != 0) || (info.st_mode & 022) != 0)
        return fault_set(why, ST_DENIED, "others can change %s; make it yours, with: chmod go-w %s",
                         path, path);
    return ST_OK;
}

static enum status
read_all(struct buf *out, int fd, const char *path, struct fault *why)
{
    char part[4096];
    ssize_t n;

    while ((n = read(fd, part, sizeof part)) != 0) {
        if (n < 0 && errno != EINTR)
            return fault_set(why, ST_SYSTEM, "cannot read %s: %s", path, strerror(errno));
        if (n > 0 && buf_append(out, part, (size_t)n) != ST_OK)
            return fault_set(why, ST_INVALID, "%s is too large", path);
    }
    return ST_OK;
}

static enum status
read_file(struct buf *out, const char *path, struct fault *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum status st;

    if (fd < 0)
        return fault_set(why, errno == ENOENT ? ST_NOT_FOUND : ST_SYSTEM, "cannot open %s: %s",
                         path, strerror(errno));
    st = check_owner(fd, path, why);
    if (st == ST_OK)
        st = read_all(out, fd, path, why);
    close(fd);
    return st;
}

bool
config_is_nothing(const char *path)
{
    return strcmp(path, "/dev/null") == 0;
}

enum status
config_load(struct config *out, const char *path, config_tell *tell, void *ctx, struct fault *why)
{
    struct buf text;
    enum status st;

    *out = (struct config){0};
    if (config_is_nothing(path))
        return ST_OK;
    buf_init(&text, CONFIG_BYTES_MAX);
    st = read_file(&text, path, why);
    if (st == ST_OK)
        st = config_parse(out, buf_span(&text), path, tell, ctx);
    buf_clear(&text);
    return st;
}

/* ---- changes ---- */

static void
put(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text));
}

static void
put_item(struct buf *out, const struct config_change *change)
{
    put(out, change->name);
    put(out, " = \"");
    put(out, change->value);
    put(out, "\"\n");
}

static size_t
find_change(const struct config_change *changes, size_t n, struct span line)
{
    struct zpline item;

    for (size_t i = 0; zpline_read(&item, line) == ZPLINE_ITEM && i < n; i++)
        if (item.level == 0 && span_equal(item.name, span_of(changes[i].name)))
            return i;
    return n;
}

void
config_edit(struct buf *out, struct span text, const struct config_change *changes, size_t n)
{
    bool done[CHANGES_MAX] = {false};
    struct span line;

    if (text.len == 0)
        put(out, "#   Settings of conclave; conclave.conf(5) tells which there are.\n"
                 "#   'conclave config check' says what is wrong with this file.\n\n");
    while (zpline_next(&line, &text)) {
        size_t i = find_change(changes, n < CHANGES_MAX ? n : CHANGES_MAX, line);

        if (i == n) {
            buf_append(out, line.p, line.len);
            put(out, "\n");
        } else if (!done[i]) {
            put_item(out, &changes[i]);
            done[i] = true;
        }
    }
    for (size_t i = 0; i < n && i < CHANGES_MAX; i++)
        if (!done[i])
            put_item(out, &changes[i]);
}

static bool
write_all(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.p, bytes.len);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            bytes = (struct span){bytes.p + n, bytes.len - (size_t)n};
    }
    return true;
}

static enum status
replace_file(const char *path, struct span text, struct fault *why)
{
    struct path draft;
    int fd;
    bool good;

    if (snprintf(draft.text, sizeof draft.text, "%s.XXXXXX", path) >= (int)sizeof draft.text)
        return fault_set(why, ST_INVALID, "the path is too long");
    fd = mkostemp(draft.text, O_CLOEXEC);
    good = fd >= 0 && write_all(fd, text) && fsync(fd) == 0;
    if (fd >= 0)
        good = close(fd) == 0 && good;
    if (good && rename(draft.text, path) == 0)
        return ST_OK;
    fault_set(why, ST_SYSTEM, "cannot write %s: %s", path, strerror(errno));
    if (fd >= 0)
        unlink(draft.text);
    return ST_SYSTEM;
}

enum status
config_save(const char *path, const struct config_change *changes, size_t n, struct fault *why)
{
    struct buf before;
    struct buf text;
    enum status st;

    if (n == 0)
        return ST_OK;
    buf_init(&before, CONFIG_BYTES_MAX);
    buf_init(&text, CONFIG_BYTES_MAX);
    st = read_file(&before, path, why);
    if (st == ST_NOT_FOUND)
        st = paths_make_for(path, why);
    if (st == ST_OK) {
        config_edit(&text, buf_span(&before), changes, n);
        st = text.failed ? fault_set(why, ST_FULL, "%s would become too large", path)
                         : replace_file(path, buf_span(&text), why);
    }
    buf_clear(&before);
    buf_clear(&text);
    return st;
}
