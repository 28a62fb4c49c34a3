#include "client/lookup.h"

#include <stdio.h>
#include <string.h>

void
lookup_prefix(const char *name, char out[static NAME_MAX_BYTES + 1])
{
    size_t len = strlen(name);

    while (len > 0 && ((unsigned char)name[--len] & 0xc0) == 0x80)
        ;
    memcpy(out, name, len);
    out[len] = '\0';
}

static void
lookup_end(struct lookup *l, enum status st)
{
    l->st = st;
    l->busy = false;
}

static void
ask(struct lookup *l)
{
    struct wire_request req = {.op = OP_GET_GROUP_LIST};

    req.u.get_group_list.after = span_of(l->after);
    if (session_submit(l->directory, &l->call, &req) == ST_OK)
        return;
    refusal_of_status(&l->why, ST_NOMEM, "out of memory");
    lookup_end(l, ST_NOMEM);
}

static int
compare(struct span a, const char *b)
{
    size_t b_len = strlen(b);
    size_t len = a.len < b_len ? a.len : b_len;
    int order = len > 0 ? memcmp(a.p, b, len) : 0;

    if (order != 0)
        return order;
    return a.len < b_len ? -1 : a.len > b_len;
}

static void
found(struct lookup *l, const struct wire_group *g)
{
    struct fault why;

    memcpy(l->key, g->key, KEY_LEN);
    snprintf(l->address, sizeof l->address, "%.*s", (int)g->address.len,
             (const char *)g->address.p);
    snprintf(l->feed, sizeof l->feed, "%.*s", (int)g->feed.len, (const char *)g->feed.p);
    if (endpoint_check(l->address, false, &why) == ST_OK) {
        lookup_end(l, ST_OK);
        return;
    }
    refusal_of_status(&l->why, ST_PROTOCOL, why.text);
    lookup_end(l, ST_PROTOCOL);
}

static void
not_found(struct lookup *l)
{
    snprintf(l->why.code, sizeof l->why.code, "not_found");
    snprintf(l->why.text, sizeof l->why.text, "no live group is named \"%s\"", l->name);
    lookup_end(l, ST_NOT_FOUND);
}

static void
take_page(struct lookup *l, const struct wire_group_page *page)
{
    struct wire_list groups = page->groups;
    struct wire_group g;
    bool more = false;

    while (wire_next(&groups, &g)) {
        int order = compare(g.name, l->name);
        if (order == 0) {
            found(l, &g);
            return;
        }
        more = order < 0 && compare(g.name, l->after) > 0 && g.name.len < sizeof l->after;
        if (!more)
            break;
        memcpy(l->after, g.name.p, g.name.len);
        l->after[g.name.len] = '\0';
    }
    if (page->end || !more)
        not_found(l);
    else
        ask(l);
}

static void
lookup_done(void *ctx, enum status st, struct frame *reply, const struct fault *why)
{
    struct lookup *l = ctx;
    struct wire_reply r;

    if (st != ST_OK) {
        refusal_of_status(&l->why, st, why->text);
        lookup_end(l, st);
    } else if (wire_decode_reply(&r, OP_GET_GROUP_LIST, frame_span(reply)) != ST_OK) {
        refusal_of_status(&l->why, ST_PROTOCOL, "the message server's answer is not understood");
        lookup_end(l, ST_PROTOCOL);
    } else if (r.code != CODE_OK) {
        l->passes = code_is_passing(r.code);
        refusal_of_reply(&l->why, &r);
        lookup_end(l, r.code == CODE_PROTOCOL ? ST_PROTOCOL : ST_DENIED);
    } else {
        take_page(l, &r.u.group_page);
    }
}

void
lookup_init(struct lookup *l, struct session *directory, const char *name)
{
    memset(l, 0, sizeof *l);
    l->directory = directory;
    l->call.done = lookup_done;
    l->call.ctx = l;
    snprintf(l->name, sizeof l->name, "%s", name);
}

void
lookup_clear(struct lookup *l)
{
    session_call_clear(&l->call);
}

void
lookup_start(struct lookup *l, int64_t deadline_ms)
{
    if (l->busy) {
        if (deadline_ms < l->call.deadline_ms)
            l->call.deadline_ms = deadline_ms;
        return;
    }
    l->busy = true;
    l->passes = false;
    l->call.deadline_ms = deadline_ms;
    l->call.patience_ms = 0;
    lookup_prefix(l->name, l->after);
    ask(l);
}
