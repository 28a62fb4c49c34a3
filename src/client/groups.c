#include "client/handle.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/text.h"

#define BESIDE_MS 300 /* that the message server is waited for when the group answers already */
#define ELSEWHERE_MS                                                                        \
    1000             /* that the group is waited for at another place than where it answers \
                      */
#define LEFT_MS 5000 /* between two looks for what others left */

struct remote *
handle_find(const struct conclave *c, const char *name)
{
    for (struct remote *k = c->groups; k != NULL; k = k->next)
        if (strcmp(k->name, name) == 0)
            return k;
    return NULL;
}

bool
handle_reserve(struct conclave *c, size_t groups)
{
    size_t need = 3 + 4 * groups; /* the directory, the watched descriptor; two links a group */

    return array_room(c->items, c->cap_items, need);
}

/* ---- finding ---- */

static bool
is_there(const struct remote *k)
{
    return k->session.state == SESSION_READY;
}

/* The attempt to connect to where it is said to be has not ended yet. */
static bool
is_tried(const struct remote *k)
{
    return !is_there(k) && k->session.down_since_ms == 0;
}

/* The group answers where it was last, and the message server does not, or not in time. */
static bool
is_decided(const struct conclave *c, const struct remote *k, int64_t late_ms)
{
    return is_there(k) && (c->directory.down_since_ms != 0 || clock_mono_ms() >= late_ms);
}

static int64_t
sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Until the message server has answered, or need not any more: then the lookup goes on. */
static void
look_up(struct conclave *c, struct remote *k, int64_t deadline_ms)
{
    int64_t late_ms = clock_mono_ms() + BESIDE_MS;
    int64_t step = DIAL_FIRST_MS;

    do {
        lookup_start(&k->lookup, deadline_ms);
        handle_step(c);
        while (k->lookup.busy && !is_decided(c, k, late_ms))
            handle_wait(c, is_there(k) ? sooner(deadline_ms, late_ms) : deadline_ms);
    } while (!k->lookup.busy && k->lookup.passes && !is_there(k) &&
             handle_back_off(c, &step, deadline_ms));
}

/* Whether it answers where it is said to be. */
static bool
await_place(struct conclave *c, const struct remote *k, int64_t until_ms)
{
    while (is_tried(k) && clock_mono_ms() < until_ms)
        handle_wait(c, until_ms);
    return is_there(k);
}

/* The message server knows where it is now; but what answers counts for more than what it says. */
static void
go_to_found(struct conclave *c, struct remote *k, bool recalled, int64_t deadline_ms)
{
    bool elsewhere = recalled && strcmp(k->session.address, k->lookup.address) != 0;

    remote_locate(k);
    if (!elsewhere || await_place(c, k, sooner(deadline_ms, clock_mono_ms() + ELSEWHERE_MS)))
        return;
    if (!remote_recall(k) ||
        !await_place(c, k, sooner(deadline_ms, clock_mono_ms() + ELSEWHERE_MS)))
        remote_locate(k);
}

static enum conclave_status
take_found(struct conclave *c, struct remote *k, bool recalled, int64_t deadline_ms)
{
    enum conclave_status st = handle_remember_server(c);

    if (st == CONCLAVE_OK)
        st = handle_pin(c, k->name, k->lookup.key);
    if (st == CONCLAVE_OK)
        go_to_found(c, k, recalled, deadline_ms);
    return st;
}

static enum conclave_status
not_there(struct conclave *c, const struct remote *k, bool recalled)
{
    enum status st = k->lookup.st;

    if (recalled && (st == ST_UNREACHABLE || st == ST_TIMEOUT) && k->session.failed != ST_OK)
        return handle_error(c, st, "%.*s; %.*s", REASON_MAX, k->lookup.why.text, REASON_MAX,
                            k->session.why.text);
    return handle_refuse(c, st, &k->lookup.why);
}

/* Ask the message server, and try beside it where the group answered last. */
static enum conclave_status
find_group(struct conclave *c, struct remote *k, int64_t deadline_ms)
{
    bool recalled = remote_recall(k);
    enum conclave_status st = CONCLAVE_OK;

    k->sought = true;
    k->refreshing = false;
    k->session.wanted = recalled;
    look_up(c, k, deadline_ms);
    if (recalled && !k->lookup.busy && k->lookup.st != ST_OK)
        (void)await_place(c, k, deadline_ms);
    if (k->lookup.busy)
        k->refreshing = true;
    else if (k->lookup.st == ST_OK)
        st = take_found(c, k, recalled, deadline_ms);
    else if (!is_there(k))
        st = not_there(c, k, recalled);
    k->sought = false;
    k->session.wanted = false;
    if (st != CONCLAVE_OK)
        remote_forget_place(k);
    return st;
}

static void
add_group(struct conclave *c, struct remote *k)
{
    k->next = c->groups;
    c->groups = k;
    c->n_groups++;
}

static void
remove_group(struct conclave *c, struct remote *k)
{
    struct remote **at = &c->groups;

    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    c->n_groups--;
    if (c->turn == k)
        c->turn = NULL;
    remote_free(k);
}

static enum conclave_status
new_group(struct conclave *c, const char *name, struct remote **out)
{
    struct fault why;

    *out = NULL;
    if (name == NULL || !text_is_group_name(span_of(name)))
        return handle_error(c, ST_INVALID,
                            "\"%.80s\" is not the name of a group: 1 to %d bytes without spaces, "
                            "slashes and control characters, not beginning with '-' or '.'",
                            name != NULL ? name : "", NAME_MAX_BYTES);
    *out = handle_reserve(c, c->n_groups + 1) ? remote_new(name, &c->directory, c->pins) : NULL;
    if (*out == NULL)
        return handle_error(c, ST_NOMEM, "out of memory");
    (*out)->places = c->places;
    if (c->spool == NULL || remote_spool(*out, c->spool, &why) == ST_OK)
        return CONCLAVE_OK;
    remote_free(*out);
    *out = NULL;
    return handle_error(c, ST_SYSTEM, "%s", why.text);
}

enum conclave_status
handle_group(struct conclave *c, const char *name, int64_t deadline_ms, struct remote **out)
{
    enum conclave_status st;

    *out = name != NULL ? handle_find(c, name) : NULL;
    if (*out != NULL)
        return remote_is_located(*out) ? CONCLAVE_OK : find_group(c, *out, deadline_ms);
    st = handle_online(c);
    if (st == CONCLAVE_OK)
        st = new_group(c, name, out);
    if (st != CONCLAVE_OK)
        return st;
    add_group(c, *out);
    st = find_group(c, *out, deadline_ms);
    if (st != CONCLAVE_OK)
        remove_group(c, *out);
    return st;
}

enum conclave_status
handle_group_to_post(struct conclave *c, const char *name, int64_t deadline_ms, struct remote **out)
{
    enum conclave_status st = handle_online(c);
    struct pin_place place;

    *out = name != NULL ? handle_find(c, name) : NULL;
    if (st != CONCLAVE_OK || c->spool == NULL || name == NULL)
        return st != CONCLAVE_OK ? st : handle_group(c, name, deadline_ms, out);
    place = remote_place(&c->directory, name);
    if (*out != NULL)
        return CONCLAVE_OK;
    if (!pin_file_has(c->pins, &place))
        return handle_group(c, name, deadline_ms, out);
    st = new_group(c, name, out);
    if (st == CONCLAVE_OK)
        add_group(c, *out);
    return st;
}

static enum status
load_group(void *ctx, const char *name, struct fault *why)
{
    struct conclave *c = ctx;
    struct remote *k;

    if (new_group(c, name, &k) != CONCLAVE_OK)
        return fault_set(why, ST_SYSTEM, "%s", c->error.text);
    add_group(c, k);
    return ST_OK;
}

static enum status
take_left(void *ctx, struct spool *from, const char *group, struct fault *why)
{
    struct conclave *c = ctx;
    struct remote *k = handle_find(c, group);
    enum status st = ST_OK;

    if (k == NULL) {
        st = load_group(c, group, why);
        k = c->groups;
    }
    return st == ST_OK ? remote_take_over(k, from, why) : st;
}

enum status
handle_take_left(struct conclave *c, struct fault *why)
{
    c->left_ms = clock_mono_ms() + LEFT_MS;
    return spool_left(c->spool, take_left, c, why);
}

enum status
handle_load_spool(struct conclave *c, struct fault *why)
{
    enum status st = spool_groups(c->spool, load_group, c, why);

    return st == ST_OK ? handle_take_left(c, why) : st;
}

enum conclave_status
handle_locate(struct conclave *c, const char *name, const uint8_t key[static KEY_LEN],
              const char *address)
{
    struct remote *k = name != NULL ? handle_find(c, name) : NULL;
    bool is_new = k == NULL;
    enum conclave_status st = handle_online(c);

    if (st == CONCLAVE_OK && is_new)
        st = new_group(c, name, &k);
    if (st == CONCLAVE_OK)
        st = handle_pin(c, name, key);
    if (st == CONCLAVE_OK && is_new)
        add_group(c, k);
    if (st == CONCLAVE_OK)
        remote_point(k, key, address);
    else if (is_new)
        remote_free(k);
    return st;
}
