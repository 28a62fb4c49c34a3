#include "group/registrar.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "rpc/session.h"

#define ANSWER_MS  10000
#define RENEW_MS   5000 /* until the server says how often; the longest back-off */
#define CONTEST_MS 1000 /* while another process of this group asks as well */

struct registrar {
    struct registrar_options o;
    struct session session; /* wanted: the server has answered, so a lost connection is trouble */
    struct session_call call;
    unsigned watched; /* serial of the connection that the loop watches; 0: none */
    void *socket, *monitor;
    int timer;
    int64_t due_ms;   /* when to ask, if no call waits */
    bool listed;      /* it was logged that the group is on the list */
    enum status told; /* the trouble that was logged; ST_OK: there is none */
    bool told_of_rival;
    bool waits;  /* another process has the place */
    bool unsure; /* one may have it */
    int64_t asked_ms;
    int64_t ours_ms; /* since when the place is ours and nobody else asks for it; 0: it is not */
    int64_t over_ms; /* when the lease is, unless it is asked for again; 0: there is none */
    struct id instance;
    bool leaving;
    bool gone; /* said goodbye */
};

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
doubt_place(struct registrar *r, int64_t now_ms)
{
    if (r->over_ms == 0 || now_ms < r->over_ms)
        return;
    r->over_ms = 0;
    r->unsure = true;
    r->due_ms = now_ms;
    r->o.place(r->o.ctx, PLACE_UNSURE);
}

/* There was no answer, as why says: log it once, and try again after the session's back-off. A lost
 * connection may have ended long ago, while this process stood still: only an attempt to connect
 * shows that the server is away. */
static void
failed(struct registrar *r, enum status st, const struct fault *why)
{
    int64_t now_ms = clock_mono_ms(), latest_ms = now_ms + RENEW_MS;
    const struct session *s = &r->session;
    bool away = s->state == SESSION_CLOSED && s->dial.last != LINK_LOST;

    r->session.wanted = r->listed = false;
    r->due_ms =
        s->state == SESSION_CLOSED && s->dial.due_ms < latest_ms ? s->dial.due_ms : latest_ms;
    if (r->told == ST_OK || (st != r->told && s->dial.verdict != ST_OK)) {
        log_warn("not registered: %s; trying on%s", why->text,
                 r->waits ? ", and serving nobody until it answers" : "");
        r->told = st;
    }
    if (away || !r->unsure)
        nobody_objects(r);
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

    if (!r->listed)
        log_info("registered \"%s\" with the message server at %s", r->o.name, r->o.server);
    r->listed = true;
    r->told = ST_OK;
    r->waits = r->unsure = false;
    r->over_ms = r->asked_ms + (int64_t)result->lease_ms;
    tell_of_rival(r, result->rival);
    settle_take_over(r, result);
    if (renew_ms < 100 || renew_ms > 60000)
        renew_ms = RENEW_MS;
    if (r->told_of_rival && renew_ms > CONTEST_MS)
        renew_ms = CONTEST_MS;
    r->due_ms = clock_mono_ms() + (int64_t)renew_ms;
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
    r->told = ST_OK;
    r->unsure = false;
    r->over_ms = r->ours_ms = 0;
    r->due_ms = clock_mono_ms() + CONTEST_MS;
    r->o.place(r->o.ctx, PLACE_WAITS);
}

static void
refused(struct registrar *r, const struct wire_reply *reply)
{
    r->listed = false;
    if (reply->code == CODE_SUPERSEDED) {
        superseded(r);
        return;
    }
    if (r->told == ST_OK || reply->code == CODE_DUPLICATE)
        log_error("the message server at %s refuses to register \"%s\": %.*s", r->o.server,
                  r->o.name, (int)reply->text.len, (const char *)reply->text.p);
    r->told = ST_DENIED;
    r->due_ms = clock_mono_ms() + RENEW_MS;
    if (reply->code == CODE_DUPLICATE)
        r->o.place(r->o.ctx, PLACE_LOST);
    else if (reply->code == CODE_NAME_TAKEN)
        r->o.place(r->o.ctx, PLACE_TAKEN);
    else
        nobody_objects(r);
}

static void
on_answer(void *ctx, enum status st, struct frame *frame, const struct fault *why)
{
    struct registrar *r = ctx;
    struct wire_reply reply;
    struct fault strange;

    r->gone = r->leaving;
    if (r->gone)
        return;
    if (st == ST_OK && wire_decode_reply(&reply, OP_REGISTER, frame_span(frame)) != ST_OK) {
        why = &strange;
        st = fault_set(&strange, ST_PROTOCOL, "the message server at %s speaks another protocol",
                       r->o.server);
    }
    if (st != ST_OK) {
        failed(r, st, why);
        return;
    }
    r->session.wanted = true;
    if (reply.code == CODE_OK)
        registered(r, &reply.u.registered);
    else
        refused(r, &reply);
}

/* ---- asking ---- */

static void
ask(struct registrar *r, int64_t now_ms)
{
    struct wire_request req = {.op = OP_REGISTER};

    if (r->leaving) {
        req.op = OP_UNREGISTER;
        req.u.unregister.name = span_of(r->o.name);
        req.u.unregister.instance = r->instance;
    } else {
        req.u.register_ = (struct wire_register){
            .name = span_of(r->o.name),
            .address = span_of(r->o.address),
            .feed = span_of(r->o.feed),
            .description = span_of(r->o.description),
            .members = r->o.members(r->o.ctx),
            .instance = r->instance,
            .take_over = r->o.take_over,
        };
    }
    r->call.deadline_ms = now_ms + ANSWER_MS;
    r->asked_ms = now_ms;
    r->due_ms = now_ms + RENEW_MS; /* should there be no memory */
    if (session_submit(&r->session, &r->call, &req) == ST_OK)
        session_flush(&r->session, now_ms);
}

/* ---- the loop ---- */

static void step(struct registrar *r);

static int
on_socket(zloop_t *loop, zmq_pollitem_t *item, void *arg)
{
    (void)loop;
    (void)item;
    step(arg);
    return 0;
}

static int
on_timer(zloop_t *loop, int id, void *arg)
{
    struct registrar *r = arg;

    (void)loop;
    (void)id;
    r->timer = 0;
    step(r);
    return 0;
}

/* The loop watches the session's present connection. */
static void
watch(struct registrar *r)
{
    struct sock *sock = r->session.sock;
    unsigned serial = sock != NULL ? link_serial(sock) : 0;

    if (serial == r->watched)
        return;
    if (r->watched != 0) {
        service_unwatch(r->o.service, r->socket, -1);
        service_unwatch(r->o.service, r->monitor, -1);
    }
    r->watched = serial;
    if (sock == NULL)
        return;
    r->socket = sock_handle(sock);
    r->monitor = link_monitor(sock);
    service_watch(r->o.service, r->socket, -1, on_socket, r);
    service_watch(r->o.service, r->monitor, -1, on_socket, r);
}

static void
set_timer(struct registrar *r, int64_t now_ms)
{
    zloop_t *loop = service_loop(r->o.service);
    int64_t due_ms = session_due(&r->session, now_ms);

    if (r->timer)
        zloop_timer_end(loop, r->timer);
    r->timer = 0;
    if (!r->gone && !session_call_waits(&r->call) && r->due_ms < due_ms)
        due_ms = r->due_ms;
    if (due_ms != CALL_FOR_EVER)
        r->timer =
            zloop_timer(loop, due_ms > now_ms ? (size_t)(due_ms - now_ms) : 1, 1, on_timer, r);
}

static void
step(struct registrar *r)
{
    int64_t now_ms = clock_mono_ms();
    struct session *s = &r->session;

    session_step(s, now_ms);
    if (!r->leaving) {
        doubt_place(r, now_ms);
        if (!session_call_waits(&r->call) && s->wanted && s->state == SESSION_CLOSED)
            failed(r, s->failed, &s->why);
        if (!session_call_waits(&r->call) && now_ms >= r->due_ms)
            ask(r, now_ms);
    }
    watch(r);
    set_timer(r, now_ms);
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
    r->call.done = on_answer;
    r->call.ctx = r;
    session_init(&r->session, service_net(o->service), o->keys, "the message server");
    session_point(&r->session, o->server_key, o->server);
    r->session.own_key = "this group's key";
    r->session.once = true;
    step(r);
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
    session_call_clear(&r->call);
    session_clear(&r->session);
    watch(r);
    free(r);
}

void
registrar_leave(struct registrar *r)
{
    r->leaving = true;
    r->gone = r->session.state != SESSION_READY;
    session_cancel(&r->call);
    r->session.wanted = false;
    if (!r->gone)
        ask(r, clock_mono_ms());
    step(r);
}

bool
registrar_gone(const struct registrar *r)
{
    return r->gone;
}
