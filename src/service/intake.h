/*
 * intake - each request that came in is let through, or turned away for coming too fast, before it
 * is decoded; counts and logs the latter.
 * Threads: the loop's.
 */
#ifndef SERVICE_INTAKE_H
#define SERVICE_INTAKE_H

#include "service/call.h"
#include "service/pace.h"

struct intake;

struct intake_options {
    struct pace_options pace;
    void (*pass)(void *ctx, struct packet *packet); /* takes the packet's frame */
    void *ctx;
    struct outbox outbox; /* for who is turned away; only its reply is used */
};

enum status intake_new(struct intake **out, const struct intake_options *o);
/* NULL is allowed. */
void intake_free(struct intake *in);
/* Takes the packet's frame. */
void intake_request(struct intake *in, struct packet *packet, int64_t now_ms);
/* One came that was not a request at all, and was dropped. */
void intake_malformed(struct intake *in);
/* The same for one whose sender chose a routing id that is too long to be answered under. */
void intake_long_route(struct intake *in);
/* A line with what was turned away since the last report, if anything was. */
void intake_report(struct intake *in);

#endif
