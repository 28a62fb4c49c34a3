/*
 * reader - follows a group and records what it is given, until a message says TEXT.
 * Ends with 0 then, with 1 when the time is over first or it gets SIGTERM, and with 3 when the
 * library says that the feed is over.
 * Usage: reader -s SERVER ... [-f 0|now|time:NANOSECONDS] [-u TEXT] [-H N]
 *   -f   from where to follow
 *   -H   after every N entries, stop following and begin again after the last one
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"

#define POLL_MS 200
#define NS_IN_S INT64_C(1000000000)

struct reader {
    struct actor actor;
    const char *from;
    const char *until;
    long hop;
    long since_hop;
    int status; /* -1: go on */
};

static const char *const states[] = {
    [CONCLAVE_FEED_LIVE] = "live",
    [CONCLAVE_FEED_CATCHING_UP] = "catching-up",
    [CONCLAVE_FEED_RECONNECTING] = "reconnecting",
    [CONCLAVE_FEED_ENDED] = "ended",
};

/* ---- following ---- */

static enum conclave_status
follow_from(struct reader *r)
{
    static const struct conclave_cursor beginning = {.seq = 0};
    struct conclave *c = r->actor.c;
    const char *group = r->actor.o.group;

    if (strcmp(r->from, "now") == 0)
        return conclave_follow(c, group);
    if (strncmp(r->from, "time:", 5) == 0)
        return conclave_follow_after_time(c, group, actor_number(r->from + 5));
    return conclave_follow_after(c, group, &beginning);
}

static void
follow(struct reader *r)
{
    struct conclave_cursor at;

    while (follow_from(r) != CONCLAVE_OK) {
        if (actor_is_late(&r->actor))
            actor_die("cannot follow: %s", conclave_error(r->actor.c));
    }
    if (strncmp(r->from, "time:", 5) == 0)
        fprintf(r->actor.record, "from-time %s\n", r->from + 5);
    else if (conclave_position(r->actor.c, r->actor.o.group, &at))
        fprintf(r->actor.record, "from %llu\n", (unsigned long long)at.seq);
}

static void
hop(struct reader *r)
{
    struct conclave_cursor at;

    r->since_hop = 0;
    if (!conclave_position(r->actor.c, r->actor.o.group, &at))
        actor_die("the position of a followed group is not known");
    conclave_unfollow(r->actor.c, r->actor.o.group);
    while (conclave_follow_after(r->actor.c, r->actor.o.group, &at) != CONCLAVE_OK) {
        if (actor_is_late(&r->actor))
            actor_die("cannot follow again: %s", conclave_error(r->actor.c));
    }
}

/* ---- events ---- */

static bool
says(const struct conclave_entry *e, const char *text)
{
    return e->kind == CONCLAVE_MESSAGE && e->body_len == strlen(text) &&
           memcmp(e->body, text, e->body_len) == 0;
}

static void
take_entry(struct reader *r, const struct conclave_entry *e)
{
    actor_record_entry(&r->actor, "saw", e);
    if (r->until != NULL && says(e, r->until))
        r->status = 0;
    r->since_hop++;
}

static void
take_state(struct reader *r, const struct conclave_event *e)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    fprintf(r->actor.record, "state %lld %s %s\n", (long long)(now.tv_sec * NS_IN_S + now.tv_nsec),
            states[e->state], e->code[0] ? e->code : "-");
    if (e->state == CONCLAVE_FEED_ENDED)
        r->status = 3;
}

static void
take_event(struct reader *r)
{
    struct conclave_event e;

    if (conclave_poll(r->actor.c, POLL_MS, &e) != CONCLAVE_OK)
        return;
    switch (e.type) {
    case CONCLAVE_EVENT_ENTRY:
        take_entry(r, &e.entry);
        break;
    case CONCLAVE_EVENT_GAP:
        fprintf(r->actor.record, "gap %llu %llu\n", (unsigned long long)e.first,
                (unsigned long long)e.last);
        break;
    case CONCLAVE_EVENT_STATE:
        take_state(r, &e);
        break;
    default:
        break;
    }
}

static void
run(struct reader *r)
{
    while (r->status < 0) {
        take_event(r);
        if (r->status < 0 && (actor_told_to_end() || actor_is_late(&r->actor)))
            r->status = 1;
        if (r->status < 0 && r->hop > 0 && r->since_hop >= r->hop)
            hop(r);
    }
}

int
main(int argc, char **argv)
{
    struct reader r = {.from = "0", .status = -1};
    struct actor_options o = {0};
    int letter;

    while ((letter = getopt(argc, argv, ACTOR_SHORT_OPTIONS "f:u:H:")) != -1) {
        if (actor_option(&o, letter, optarg))
            continue;
        if (letter == 'f')
            r.from = optarg;
        else if (letter == 'u')
            r.until = optarg;
        else if (letter == 'H')
            r.hop = actor_number(optarg);
        else
            actor_die("usage: reader %s [-f 0|now|time:NANOSECONDS] [-u TEXT] [-H N]", ACTOR_USAGE);
    }
    actor_open(&r.actor, &o);
    actor_record_self(&r.actor, "reader");
    follow(&r);
    run(&r);
    if (r.status == 0)
        fprintf(r.actor.record, "end\n");
    actor_close(&r.actor);
    return r.status;
}
