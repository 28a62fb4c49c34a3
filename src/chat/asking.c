#include <string.h>

#include "chat/runner.h"

#define FOUND_MAX  50 /* of a search, shown */
#define GROUPS_MAX 1000

/* ---- lists ---- */

static enum conclave_status
ask_groups(struct runner *r, struct news *n)
{
    enum conclave_status st = conclave_list_groups(r->handle);
    struct conclave_group g;

    while (st == CONCLAVE_OK && n->n < GROUPS_MAX &&
           conclave_next_group(r->handle, &g) == CONCLAVE_OK)
        if (!news_add_group(n, &g))
            break;
    return st;
}

static enum conclave_status
ask_people(struct runner *r, struct news *n, const char *group)
{
    enum conclave_status st = conclave_list_members(r->handle, group, false);
    struct conclave_member m;

    while (st == CONCLAVE_OK && conclave_next_member(r->handle, &m) == CONCLAVE_OK)
        if (!news_add_member(n, &m))
            break;
    return st;
}

/* Whether the log has what was read of another one. */
static void
compare_logs(struct runner *r, struct news *n, const struct errand *e)
{
    static const struct conclave_id none;
    struct conclave_cursor next;
    const char *text;

    if (memcmp(&e->cursor.log, &none, sizeof none) == 0 ||
        memcmp(&e->cursor.log, &n->info.log, sizeof none) == 0)
        return;
    n->goes_on = conclave_fetch(r->handle, e->group, &e->cursor, 1, &next, NULL) == CONCLAVE_OK;
    if (n->goes_on || strcmp(conclave_error_code(r->handle), "went_backwards") != 0)
        return;
    text = news_string(n, conclave_error(r->handle));
    n->went_back = text != NULL ? text : "";
}

static enum conclave_status
ask_info(struct runner *r, struct news *n, const struct errand *e)
{
    struct conclave_info info;
    enum conclave_status st = conclave_get_info(r->handle, e->group, &info);

    if (st == CONCLAVE_OK && !news_info(n, &info))
        st = CONCLAVE_LOCAL;
    if (st == CONCLAVE_OK)
        compare_logs(r, n, e);
    return st;
}

/* ---- entries ---- */

static void
take_entries(struct runner *r, struct news *n)
{
    struct conclave_entry e;

    while (conclave_next_entry(r->handle, &e) == CONCLAVE_OK)
        if (!news_add_entry(n, &e))
            break;
}

static enum conclave_status
ask_page(struct runner *r, struct news *n, const struct errand *e)
{
    const struct conclave_cursor after = {.log = e->cursor.log, .seq = e->first};
    struct conclave_cursor next = {.seq = 0};
    enum conclave_status st =
        conclave_fetch(r->handle, e->group, &after, (size_t)(e->last - e->first), &next, &n->end);

    n->next = next.seq;
    if (st == CONCLAVE_OK)
        take_entries(r, n);
    return st;
}

static enum conclave_status
ask_page_at(struct runner *r, struct news *n, const struct errand *e)
{
    struct conclave_cursor next = {.seq = 0};
    enum conclave_status st =
        conclave_fetch_after_time(r->handle, e->group, e->time, (size_t)e->last, &next, &n->end);

    n->next = next.seq;
    if (st == CONCLAVE_OK)
        take_entries(r, n);
    return st;
}

static enum conclave_status
ask_search(struct runner *r, struct news *n, const struct errand *e)
{
    const struct conclave_query query = {.words = e->text};
    uint64_t next = 0;
    enum conclave_status st =
        conclave_search(r->handle, e->group, &query, FOUND_MAX, &next, &n->end);

    if (st == CONCLAVE_OK)
        take_entries(r, n);
    return st;
}

/* ---- changes ---- */

static enum conclave_status
ask_invite(struct runner *r, struct news *n, const struct errand *e)
{
    char text[CONCLAVE_INVITE_MAX + 1];
    enum conclave_status st =
        conclave_make_invite(r->handle, e->group, e->first, e->time, text, NULL);

    if (st == CONCLAVE_OK)
        n->text = news_string(n, text);
    if (n->text == NULL) {
        n->text = "";
        st = CONCLAVE_LOCAL;
    }
    explicit_bzero(text, sizeof text);
    return st;
}

static enum conclave_status
ask(struct runner *r, struct news *n, const struct errand *e)
{
    switch (e->kind) {
    case ERRAND_GROUPS:
        return ask_groups(r, n);
    case ERRAND_INFO:
        return ask_info(r, n, e);
    case ERRAND_PEOPLE:
        return ask_people(r, n, e->group);
    case ERRAND_FETCH:
        return ask_page(r, n, e);
    case ERRAND_FETCH_AT:
        return ask_page_at(r, n, e);
    case ERRAND_SEARCH:
        return ask_search(r, n, e);
    case ERRAND_JOIN:
        return conclave_join(r->handle, e->group, e->text, &n->already);
    case ERRAND_LEAVE:
        return conclave_leave(r->handle, e->group);
    case ERRAND_CHANGE:
        return e->change(r->handle, e->group, e->text);
    case ERRAND_INVITE:
        return ask_invite(r, n, e);
    case ERRAND_FOLLOW:
    case ERRAND_UNFOLLOW:
    case ERRAND_WAITING:
    case ERRAND_POST:
        break;
    }
    return CONCLAVE_INVALID;
}

void
runner_ask(struct runner *r, struct errand *e)
{
    struct news *n = news_new(NEWS_ANSWER);
    enum conclave_status st = CONCLAVE_LOCAL;

    if (n != NULL)
        st = ask(r, n, e);
    runner_answer(r, n, e, st);
}
