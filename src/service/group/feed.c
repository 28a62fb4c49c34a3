#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "group/impl.h"

#define CHANGES_A_MINUTE 1000 /* of subscriptions; a connection needs one */
#define BEHIND_LOGGED    60   /* a minute */
#define OFFENCES_LOGGED  60   /* a minute */
#define DAY_MS           ((int64_t)24 * 60 * 60 * 1000)

enum wire_code
group_subscribe(void *service, struct call *call, struct wire_reply *result)
{
    struct group *g = service;
    struct member *who = members_find(g->members, &call->peer);
    struct ticket *ticket = tickets_offer(g->tickets, who, clock_mono_ms());
    const struct wire_subscribe *req = &call->req.u.subscribe;
    struct wire_subscribed *s = &result->u.subscribed;

    if (ticket == NULL)
        return CODE_LIMIT;
    memcpy(s->ticket, ticket->topic, TICKET_LEN);
    s->feed = span_of(g->feed);
    s->log = g->log;
    s->head = g->head;
    s->ts = g->head_ts;
    if ((req->has & WIRE_SUBSCRIBE_HAS_LOG) && store_goes_on_from(g->store, &req->log, &s->shared))
        s->has = WIRE_HAS_SHARED;
    return CODE_OK;
}

static bool
pack_event(struct frame *frame, const struct wire_feed *feed)
{
    struct buf b;
    bool ok;

    buf_init(&b, WIRE_REPLY_MAX);
    wire_pack_feed(&b, feed);
    ok = frame_from_buf(frame, &b) == ST_OK;
    buf_clear(&b);
    return ok;
}

/* Where the log is, and that somebody came or went. */
static bool
pack_place(const struct group *g, enum wire_event event, struct frame *frame)
{
    struct wire_feed feed = {.event = event,
                             .log = g->log,
                             .head = g->head,
                             .presence = tickets_presence(g->tickets)};

    return pack_event(frame, &feed);
}

static void
log_behind(struct group *g, const struct ticket *ticket, const char *what)
{
    char text[ID_TEXT_LEN + 1];
    unsigned missed;

    if (!log_limit_pass(&g->behind, BEHIND_LOGGED, clock_mono_ms(), &missed))
        return;
    id_format(&ticket->member->p.uuid, text);
    log_info("%s %s at seq %llu", text, what, (unsigned long long)g->head);
}

/* last: the seq of the last entry in payload; 0: there are none.
 * A full queue costs its own ticket only: it gets no more until it can be told where the log
 * is, and then fetches what it missed. */
static void
publish_to(struct group *g, struct ticket *ticket, struct frame *payload, uint64_t last)
{
    if (ticket->state != TICKET_LIVE)
        return;
    if (g->outbox.publish(g->outbox.ctx, ticket->topic, payload) == ST_AGAIN) {
        tickets_set(g->tickets, ticket, TICKET_BEHIND);
        log_behind(g, ticket, "fell behind");
    } else if (last) {
        ticket->published = last;
    }
}

enum wire_end
group_end_of(enum store_what what)
{
    switch (what) {
    case STORE_REMOVE:
        return END_KICKED;
    case STORE_BAN:
        return END_BANNED;
    default:
        return END_LEFT;
    }
}

void
group_publish(struct group *g, struct batch *b)
{
    for (size_t i = 0; i < b->n_steps; i++) {
        struct batch_step *step = &b->steps[i];

        if (frame_span(&step->payload).len)
            for (size_t k = 0; k < tickets_count(g->tickets); k++)
                publish_to(g, tickets_at(g->tickets, k), &step->payload, step->last);
        if (step->ends) {
            struct member *who = members_find(g->members, &step->ended);

            if (who != NULL)
                group_end_tickets(g, who, group_end_of(step->how));
        }
    }
    if (b->head) {
        g->head = b->head;
        g->head_ts = b->head_ts;
    }
}

static bool
pack_end(enum wire_end how, struct frame *frame)
{
    struct wire_feed feed = {.event = EVENT_END,
                             .code = span_of(wire_end_name(how)),
                             .text = span_of(wire_end_text(how))};

    return pack_event(frame, &feed);
}

void
group_end_feeds(struct group *g, enum wire_end how)
{
    struct frame frame;

    if (tickets_count(g->tickets) > 0 && pack_end(how, &frame)) {
        for (size_t i = 0; i < tickets_count(g->tickets); i++)
            publish_to(g, tickets_at(g->tickets, i), &frame, 0);
        frame_clear(&frame);
    }
    while (tickets_count(g->tickets) > 0)
        tickets_end(g->tickets, tickets_at(g->tickets, tickets_count(g->tickets) - 1));
}

void
group_end_tickets(struct group *g, struct member *who, enum wire_end how)
{
    struct frame frame;

    if (who->n_tickets && pack_end(how, &frame)) {
        for (size_t i = 0; i < who->n_tickets; i++)
            publish_to(g, who->tickets[i], &frame, 0);
        frame_clear(&frame);
    }
    tickets_end_all_of(g->tickets, who);
    g->strangers |= who->at_feed;
    who->at_feed = false;
}

bool
group_vouches(void *ctx, int fd)
{
    const struct group *g = ctx;

    return tickets_bound(g->tickets, fd);
}

bool
group_has_strangers(struct group *g)
{
    bool has = g->strangers;

    g->strangers = false;
    return has;
}

/* ---- subscriptions ---- */

/* All connections are about to end. Until a ticket is back it gets nothing, so that nothing
 * reaches a connection that still listens to more than its own. */
static void
send_all_away(struct group *g, int64_t now_ms)
{
    for (size_t i = 0; i < tickets_count(g->tickets); i++) {
        struct ticket *one = tickets_at(g->tickets, i);

        if (one->state != TICKET_AWAY)
            one->away_since_ms = now_ms;
        tickets_set(g->tickets, one, TICKET_AWAY);
    }
}

static void
log_offence(struct group *g, const struct subscription *sub, int64_t now_ms)
{
    struct id uuid = id_of_key(sub->peer);
    char text[ID_TEXT_LEN + 1];
    unsigned missed;

    if (!log_limit_pass(&g->offences, OFFENCES_LOGGED, now_ms, &missed))
        return;
    if (missed)
        log_warn("%u more feed offences were not logged", missed);
    id_format(&uuid, text);
    log_warn("FEED OFFENCE BY %s: subscription to a topic of %zu bytes, too many or not its ticket",
             text, sub->topic_len);
}

/* What would also catch what is meant for others, or too much of anything. Its connection ends
 * before anything else is published, and with it whatever it listens to. Who does it is out; at the
 * second time within a day, banned. One stay counts once, whatever else its connections send. */
static void
offence(struct group *g, const struct subscription *sub, struct member *who, int64_t now_ms)
{
    bool alone = g->outbox.cut_feed(g->outbox.ctx, sub);
    bool again = who != NULL && who->offended && now_ms - who->offended_ms < DAY_MS;

    if (!alone)
        send_all_away(g, now_ms);
    if (who == NULL || !who->caught)
        log_offence(g, sub, now_ms);
    if (who != NULL && !who->caught) {
        if (again || who->state != MEMBER_OUT)
            group_expel(g, who, again ? REMOVAL_BAN : REMOVAL_OFFENCE);
        who->caught = true;
        who->offended = true;
        who->offended_ms = now_ms;
    }
    if (alone)
        return;
    if (who != NULL)
        who->cut_off = true;
    g->outbox.reset_feed(g->outbox.ctx);
}

/* Each costs the loop some work, and they come in without a limit. */
static bool
too_many_changes(struct member *who, int64_t now_ms)
{
    if (now_ms - who->minute_since_ms > 60000) {
        who->minute_since_ms = now_ms;
        who->changes = 0;
    }
    return ++who->changes > CHANGES_A_MINUTE;
}

static void
connected(struct group *g, struct ticket *ticket, int fd)
{
    struct frame frame;

    ticket->connections++;
    tickets_bind(g->tickets, ticket, fd);
    tickets_set(g->tickets, ticket, TICKET_LIVE);
    if (!pack_place(g, EVENT_WELCOME, &frame))
        return;
    publish_to(g, ticket, &frame, 0);
    frame_clear(&frame);
}

static void
disconnected(struct group *g, struct ticket *ticket, int fd, int64_t now_ms)
{
    tickets_unbind(g->tickets, ticket, fd);
    if (ticket->connections && --ticket->connections)
        return;
    tickets_set(g->tickets, ticket, TICKET_AWAY);
    ticket->away_since_ms = now_ms;
}

void
group_subscription(struct group *g, const struct subscription *sub, int64_t now_ms)
{
    struct ticket *ticket =
        sub->topic_len == TICKET_LEN ? tickets_find(g->tickets, sub->topic) : NULL;
    struct id uuid = id_of_key(sub->peer);
    struct member *who = sub->has_peer ? members_find(g->members, &uuid) : NULL;

    if (who != NULL && who->cut_off)
        return;
    if (who != NULL && too_many_changes(who, now_ms)) {
        offence(g, sub, who, now_ms);
        return;
    }
    if (!sub->on) {
        /* Anybody may say that they give back a ticket that is another's. Without a peer, it is the
         * end of a connection, which had it. */
        if (ticket != NULL && (!sub->has_peer || who == ticket->member))
            disconnected(g, ticket, sub->has_peer ? sub->fd : -1, now_ms);
        return;
    }
    if (ticket != NULL && who != NULL && who == ticket->member) {
        /* Who is just leaving has done nothing wrong. */
        if (who->state == MEMBER_IN)
            connected(g, ticket, sub->fd);
        return;
    }
    /* What is shorter than a ticket, or another's, catches frames that are not theirs. Nothing is
     * sent to anything else: a ticket from before a restart, say. */
    if (sub->topic_len < TICKET_LEN || ticket != NULL)
        offence(g, sub, who, now_ms);
    else
        g->outbox.stray(g->outbox.ctx, sub);
}

/* ---- heads ---- */

void
group_beat(struct group *g, int64_t now_ms)
{
    struct frame frame;

    tickets_expire(g->tickets, now_ms);
    group_catch_up(g);
    group_search_beat(g);
    g->outbox.look(g->outbox.ctx);
    if (tickets_count(g->tickets) == 0 || !pack_place(g, EVENT_HEAD, &frame))
        return;
    for (size_t i = 0; i < tickets_count(g->tickets); i++)
        publish_to(g, tickets_at(g->tickets, i), &frame, 0);
    frame_clear(&frame);
}

bool
group_behind(const struct group *g)
{
    for (size_t i = 0; i < tickets_count(g->tickets); i++)
        if (tickets_at(g->tickets, i)->state == TICKET_BEHIND)
            return true;
    return false;
}

void
group_nudge(struct group *g)
{
    struct frame frame;

    g->outbox.look(g->outbox.ctx);
    if (!pack_place(g, EVENT_HEAD, &frame))
        return;
    for (size_t i = 0; i < tickets_count(g->tickets); i++) {
        struct ticket *one = tickets_at(g->tickets, i);

        if (one->state == TICKET_BEHIND &&
            g->outbox.publish(g->outbox.ctx, one->topic, &frame) == ST_OK) {
            tickets_set(g->tickets, one, TICKET_LIVE);
            log_behind(g, one, "can be told again");
        }
    }
    frame_clear(&frame);
}
