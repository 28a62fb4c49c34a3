#include "chat/courier.h"

#include <stdio.h>
#include <stdlib.h>

#include "chat/runner.h"

#define JOIN_MS  400   /* more than runner.c takes to gather the last answers */
#define LIST_MAX 20000 /* people and groups that are listed */

struct courier {
    struct mailbox box;
    struct runner live;
    struct runner asking;
};

static enum conclave_status
open_handles(struct courier *c, const struct conclave_options *options, char *why, size_t size)
{
    struct conclave_options second = *options;
    enum conclave_status st = conclave_open(&c->live.handle, options, why, size);

    second.list_max = LIST_MAX;
    if (st != CONCLAVE_OK)
        return st;
    second.spool = NULL;
    return conclave_open(&c->asking.handle, &second, why, size);
}

enum conclave_status
courier_open(struct courier **out, const struct conclave_options *options, char *why, size_t size)
{
    struct courier *c = calloc(1, sizeof *c);
    enum conclave_status st;

    *out = NULL;
    if (c == NULL) {
        snprintf(why, size, "out of memory");
        return CONCLAVE_LOCAL;
    }
    c->live.wake = c->asking.wake = -1;
    st = open_handles(c, options, why, size);
    if (!mailbox_init(&c->box) && st == CONCLAVE_OK) {
        snprintf(why, size, "no descriptors are left");
        st = CONCLAVE_LOCAL;
    }
    if (st == CONCLAVE_OK)
        *out = c;
    else
        (void)courier_close(c);
    return st;
}

/* The threads begin with the first errand, so that courier_locate comes before them. */
static bool
start(struct courier *c)
{
    if (c->live.last != NULL)
        return c->live.started && c->asking.started;
    return runner_start(&c->live, &c->box, true) && runner_start(&c->asking, &c->box, false);
}

bool
courier_close(struct courier *c)
{
    bool over;

    if (c == NULL)
        return true;
    mailbox_close(&c->box);
    runner_stop(&c->live);
    runner_stop(&c->asking);
    over = runner_join(&c->live, JOIN_MS);
    over = runner_join(&c->asking, 0) && over;
    if (!over)
        return false;
    runner_clear(&c->live);
    runner_clear(&c->asking);
    mailbox_clear(&c->box);
    free(c);
    return true;
}

struct conclave_id
courier_self(const struct courier *c)
{
    struct conclave_id id;
    char key[CONCLAVE_KEY_LEN + 1];

    conclave_self(c->live.handle, &id, key);
    return id;
}

const char *
courier_self_name(const struct courier *c)
{
    return conclave_self_name(c->live.handle);
}

void
courier_locate(struct courier *c, const char *group, const char *key, const char *address)
{
    (void)conclave_locate(c->live.handle, group, key, address);
    (void)conclave_locate(c->asking.handle, group, key, address);
}

void
courier_send(struct courier *c, struct errand *e)
{
    if (e == NULL)
        return;
    if (!start(c))
        errand_free(e);
    else if (e->kind <= ERRAND_POST)
        runner_give(&c->live, e);
    else
        runner_give(&c->asking, e);
}

int
courier_fd(const struct courier *c)
{
    return c->box.fd;
}

struct news *
courier_next(struct courier *c)
{
    return mailbox_take(&c->box);
}
