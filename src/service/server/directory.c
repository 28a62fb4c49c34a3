#include "server/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/leases.h"

#define CONTESTS_LOGGED 60               /* lines a minute */
#define JOINS_LOGGED    1000             /* the same */
#define SAVED_AT_ONCE   64               /* names */
#define FIRST_MS        INT64_C(3600000) /* in which no name expires */

struct directory {
    struct names *names;
    struct outbox outbox;
    struct keyset *groups;
    struct keyset *users;
    uint64_t lease_ms;
    int64_t now_ms;
    int64_t wall_ns;
    int64_t start_ms;
    int64_t start_wall_ns;
    bool started;
    bool save_told; /* that names cannot be written */
    struct log_limit requests;
    struct log_limit joins;
    struct log_limit contests;
    struct leases leases;
};

/* ---- permission ---- */

static bool
group_allowed(const struct directory *d, const uint8_t key[static KEY_LEN])
{
    return d->groups == NULL || keyset_has(d->groups, key);
}

static bool
user_allowed(const struct directory *d, const uint8_t key[static KEY_LEN])
{
    return d->users == NULL || keyset_has(d->users, key);
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
    bool may = user_allowed(d, key) || (d->groups != NULL && keyset_has(d->groups, key));

    return may ? CODE_OK : CODE_NOT_ALLOWED;
}

/* ---- leases ---- */

static void
copy_text(char *to, size_t size, struct span from)
{
    snprintf(to, size, "%.*s", (int)from.len, (const char *)from.p);
}

static bool
drop_if_over(struct directory *d, size_t i)
{
    const struct lease *l = d->leases.all[i];

    if (l->contest.holder.until_ms > d->now_ms)
        return false;
    log_info("LEASE OVER OF %s \"%s\"", l->contest.holder.address, l->name);
    leases_drop(&d->leases, i);
    return true;
}

static int64_t
renewed_ms(const struct directory *d, const struct lease *l)
{
    return l->contest.holder.until_ms - (int64_t)d->lease_ms;
}

/* NULL: it is not live. */
static struct lease *
find_live(struct directory *d, struct span name)
{
    struct lease *l = leases_find(&d->leases, name);

    return l != NULL && drop_if_over(d, leases_place(&d->leases, name, false)) ? NULL : l;
}

/* What the holder of the lease says of itself. */
static void
fill(struct lease *l, const struct call *call)
{
    const struct wire_register *req = &call->req.u.register_;

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

/* A wall clock that jumps ahead makes no name older than it is; one that is set back counts. */
static int64_t
sober_ns(const struct directory *d)
{
    int64_t most_ns;

    if (__builtin_add_overflow(d->start_wall_ns, (d->now_ms - d->start_ms) * NS_PER_MS, &most_ns) ||
        d->wall_ns < most_ns)
        return d->wall_ns;
    return most_ns;
}

static enum wire_code
claim_name(struct directory *d, const struct call *call)
{
    struct names_claim claim = {.name = call->req.u.register_.name,
                                .key = call->packet.peer,
                                .max_per_key = DIRECTORY_NAMES_BY_KEY,
                                .now_ns = sober_ns(d),
                                .may_expire = d->now_ms - d->start_ms >= FIRST_MS};
    struct fault why = {0};

    switch (names_claim(d->names, &claim, &why)) {
    case ST_OK:
        return CODE_OK;
    case ST_INVALID:
        return CODE_MALFORMED;
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

/* A key that may register, and one name of its own after another, writes lines with that. */
static void
tell_join(struct directory *d, const char *address, struct span name)
{
    unsigned missed;

    if (!log_limit_pass(&d->joins, JOINS_LOGGED, d->now_ms, &missed))
        return;
    if (missed)
        log_info("%u more groups that registered were not logged", missed);
    log_info("JOIN REQUEST FROM %s \"%.*s\"", address, (int)name.len, (const char *)name.p);
}

/* Whoever starts processes of one group again and again writes lines with that. */
static bool
worth_a_line(struct directory *d)
{
    unsigned missed;

    if (!log_limit_pass(&d->contests, CONTESTS_LOGGED, d->now_ms, &missed))
        return false;
    if (missed)
        log_warn("%u more lines about processes of one group were left out", missed);
    return true;
}

static void
tell(struct directory *d, const struct lease *l, const struct contestant *who,
     enum contest_place place, enum contest_news news)
{
    if (news == CONTEST_NOTHING && place != CONTEST_ENDS)
        return;
    if (!worth_a_line(d))
        return;
    if (news == CONTEST_TAKEN_OVER)
        log_info("TAKEN OVER \"%s\": another process answers at %s now", l->name, who->address);
    if (news == CONTEST_SECOND)
        log_warn("TWO PROCESSES of \"%s\": the one at %s is registered, the one at %s waits%s",
                 l->name, l->contest.holder.address, who->address,
                 who->take_over ? " and is to take over" : "");
    if (place == CONTEST_ENDS)
        log_warn("TWO PROCESSES of \"%s\": both live; the one at %s is told to end", l->name,
                 who->address);
}

static struct contestant
contestant(const struct directory *d, const struct wire_register *req)
{
    struct contestant who = {.instance = req->instance,
                             .take_over = req->take_over,
                             .until_ms = d->now_ms + (int64_t)d->lease_ms};

    copy_text(who.address, sizeof who.address, req->address);
    return who;
}

static void
answer(const struct directory *d, const struct lease *l, const struct contestant *who,
       struct wire_registered *out)
{
    const struct contestant *rival = contest_rival(&l->contest, &who->instance);

    out->lease_ms = d->lease_ms;
    out->renew_ms = d->lease_ms / (DIRECTORY_LEASE_MS / DIRECTORY_RENEW_MS);
    out->now = d->wall_ns;
    if (rival != NULL)
        out->rival = span_of(rival->address);
}

static enum wire_code
register_group(void *service, struct call *call, struct wire_reply *result)
{
    struct directory *d = service;
    const struct wire_register *req = &call->req.u.register_;
    struct contestant who = contestant(d, req);
    struct lease *l = find_live(d, req->name);
    enum contest_news news;
    enum wire_code code;
    int64_t lived_ms;
    enum contest_place place;

    if (!address_ok(req->address) || !address_ok(req->feed))
        return CODE_MALFORMED;
    if (l == NULL && d->leases.n >= DIRECTORY_GROUPS_MAX &&
        !names_known(d->names, req->name, call->packet.peer))
        return CODE_LIMIT;
    code = claim_name(d, call);
    if (code != CODE_OK)
        return code;
    lived_ms = l != NULL ? d->now_ms - renewed_ms(d, l) : 0;
    if (l == NULL) {
        /* Renewals are not worth a line. */
        tell_join(d, who.address, req->name);
        l = leases_add(&d->leases, req->name);
    }
    if (l == NULL)
        return CODE_BUSY;
    place = contest_ask(&l->contest, &who, d->now_ms, &news);
    tell(d, l, &who, place, news);
    if (place != CONTEST_HOLDS)
        return place == CONTEST_ENDS ? CODE_DUPLICATE : CODE_SUPERSEDED;
    names_live(d->names, req->name, lived_ms, sober_ns(d));
    fill(l, call);
    answer(d, l, &who, &result->u.registered);
    return CODE_OK;
}

static enum wire_code
unregister_group(void *service, struct call *call, struct wire_reply *result)
{
    struct directory *d = service;
    const struct wire_unregister *req = &call->req.u.unregister;
    struct lease *l = leases_find(&d->leases, req->name);

    const char *address;

    (void)result;
    if (l == NULL || memcmp(l->key, call->packet.peer, KEY_LEN) != 0)
        return CODE_NOT_FOUND;
    address = id_equal(&l->contest.holder.instance, &req->instance) ? l->contest.holder.address
                                                                    : l->contest.other.address;
    if (!contest_leave(&l->contest, &req->instance))
        return CODE_NOT_FOUND;
    log_info("LEAVE REQUEST FROM %s \"%s\"", address, l->name);
    if (!l->contest.held)
        leases_drop(&d->leases, leases_place(&d->leases, req->name, false));
    return CODE_OK;
}

static struct wire_group
listed(const struct lease *l)
{
    struct wire_group g = {
        .name = span_of(l->name),
        .address = span_of(l->contest.holder.address),
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
    size_t i = after.len ? leases_place(&d->leases, after, true) : 0;
    struct buf raw;
    enum wire_code code;

    call_log(&d->requests, "GROUP LIST REQUEST", &call->peer);
    buf_init(&raw, WIRE_REPLY_MAX);
    while (i < d->leases.n && page->groups.count < WIRE_LIST_ROWS_MAX &&
           raw.len < WIRE_PAGE_BYTES_MAX) {
        struct wire_group g = listed(d->leases.all[i++]);

        wire_pack(&raw, &g);
        page->groups.count++;
    }
    page->end = i == d->leases.n;
    page->groups.raw = buf_span(&raw);
    code = raw.failed ? CODE_BUSY : CODE_DEFERRED;
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
    if (d == NULL) {
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
    if (d == NULL)
        return;
    leases_clear(&d->leases);
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
    for (size_t i = d->leases.n; i-- > 0;)
        if (!group_allowed(d, d->leases.all[i]->key))
            leases_drop(&d->leases, i);
}

void
directory_set_time(struct directory *d, int64_t now_ms, int64_t wall_ns)
{
    if (!d->started) {
        d->started = true;
        d->start_ms = now_ms;
        d->start_wall_ns = wall_ns;
    }
    d->now_ms = now_ms;
    d->wall_ns = wall_ns;
}

void
directory_request(struct directory *d, struct packet *packet)
{
    call_dispatch(d, rules, &d->outbox, packet);
}

void
directory_expire(struct directory *d)
{
    struct fault why = {0};
    enum status st;

    for (size_t i = d->leases.n; i-- > 0;)
        drop_if_over(d, i);
    st = names_save(d->names, SAVED_AT_ONCE, &why);
    if (st != ST_OK && !d->save_told)
        log_warn("how long names were live is not written: %s", why.text);
    d->save_told = st != ST_OK;
}

size_t
directory_count(const struct directory *d)
{
    return d->leases.n;
}
