#include "cmd/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define REASON_MAX 512
#define SAVE_MS    250 /* a place that moves and moves is saved so often */

struct resume_place {
    const char *group;
    struct path path;
    struct conclave_cursor cursor;
    bool moved; /* cursor is not in the file yet */
};

struct resume {
    struct cmd *c;
    int lock;
    int64_t saved_ms;
    size_t n;
    struct resume_place items[];
};

/* The lock ends with the process, whatever ends that. */
static int
take_lock(struct cmd *c, const char *dir, const char *name)
{
    enum status st = ST_SYSTEM;
    struct path path;
    int fd = -1;

    errno = ENAMETOOLONG;
    if (paths_within(&path, dir, ".lock"))
        st = file_lock(&fd, AT_FDCWD, path.text, 0);
    if (st == ST_BUSY)
        cmd_fail(c, CONCLAVE_LOCAL, "busy", "another feed is running as \"%s\"", name);
    else if (st != ST_OK)
        cmd_fail(c, CONCLAVE_LOCAL, "local", "cannot lock %s: %s", dir, strerror(errno));
    return fd;
}

static bool
find_dir(struct cmd *c, const char *name, struct path *dir)
{
    struct path cursors;
    struct fault why = {"the path is too long"};

    if (paths_within(&cursors, c->state.text, "cursors") && paths_within(dir, cursors.text, name) &&
        paths_make(dir->text, &why) == ST_OK)
        return true;
    cmd_fail(c, CONCLAVE_LOCAL, "local", "%s", why.text);
    return false;
}

struct resume *
resume_open(struct cmd *c, int *status)
{
    struct resume *p = calloc(1, sizeof *p + c->n_args * sizeof p->items[0]);
    struct path dir;

    *status = CONCLAVE_LOCAL;
    if (p == NULL) {
        cmd_fail(c, CONCLAVE_LOCAL, "local", "out of memory");
        return NULL;
    }
    p->c = c;
    p->lock = find_dir(c, c->set.resume, &dir) ? take_lock(c, dir.text, c->set.resume) : -1;
    if (p->lock < 0) {
        free(p);
        return NULL;
    }
    /* A group's name is fit for a file's; one that is none is refused when it is followed. */
    for (; p->n < c->n_args; p->n++) {
        p->items[p->n].group = c->args[p->n];
        if (strchr(c->args[p->n], '/') == NULL)
            paths_within(&p->items[p->n].path, dir.text, c->args[p->n]);
    }
    return p;
}

void
resume_close(struct resume *p)
{
    if (p == NULL)
        return;
    resume_save(p);
    close(p->lock);
    free(p);
}

static struct resume_place *
find(struct resume *p, const char *group)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->items[i].group, group) == 0)
            return &p->items[i];
    return NULL;
}

enum conclave_status
resume_load(struct resume *p, const char *group, struct conclave_cursor *out)
{
    struct resume_place *place = find(p, group);
    char why[REASON_MAX] = "";
    enum conclave_status st;

    if (place == NULL || place->path.text[0] == '\0')
        return CONCLAVE_NONE;
    st = conclave_cursor_load(place->path.text, group, out, why, sizeof why);
    if (st != CONCLAVE_OK && st != CONCLAVE_NONE)
        cmd_fail(p->c, st, "local", "%s", why);
    return st;
}

static bool
save(struct resume *p, struct resume_place *place)
{
    char why[REASON_MAX] = "";
    enum conclave_status st;

    place->moved = false;
    st = conclave_cursor_save(place->path.text, place->group, &place->cursor, why, sizeof why);
    if (st != CONCLAVE_OK)
        cmd_fail(p->c, st, "local", "%s", why);
    return st == CONCLAVE_OK;
}

bool
resume_save(struct resume *p)
{
    bool good = true;

    for (size_t i = 0; i < p->n; i++)
        if (p->items[i].moved)
            good = save(p, &p->items[i]) && good;
    p->saved_ms = clock_mono_ms();
    return good;
}

bool
resume_moved(struct resume *p, const char *group, bool now)
{
    struct resume_place *place = find(p, group);

    /* Taken now: what comes next may not be done with. */
    if (place == NULL || place->path.text[0] == '\0' ||
        !conclave_position(p->c->client, place->group, &place->cursor))
        return true;
    place->moved = true;
    return now || clock_mono_ms() - p->saved_ms >= SAVE_MS ? resume_save(p) : true;
}

bool
resume_pending(const struct resume *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->items[i].moved)
            return true;
    return false;
}
