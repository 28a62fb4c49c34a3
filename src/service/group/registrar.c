#include "group/registrar.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

#define CONNECT_MS     3000
#define ANSWER_MS      5000
#define RETRY_FIRST_MS 250
#define RETRY_MOST_MS  5000
#define RENEW_MS       5000 /* until the server says how often */
#define CONTEST_MS     1000 /* while another process of this group asks as well */

enum state {
    WAITING,    /* for the next attempt to connect */
    CONNECTING, /* link is open, the handshake runs */
    ASKING,     /* a request is under way */
    REGISTERED, /* until the next renewal */
    GONE,       /* said goodbye */
};

struct registrar {
    struct registrar_options o;
    enum state state;
    struct sock *link;
    int timer;
    size_t retry_ms;
    bool told; /* the current trouble was logged */
    bool told_of_rival;
    bool waits;  /* another process has the place */
    bool unsure; /* one may have it */
    int64_t asked_ms;
    int64_t ours_ms; /* since when the place is ours and nobody else asks for it; 0: it is not */
    int64_t over_ms; /* when the lease is, unless it is asked for again; 0: there is none */
    struct id instance;
    bool leaving;
    uint32_t msgid;
};

static int on_timer(zloop_t *loop, int id, void *arg);

static void
set_timer(struct registrar *r, size_t ms)
{
    zloop_t *loop = service_loop(r->o.service);

    if (r->timer)
        zloop_timer_end(loop, r->timer);
    r->timer = zloop_timer(loop, ms, 1, on_timer, r);
}

static void
close_link(struct registrar *r)
{
    if (r->link == NULL)
        return;
    service_unwatch(r->o.service, sock_handle(r->link), -1);
    service_unwatch(r->o.service, link_monitor(r->link), -1);
    sock_close(r->link);
    r->link = NULL;
}

/* Who waits goes on waiting when the message server is away: the other one is still there. */
static void
nobody_objects(struct registrar *r)
{
    if (r->waits)
        return;
    r->unsure = false;
    r->over_ms = 0;
    r->o.place(r->o.ctx, PLACE_OURS);
}

/* This process, or its machine, stood still for so long that another one may have its place. */
static void
doubt_place(struct registrar *r)
{
    if (r->over_ms == 0 || clock_mono_ms() < r->over_ms)
        return;
    r->over_ms = 0;
    r->unsure = true;
    r->o.place(r->o.ctx, PLACE_UNSURE);
}

/* The connection is over; try again later, twice as late each time. */
static void
lost(struct registrar *r, const char *reason)
{
    /* A connection may have ended long ago; that there is no other one must be seen. */
    bool away = !r->unsure || r->state == CONNECTING;

    close_link(r);
    if (r->leaving) {
        r->state = GONE;
        return;
    }
    if (!r->told)
        log_warn("not registered with the message server at %s: %s; trying on%s", r->o.server,
                 reason, r->waits ? ", and serving nobody until it answers" : "");
    r->told = true;
    r->state = WAITING;
    set_timer(r, r->retry_ms);
    r->retry_ms = r->retry_ms * 2 > RETRY_MOST_MS ? RETRY_MOST_MS : r->retry_ms * 2;
    if (away)
        nobody_objects(r);
}

/* ---- asking ---- */

static void
fill_request(struct registrar *r, struct wire_request *req)
{
    req->msgid = ++r->msgid;
    if (r->leaving) {
        req->op = OP_UNREGISTER;
        req->u.unregister.name = span_of(r->o.name);
        req->u.unregister.instance = r->instance;
        return;
    }
    req->op = OP_REGISTER;
    req->u.register_ = (struct wire_register){
        .name = span_of(r->o.name),
        .address = span_of(r->o.address),
        .feed = span_of(r->o.feed),
        .description = span_of(r->o.description),
        .members = r->o.members(r->o.ctx),
        .instance = r->instance,
        .take_over = r->o.take_over,
    };
}

static void
ask(struct registrar *r)
{
    struct wire_request req = {0};
    struct frame frame;
    struct buf b;
    bool sent = false;

    buf_init(&b, WIRE_REQUEST_MAX);
    fill_request(r, &req);
    wire_pack_request(&b, &req);
    if (frame_from_buf(&frame, &b) == ST_OK) {
        sent = link_send(r->link, &frame) == ST_OK;
        frame_clear(&frame);
    }
    buf_clear(&b);
    if (!sent) {
        lost(r, "the request could not be sent");
        return;
    }
    r->state = ASKING;
    r->asked_ms = clock_mono_ms();
    set_timer(r, ANSWER_MS);
}

/* ---- answers ---- */

static void
tell_of_rival(struct registrar *r, struct span rival)
{
    if (rival.len > 0 && !r->told_of_rival)
        log_warn("another process with this group's key and name, at %.*s, asks for its place on "
                 "the message server: one of the two is told to end",
                 (int)rival.len, (const char *)rival.p);
    r->told_of_rival = rival.len > 0;
}

/* Once the other one's time is over, whoever comes later is as right as this one was. */
static void
settle_take_over(struct registrar *r, const struct wire_registered *result)
{
    if (result->rival.len > 0 || r->ours_ms == 0)
        r->ours_ms = r->asked_ms;
    if (!r->o.take_over || r->asked_ms - r->ours_ms < (int64_t)result->lease_ms)
        return;
    r->o.take_over = false;
    log_info("this process has taken over: --take-over has no effect any more");
}

static void
registered(struct registrar *r, const struct wire_registered *result)
{
    uint64_t renew_ms = result->renew_ms;

    if (r->told || r->waits || r->retry_ms)
        log_info("registered \"%s\" with the message server at %s", r->o.name, r->o.server);
    r->told = r->waits = r->unsure = false;
    r->over_ms = r->asked_ms + (int64_t)result->lease_ms;
    r->retry_ms = 0;
    r->state = REGISTERED;
    tell_of_rival(r, result->rival);
    settle_take_over(r, result);
    if (renew_ms < 100 || renew_ms > 60000)
        renew_ms = RENEW_MS;
    if (r->told_of_rival && renew_ms > CONTEST_MS)
        renew_ms = CONTEST_MS;
    set_timer(r, (size_t)renew_ms);
    r->o.time(r->o.ctx, result->now);
    r->o.place(r->o.ctx, PLACE_OURS);
}

static void
superseded(struct registrar *r)
{
    if (!r->waits)
        log_warn("another process with this group's key and name is registered with the message "
                 "server at %s: this one serves nobody and waits until the other one's lease is "
                 "over",
                 r->o.server);
    r->waits = true;
    r->told = r->unsure = false;
    r->over_ms = r->ours_ms = 0;
    set_timer(r, CONTEST_MS);
    r->o.place(r->o.ctx, PLACE_WAITS);
}

static void
refused(struct registrar *r, const struct wire_reply *reply)
{
    r->state = REGISTERED;
    if (reply->code == CODE_SUPERSEDED) {
        superseded(r);
        return;
    }
    if (!r->told || reply->code == CODE_DUPLICATE)
        log_error("the message server at %s refuses to register \"%s\": %.*s", r->o.server,
                  r->o.name, (int)reply->text.len, (const char *)reply->text.p);
    r->told = true;
    set_timer(r, RENEW_MS);
    if (reply->code == CODE_DUPLICATE)
        r->o.place(r->o.ctx, PLACE_LOST);
    else if (reply->code == CODE_NAME_TAKEN)
        r->o.place(r->o.ctx, PLACE_TAKEN);
    else
        nobody_objects(r);
}

static void
answered(struct registrar *r, const struct wire_reply *reply)
{
    if (r->leaving)
        r->state = GONE;
    else if (reply->code == CODE_OK)
        registered(r, &reply->u.registered);
    else
        refused(r, reply);
}

static int
on_answer(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct registrar *r = arg;
    struct frame frame;

    (void)loop;
    (void)item;
    while (r->link != NULL && link_next(r->link, &frame) == ST_OK) {
        enum wire_op op = r->leaving ? OP_UNREGISTER : OP_REGISTER;
        struct wire_reply reply;
        uint32_t msgid;

        if (!wire_msgid(frame_span(&frame), WIRE_REPLY, &msgid))
            lost(r, "it speaks another protocol");
        else if (msgid != r->msgid || r->state != ASKING)
            log_debug("a late answer of the message server is ignored");
        else if (wire_decode_reply(&reply, op, frame_span(&frame)) != ST_OK)
            lost(r, "it speaks another protocol");
        else
            answered(r, &reply);
        frame_clear(&frame);
    }
    return 0;
}

/* ---- the connection ---- */

static const char *
reason_of(enum link_event ev)
{
    switch (ev) {
    case LINK_NO_ANSWER:
        return "it cannot be reached";
    case LINK_SILENT:
        return "something listens there, but does not answer";
    case LINK_BROKEN_OFF:
        return "it does not have the key that is trusted, or is not a message server";
    case LINK_DENIED:
        return "it does not accept this group's key";
    case LINK_MISMATCH:
        return "it speaks another protocol";
    default:
        return "the connection was lost";
    }
}

static int
on_monitor(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    struct registrar *r = arg;
    enum link_event ev;

    (void)loop;
    (void)item;
    while (r->link != NULL && (ev = link_next_event(r->link)) != LINK_NONE) {
        if (ev == LINK_READY)
            ask(r);
        else if (ev != LINK_CONNECTED)
            lost(r, reason_of(ev));
    }
    return 0;
}

static void
connect_link(struct registrar *r)
{
    struct link_options o = {.role = LINK_REQUESTS,
                             .keys = r->o.keys,
                             .server_key = r->o.server_key,
                             .endpoint = r->o.server,
                             .largest = WIRE_REPLY_MAX,
                             .connect_timeout_ms = CONNECT_MS};
    struct fault why = {0};

    r->state = CONNECTING;
    if (!r->retry_ms)
        r->retry_ms = RETRY_FIRST_MS;
    if (link_open(&r->link, service_net(r->o.service), &o, &why) != ST_OK) {
        lost(r, why.text);
        return;
    }
    service_watch(r->o.service, sock_handle(r->link), -1, on_answer, r);
    service_watch(r->o.service, link_monitor(r->link), -1, on_monitor, r);
    set_timer(r, CONNECT_MS * 2);
}

static int
on_timer(zloop_t *loop, int id, void *arg)
{
    struct registrar *r = arg;

    (void)loop;
    (void)id;
    r->timer = 0;
    if (r->state == REGISTERED || r->state == ASKING)
        doubt_place(r);
    if (r->state == WAITING)
        connect_link(r);
    else if (r->state == REGISTERED)
        ask(r);
    else if (r->state != GONE)
        lost(r, "it did not answer in time");
    return 0;
}

/* ---- life ---- */

enum status
registrar_open(struct registrar **out, const struct registrar_options *o, struct fault *why)
{
    struct registrar *r;
    enum status st = endpoint_check(o->server, false, why);

    *out = NULL;
    if (st != ST_OK)
        return st;
    r = calloc(1, sizeof *r);
    if (r == NULL)
        return ST_NOMEM;
    r->o = *o;
    r->instance = id_random();
    connect_link(r);
    *out = r;
    return ST_OK;
}

void
registrar_close(struct registrar *r)
{
    if (r == NULL)
        return;
    if (r->timer)
        zloop_timer_end(service_loop(r->o.service), r->timer);
    close_link(r);
    free(r);
}

void
registrar_leave(struct registrar *r)
{
    r->leaving = true;
    if (r->state == REGISTERED || r->state == ASKING)
        ask(r);
    else
        lost(r, "");
}

bool
registrar_gone(const struct registrar *r)
{
    return r->state == GONE;
}
