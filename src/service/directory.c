#include "directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"

struct lease {
    char name[NAME_MAX_BYTES + 1];
    uint8_t key[KEY_LEN];
    char address[WIRE_ADDRESS_MAX + 1];
    char feed[WIRE_ADDRESS_MAX + 1];
    char description[WIRE_DESCRIPTION_MAX + 1];
    uint64_t members;
    int64_t deadline_ms;
};

struct directory {
    struct names *names;
    struct outbox outbox;
    struct keyset *groups;
    struct keyset *users;
    uint64_t lease_ms;
    int64_t now_ms;
    struct log_limit requests;
    struct lease **all; /* sorted by name */
    size_t n;
    size_t cap;
};

/* ---- permission ---- */

static bool
group_allowed(const struct directory *d, const uint8_t key[static KEY_LEN])
{
    return !d->groups || keyset_has(d->groups, key);
}

static bool
user_allowed(const struct directory *d, const uint8_t key[static KEY_LEN])
{
    return !d->users || keyset_has(d->users, key);
}

bool
directory_admits(void *ctx, const char *domain, const uint8_t key[static KEY_LEN])
{
    const struct directory *d = ctx;

    (void)domain;
    return group_allowed(d, key) || user_allowed(d, key);
}

static enum wire_code
may_register(void *service, const struct call *call)
{
    return group_allowed(service, call->packet.peer) ? CODE_OK : CODE_NOT_ALLOWED;
}

/* A group that may register may see the list; but that everybody may register does not mean that
 * everybody may see it. */
static enum wire_code
may_list(void *service, const struct call *call)
{
    const struct directory *d = service;
    const uint8_t *key = call->packet.peer;
    bool may = user_allowed(d, key) || (d->groups && keyset_has(d->groups, key));

    return may ? CODE_OK : CODE_NOT_ALLOWED;
}

/* ---- leases ---- */

/* Index of the first lease whose name does not sort before (with `past`: sorts after) name. */
static size_t
lower_bound(const struct directory *d, struct span name, bool past)
{
    size_t from = 0, to = d->n;

    while (from < to) {
        size_t mid = from + (to - from) / 2;
        size_t len = strlen(d->all[mid]->name);
        int c = memcmp(d->all[mid]->name, name.p, len < name.len ? len : name.len);

        if (c == 0)
            c = (len > name.len) - (len < name.len);
        if (c < 0 || (past && c == 0))
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static struct lease *
find(const struct directory *d, struct span name)
{
    size_t i = lower_bound(d, name, false);

    return i < d->n && span_equal(span_of(d->all[i]->name), name) ? d->all[i] : NULL;
}

static void
drop(struct directory *d, size_t i)
{
    free(d->all[i]);
    memmove(d->all + i, d->all + i + 1, (d->n - i - 1) * sizeof *d->all);
    d->n--;
}

static struct lease *
add(struct directory *d, struct span name)
{
    size_t i = lower_bound(d, name, false);
    struct lease *l;

    if (d->n == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 16;
        struct lease **all = realloc(d->all, cap * sizeof *all);

        if (!all)
            return NULL;
        d->all = all;
        d->cap = cap;
    }
    l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    memmove(d->all + i + 1, d->all + i, (d->n - i) * sizeof *d->all);
    d->all[i] = l;
    d->n++;
    return l;
}

static void
copy_text(char *to, size_t size, struct span from)
{
    snprintf(to, size, "%.*s", (int)from.len, (const char *)from.p);
}

static void
fill(struct lease *l, const struct call *call)
{
    const struct wire_register *req = &call->req.u.register_;

    copy_text(l->name, sizeof l->name, req->name);
    copy_text(l->address, sizeof l->address, req->address);
    copy_text(l->feed, sizeof l->feed, req->feed);
    copy_text(l->description, sizeof l->description, req->description);
    memcpy(l->key, call->packet.peer, sizeof l->key);
    l->members = req->members;
}

static bool
address_ok(struct span text)
{
    char address[WIRE_ADDRESS_MAX + 1];

    copy_text(address, sizeof address, text);
    return endpoint_check(address, false, NULL) == ST_OK;
}

/* ---- handlers ---- */

static enum wire_code
claim_name(struct directory *d, const struct call *call)
{
    struct fault why = {""};

    switch (names_claim(d->names, call->req.u.register_.name, call->packet.peer,
                        DIRECTORY_NAMES_BY_KEY, clock_wall_ns(), &why)) {
    case ST_OK:
        return CODE_OK;
    case ST_CONFLICT:
        return CODE_NAME_TAKEN;
    case ST_DENIED:
        return CODE_LIMIT;
    case ST_FULL:
        return CODE_STORAGE_FULL;
    default:
        log_error("a name could not be stored: %s", why.text);
        return CODE_STORAGE_FAILED;
    }
}

static enum wire_code
register_group(void *service, struct call *call, struct wire_reply *result)
{
    struct directory *d = service;
    const struct wire_register *req = &call->req.u.register_;
    struct lease *l = find(d, req->name);
    enum wire_code code;

    if (!address_ok(req->address) || !address_ok(req->feed))
        return CODE_MALFORMED;
    if (!l && d->n >= DIRECTORY_GROUPS_MAX)
        return CODE_LIMIT;
    code = claim_name(d, call);
    if (code != CODE_OK)
        return code;
    /* Renewals are not worth a line. */
    if (!l || !span_equal(span_of(l->address), req->address))
        log_info("JOIN REQUEST FROM %.*s \"%.*s\"", (int)req->address.len,
                 (const char *)req->address.p, (int)req->name.len, (const char *)req->name.p);
    if (!l)
        l = add(d, req->name);
    if (!l)
        return CODE_BUSY;
    fill(l, call);
    l->deadline_ms = d->now_ms + (int64_t)d->lease_ms;
    result->u.registered.lease_ms = d->lease_ms;
    result->u.registered.renew_ms = d->lease_ms / (DIRECTORY_LEASE_MS / DIRECTORY_RENEW_MS);
    return CODE_OK;
}

static enum wire_code
unregister_group(void *service, struct call *call, struct wire_reply *result)
{
    struct directory *d = service;
    struct span name = call->req.u.unregister.name;
    struct lease *l = find(d, name);

    (void)result;
    if (!l || memcmp(l->key, call->packet.peer, KEY_LEN) != 0)
        return CODE_NOT_FOUND;
    log_info("LEAVE REQUEST FROM %s \"%s\"", l->address, l->name);
    drop(d, lower_bound(d, name, false));
    return CODE_OK;
}

static struct wire_group
listed(const struct lease *l)
{
    struct wire_group g = {
        .name = span_of(l->name),
        .address = span_of(l->address),
        .feed = span_of(l->feed),
        .description = span_of(l->description),
        .members = l->members,
    };

    memcpy(g.key, l->key, sizeof g.key);
    return g;
}

static enum wire_code
get_group_list(void *service, struct call *call, struct wire_reply *result)
{
    struct directory *d = service;
    struct wire_group_page *page = &result->u.group_page;
    struct span after = call->req.u.get_group_list.after;
    size_t i = after.len ? lower_bound(d, after, true) : 0;
    struct buf raw;

    call_log(&d->requests, "GROUP LIST REQUEST", &call->peer);
    buf_init(&raw, WIRE_REPLY_MAX);
    while (i < d->n && page->groups.count < WIRE_LIST_ROWS_MAX && raw.len < WIRE_PAGE_BYTES_MAX) {
        struct wire_group g = listed(d->all[i++]);

        wire_pack_group(&raw, &g);
        page->groups.count++;
    }
    page->end = i == d->n;
    page->groups.raw = buf_span(&raw);
    enum wire_code code = raw.failed ? CODE_BUSY : CODE_DEFERRED;
    if (code == CODE_DEFERRED)
        call_reply(call, &d->outbox, result);
    buf_clear(&raw);
    return code;
}

static const struct op_rule rules[OP_COUNT] = {
    [OP_REGISTER] = {may_register, register_group},
    [OP_UNREGISTER] = {may_register, unregister_group},
    [OP_GET_GROUP_LIST] = {may_list, get_group_list},
};

/* ---- life ---- */

enum status
directory_open(struct directory **out, const struct directory_options *o)
{
    struct directory *d = calloc(1, sizeof *d);

    *out = d;
    if (!d) {
        keyset_free(o->groups);
        keyset_free(o->users);
        return ST_NOMEM;
    }
    d->names = o->names;
    d->outbox = *o->outbox;
    d->groups = o->groups;
    d->users = o->users;
    d->lease_ms = o->lease_ms ? o->lease_ms : DIRECTORY_LEASE_MS;
    return ST_OK;
}

void
directory_close(struct directory *d)
{
    if (!d)
        return;
    while (d->n)
        drop(d, d->n - 1);
    free(d->all);
    keyset_free(d->groups);
    keyset_free(d->users);
    free(d);
}

void
directory_set_allowed(struct directory *d, struct keyset *groups, struct keyset *users)
{
    keyset_free(d->groups);
    keyset_free(d->users);
    d->groups = groups;
    d->users = users;
    for (size_t i = d->n; i-- > 0;)
        if (!group_allowed(d, d->all[i]->key))
            drop(d, i);
}

void
directory_set_time(struct directory *d, int64_t now_ms)
{
    d->now_ms = now_ms;
}

void
directory_request(struct directory *d, struct packet *packet)
{
    call_dispatch(d, rules, &d->outbox, packet);
}

void
directory_expire(struct directory *d)
{
    for (size_t i = d->n; i-- > 0;) {
        if (d->all[i]->deadline_ms > d->now_ms)
            continue;
        log_info("LEASE OVER OF %s \"%s\"", d->all[i]->address, d->all[i]->name);
        drop(d, i);
    }
}

size_t
directory_count(const struct directory *d)
{
    return d->n;
}
