#include "service/intake.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

#define TOO_FAST_LOGGED 10 /* a minute */

struct counts {
    unsigned long long malformed;
    unsigned long long long_route;
    unsigned long long told;
    unsigned long long dropped;
};

struct intake {
    struct intake_options o;
    struct pace *pace;
    struct log_limit limit;
    struct counts now;
    struct counts reported;
};

enum status
intake_new(struct intake **out, const struct intake_options *o)
{
    struct intake *in = calloc(1, sizeof *in);
    enum status st = in != NULL ? pace_new(&in->pace, &o->pace) : ST_NOMEM;

    *out = NULL;
    if (st != ST_OK) {
        free(in);
        return st;
    }
    in->o = *o;
    *out = in;
    return ST_OK;
}

void
intake_free(struct intake *in)
{
    if (in == NULL)
        return;
    pace_free(in->pace);
    free(in);
}

static void
log_too_fast(struct intake *in, const struct packet *packet, int64_t now_ms)
{
    char text[ID_TEXT_LEN + 1];
    struct id peer;
    unsigned missed;

    if (!log_limit_pass(&in->limit, TOO_FAST_LOGGED, now_ms, &missed))
        return;
    peer = id_of_key(packet->peer);
    id_format(&peer, text);
    log_warn("TOO FAST %s", text);
}

void
intake_request(struct intake *in, struct packet *packet, int64_t now_ms)
{
    size_t len = frame_span(&packet->body).len;

    switch (pace_ask(in->pace, packet->peer, len, now_ms * NS_PER_MS, &packet->route.in_work)) {
    case PACE_GO:
        in->o.pass(in->o.ctx, packet);
        break;
    case PACE_TOO_FAST:
        in->now.told++;
        log_too_fast(in, packet, now_ms);
        call_turn_away(&in->o.outbox, packet, CODE_TOO_FAST);
        break;
    case PACE_DROP:
        in->now.dropped++;
        frame_clear(&packet->body);
        break;
    }
}

void
intake_malformed(struct intake *in)
{
    in->now.malformed++;
}

void
intake_long_route(struct intake *in)
{
    in->now.long_route++;
}

void
intake_report(struct intake *in)
{
    const struct counts *a = &in->reported, *b = &in->now;

    if (b->malformed > a->malformed)
        log_info("%llu requests were not whole and were dropped", b->malformed - a->malformed);
    if (b->long_route > a->long_route)
        log_info("%llu requests came under a routing id of more than %d bytes and were dropped: "
                 "their sender should set none",
                 b->long_route - a->long_route, ROUTE_MAX);
    if (b->told + b->dropped > a->told + a->dropped)
        log_info("%llu requests came too fast and were answered so, %llu more were dropped",
                 b->told - a->told, b->dropped - a->dropped);
    in->reported = in->now;
}
