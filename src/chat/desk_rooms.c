#include "chat/desk.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/talk.h"

#define PAGE    100  /* entries fetched at once */
#define KEEP_MS 5000 /* between writings of read positions */

struct room *
desk_room(struct desk *d, const struct talk *t)
{
    for (size_t i = 0; i < d->n_rooms; i++)
        if (d->rooms[i].talk == t)
            return &d->rooms[i];
    return NULL;
}

struct room *
desk_open_group(struct desk *d, const char *group)
{
    struct talk *t = model_add(d->model, group);
    struct room *r = t != NULL ? desk_room(d, t) : NULL;

    if (t == NULL)
        return NULL;
    if (r == NULL) {
        struct room *rooms = realloc(d->rooms, (d->n_rooms + 1) * sizeof *rooms);

        if (rooms == NULL) {
            model_remove(d->model, t);
            return NULL;
        }
        d->rooms = rooms;
        r = &rooms[d->n_rooms++];
        *r = (struct room){.talk = t};
        courier_send(d->courier, errand_new(ERRAND_WAITING, group, NULL));
    }
    if (!r->following && !r->asking)
        r->ask_ms = d->now_ms;
    d->dirty = true;
    return r;
}

void
desk_join(struct desk *d, struct room *r)
{
    r->ask_ms = r->join_ms = 0; /* after it was joined */
    r->joining = true;
    courier_send(d->courier, errand_new(ERRAND_JOIN, r->talk->name, d->options->nick));
}

void
desk_close_group(struct desk *d, struct room *r)
{
    struct talk *t = r->talk;
    bool current = t == model_current(d->model);
    size_t at = (size_t)(r - d->rooms);

    if (r->following)
        courier_send(d->courier, errand_new(ERRAND_UNFOLLOW, t->name, NULL));
    if (current)
        desk_show(d, model_index(d->model, t) - 1);
    d->n_rooms--;
    memmove(d->rooms + at, d->rooms + at + 1, (d->n_rooms - at) * sizeof *d->rooms);
    model_remove(d->model, t);
    d->dirty = true;
}

/* ---- what is due ---- */

static void
ask_info(struct desk *d, struct room *r)
{
    static const struct conclave_id none;
    struct errand *e = errand_new(ERRAND_INFO, r->talk->name, NULL);

    if (e == NULL)
        return;
    if (memcmp(&r->talk->log, &none, sizeof none) != 0)
        e->cursor = (struct conclave_cursor){.log = r->talk->log, .seq = r->talk->newest};
    else
        (void)memory_read(d->memory, r->talk->name, &e->cursor);
    courier_send(d->courier, e);
}

static void
tend_room(struct desk *d, struct room *r)
{
    const char *group = r->talk->name;

    if (r->join_ms != 0 && d->now_ms >= r->join_ms)
        desk_join(d, r);
    if (r->ask_ms != 0 && d->now_ms >= r->ask_ms) {
        r->ask_ms = 0;
        r->asking = true;
        ask_info(d, r);
    }
    if (r->people_ms != 0 && d->now_ms >= r->people_ms && !r->listing) {
        r->people_ms = 0;
        r->listing = true;
        courier_send(d->courier, errand_new(ERRAND_PEOPLE, group, NULL));
    }
}

void
desk_tend(struct desk *d)
{
    for (size_t i = 0; i < d->n_rooms; i++)
        tend_room(d, &d->rooms[i]);
    if (d->now_ms >= d->keep_ms) {
        d->keep_ms = d->now_ms + KEEP_MS;
        desk_keep_read(d);
    }
    notify_reap(&d->notify);
}

static int64_t
sooner(int64_t a, int64_t b)
{
    return b != 0 && b < a ? b : a;
}

int
desk_due(const struct desk *d, int most)
{
    int64_t due = sooner(d->now_ms + most, d->keep_ms);

    for (size_t i = 0; i < d->n_rooms; i++) {
        const struct room *r = &d->rooms[i];

        due = sooner(sooner(due, r->ask_ms), r->join_ms);
        if (!r->listing)
            due = sooner(due, r->people_ms);
    }
    return due > d->now_ms ? (int)(due - d->now_ms) : 0;
}

void
desk_fetch(struct desk *d)
{
    struct room *r = desk_room(d, model_current(d->model));
    const struct view_want *w = &d->want;
    struct errand *e;

    if (!w->any || r == NULL || r->fetching || d->now_ms < r->fetch_ms)
        return;
    e = errand_new(ERRAND_FETCH, r->talk->name, NULL);
    if (e == NULL)
        return;
    e->cursor.log = r->talk->log;
    e->first = w->first - 1;
    e->last = w->last;
    if (w->last - e->first > PAGE && w->tail && r->oldest != w->first)
        e->first = w->last - PAGE;
    else if (w->last - e->first > PAGE)
        e->last = e->first + PAGE;
    r->fetching = true;
    courier_send(d->courier, e);
}

void
desk_keep_read(struct desk *d)
{
    for (size_t i = 0; i < d->n_rooms; i++) {
        struct room *r = &d->rooms[i];
        const struct conclave_cursor read = {.log = r->talk->log, .seq = r->talk->read};

        if (!r->up || r->kept == read.seq)
            continue;
        memory_set_read(d->memory, r->talk->name, &read);
        r->kept = read.seq;
    }
}

void
desk_show(struct desk *d, size_t at)
{
    struct talk *t = model_current(d->model);

    if (at >= d->model->n_talks || d->model->talks[at] == t)
        return;
    talk_keep_draft(t, editor_text(d->editor), editor_cursor(d->editor));
    model_show(d->model, at);
    t = model_current(d->model);
    editor_set(d->editor, t->draft != NULL ? t->draft : "", t->draft_cursor);
    complete_reset(&d->complete);
    d->dirty = true;
}
