#include <string.h>

#include "chat/desk.h"
#include "model/talk.h"

#define RETRY_MS      2000
#define LONG_RETRY_MS 30000 /* when a person has to do something first */
#define BACKLOG       100   /* entries shown before those that are not read */
#define BACKLOG_MAX   1000  /* with those */

static uint64_t
below(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* Behind which entry the feed is to begin: what was not read, and some before it. */
static uint64_t
begin_at(struct desk *d, struct room *r, const struct news *n)
{
    const struct conclave_info *info = &n->info;
    struct conclave_cursor read;
    uint64_t at = below(info->head, BACKLOG);

    if (!memory_read(d->memory, r->talk->name, &read) ||
        (memcmp(&read.log, &info->log, sizeof read.log) != 0 && !n->goes_on) ||
        read.seq > info->head)
        read.seq = info->head;
    r->kept = read.seq;
    if (read.seq < info->head)
        talk_read_from(r->talk, read.seq);
    else
        r->talk->read = info->head;
    if (below(read.seq, BACKLOG / 10) < at)
        at = below(read.seq, BACKLOG / 10);
    if (at < below(info->head, BACKLOG_MAX))
        at = below(info->head, BACKLOG_MAX);
    return at + 1 < info->first ? info->first - 1 : at;
}

static void
begin(struct desk *d, struct room *r, const struct news *n)
{
    const struct conclave_info *info = &n->info;
    uint64_t at = begin_at(d, r, n);

    r->talk->log = info->log;
    r->talk->newest = at;
    if (info->first > 1)
        talk_lost(d->model, r->talk, 1, info->first - 1);
    talk_hole(d->model, r->talk, info->first, at);
}

static void
another_log(struct desk *d, struct room *r, const struct news *n)
{
    static const struct conclave_id none;
    bool was_open = memcmp(&r->talk->log, &none, sizeof none) != 0;

    if (was_open && n->goes_on) {
        r->talk->log = n->info.log;
        return;
    }
    if (was_open)
        talk_restart(r->talk);
    begin(d, r, n);
    /* Behind what there is, which comes after this: where it is read, and before what is said. */
    if (n->went_back[0] != '\0')
        talk_note_behind(d->model, r->talk, n->info.head, true, n->went_back);
    else if (was_open)
        talk_note_behind(d->model, r->talk, n->info.head, true,
                         "The group has another log now. What was here is not in it.");
}

static void
follow(struct desk *d, struct room *r)
{
    struct errand *e = errand_new(ERRAND_FOLLOW, r->talk->name, NULL);

    if (e == NULL)
        return;
    e->cursor = (struct conclave_cursor){.log = r->talk->log, .seq = r->talk->newest};
    r->following = true;
    courier_send(d->courier, e);
}

static void
not_open(struct desk *d, struct room *r, const struct news *n)
{
    bool wait = n->status == CONCLAVE_UNREACHABLE || strcmp(n->code, "not_found") == 0 ||
                strcmp(n->code, "busy") == 0;

    if (n->status == CONCLAVE_REFUSED && strcmp(n->code, "not_member") == 0) {
        if (r->talk->state != TALK_OUT)
            talk_note(d->model, r->talk, false, "You are not a member. /join to become one.");
        talk_state(r->talk, TALK_OUT, "not a member");
        return;
    }
    talk_state(r->talk, r->talk->newest > 0 ? TALK_RECONNECTING : TALK_OPENING, n->text);
    r->ask_ms = d->now_ms + (wait ? RETRY_MS : LONG_RETRY_MS);
}

void
desk_on_info(struct desk *d, struct room *r, const struct news *n)
{
    r->asking = false;
    if (n->status != CONCLAVE_OK) {
        not_open(d, r, n);
        return;
    }
    memory_group(d->memory, r->talk->name, n->info.key, n->info.address);
    talk_topic(r->talk, n->info.topic, strlen(n->info.topic));
    r->first = n->info.first;
    if (memcmp(&r->talk->log, &n->info.log, sizeof r->talk->log) != 0)
        another_log(d, r, n);
    r->people_ms = d->now_ms;
    if (!r->following)
        follow(d, r);
    if (d->model->current == 0 && d->options->n_groups == 0)
        desk_show(d, model_index(d->model, r->talk));
}

void
desk_on_follow(struct desk *d, struct room *r, const struct news *n)
{
    r->up = n->status == CONCLAVE_OK;
    r->following = r->up;
    if (!r->up) {
        not_open(d, r, n);
        return;
    }
    if (r->talk->state == TALK_OPENING || r->talk->state == TALK_OUT)
        talk_state(r->talk, TALK_BEHIND, "");
}
