/* What answers at an address: the host's name, TCP, the CURVE handshake, and whether our key may
 * come in. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "doctor/doctor.h"

#define CONNECT_MS    2000 /* waiting longer mends nothing */
#define ANSWER_MAX    4096
#define KNOCKS        3 /* a network may cut one connection off; who does it each time is a peer */
#define KNOCK_WAIT_MS 500

static int
patience_ms(const struct doctor *d)
{
    return d->c->timeout_ms > 0 && d->c->timeout_ms < CONNECT_MS ? d->c->timeout_ms : CONNECT_MS;
}

/* ---- the host ---- */

static void
find_host(struct doctor *d, struct doctor_door *door, struct finding *f)
{
    char text[HOST_TEXT_MAX];
    struct fault why;
    enum status st = host_find(&door->host, door->address, patience_ms(d), &why);

    if (st == ST_OK) {
        host_text(&door->host.addresses[0], text);
        finding_ok(f, door->host.n > 1 ? "it is at %s and %zu more" : "it is at %s", text,
                   door->host.n - 1);
        return;
    }
    finding_fail(f, st == ST_NOMEM ? CONCLAVE_LOCAL : CONCLAVE_UNREACHABLE,
                 st == ST_NOMEM     ? "local"
                 : st == ST_TIMEOUT ? "timeout"
                                    : "unreachable",
                 "cannot reach %s at %s: %s; is the host's name right, and is the network up?",
                 door->what, door->address, why.text);
}

void
doctor_server_host(struct doctor *d, struct finding *f)
{
    find_host(d, &d->server, f);
}

void
doctor_group_host(struct doctor *d, struct finding *f)
{
    find_host(d, &d->at_group, f);
}

/* ---- TCP ---- */

static bool
try_tcp(struct doctor *d, struct doctor_door *door, struct finding *f, struct fault *why)
{
    char text[HOST_TEXT_MAX];
    size_t which = 0;

    if (host_connect(&door->host, patience_ms(d), &which, why) != ST_OK)
        return false;
    host_text(&door->host.addresses[which], text);
    finding_ok(f, "something listens at %s", text);
    return true;
}

void
doctor_server_connect(struct doctor *d, struct finding *f)
{
    struct fault why;

    if (!try_tcp(d, &d->server, f, &why))
        finding_fail(
            f, CONCLAVE_UNREACHABLE, "unreachable",
            "cannot reach the message server at %s: %s; is the address right, does it run, "
            "and does a firewall let you through?",
            d->server.address, why.text);
}

/* An address that means each machine itself is no use to others. */
static bool
is_here_only(const struct doctor *d)
{
    return host_is_loopback(&d->at_group.host.addresses[0]) &&
           !host_is_loopback(&d->server.host.addresses[0]);
}

void
doctor_group_connect(struct doctor *d, struct finding *f)
{
    struct fault why;

    if (try_tcp(d, &d->at_group, f, &why))
        return;
    finding_fail(f, CONCLAVE_UNREACHABLE, "unreachable", "cannot reach %s at %s: %s; %s",
                 d->at_group.what, d->at_group.address, why.text,
                 is_here_only(d) ? "that address leads nowhere but to your own machine: its "
                                   "operator has to start it with --advertise HOST"
                                 : "it may be down or have moved; ask its operator");
}

/* ---- the handshake ---- */

static enum link_event
await_end(struct sock *s, int64_t until_ms)
{
    enum link_event e;

    for (;;) {
        zmq_pollitem_t item = {.socket = link_monitor(s), .events = ZMQ_POLLIN};
        int64_t left = until_ms - clock_mono_ms();

        while ((e = link_next_event(s)) != LINK_NONE)
            if (e != LINK_CONNECTED)
                return e;
        if (left <= 0)
            return LINK_SILENT;
        zmq_poll(&item, 1, (long)left);
    }
}

static enum status
knock_once(struct doctor *d, struct doctor_door *door, struct fault *why)
{
    struct sock *s = NULL;
    struct link_options o = {
        .role = LINK_REQUESTS,
        .keys = &d->keys,
        .server_key = door->key,
        .endpoint = door->address,
        .largest = ANSWER_MAX,
        .connect_timeout_ms = patience_ms(d),
    };
    enum status st = link_open(&s, d->net, &o, why);

    if (st != ST_OK)
        return st;
    door->outcome = await_end(s, clock_mono_ms() + patience_ms(d));
    sock_close(s);
    return ST_OK;
}

static enum status
knock(struct doctor *d, struct doctor_door *door, struct fault *why)
{
    enum status st = d->net != NULL ? ST_OK : net_open(&d->net, 1, why);

    door->outcome = LINK_BROKEN_OFF;
    for (int i = 0; i < KNOCKS && st == ST_OK && door->outcome == LINK_BROKEN_OFF; i++) {
        if (i > 0)
            poll(NULL, 0, KNOCK_WAIT_MS);
        st = knock_once(d, door, why);
    }
    return st;
}

static void
judge(const struct doctor_door *door, struct finding *f)
{
    switch (door->outcome) {
    case LINK_READY:
    case LINK_DENIED:
        finding_ok(f, "%s has the key that you trust", door->what);
        break;
    case LINK_BROKEN_OFF:
        finding_fail(f, CONCLAVE_SERVER_KEY, "server_key",
                     "%s at %s does not have the key you trust, or is not a Conclave service; ask "
                     "its operator for the fingerprint, and do not go on before it agrees",
                     door->what, door->address);
        break;
    case LINK_MISMATCH:
        finding_fail(f, CONCLAVE_PROTOCOL, "protocol",
                     "%s at %s speaks another protocol or version; is the port right?", door->what,
                     door->address);
        break;
    case LINK_SILENT:
    case LINK_CONNECTED:
        finding_fail(f, CONCLAVE_UNREACHABLE, "unreachable",
                     "cannot reach %s at %s: something listens there, but it does not answer as "
                     "Conclave does; is the port right, or does it hang?",
                     door->what, door->address);
        break;
    default:
        finding_fail(f, CONCLAVE_UNREACHABLE, "unreachable",
                     "cannot reach %s at %s: the connection was lost; try again", door->what,
                     door->address);
        break;
    }
}

static void
shake_hands(struct doctor *d, struct doctor_door *door, struct finding *f)
{
    struct fault why;

    if (knock(d, door, &why) == ST_OK)
        judge(door, f);
    else
        finding_fail(f, CONCLAVE_LOCAL, "local", "%s", why.text);
}

void
doctor_server_key(struct doctor *d, struct finding *f)
{
    shake_hands(d, &d->server, f);
}

void
doctor_group_key(struct doctor *d, struct finding *f)
{
    shake_hands(d, &d->at_group, f);
}

/* ---- admission ---- */

void
doctor_server_accepted(struct doctor *d, struct finding *f)
{
    if (d->server.outcome == LINK_READY)
        finding_ok(f, "the message server accepts your key");
    else
        finding_fail(f, CONCLAVE_OWN_KEY, "own_key",
                     "the message server at %s does not accept your key; give its operator your "
                     "public certificate %s, or ask a member for an invitation",
                     d->server.address, d->c->key_file.text);
}

void
doctor_group_accepted(struct doctor *d, struct finding *f)
{
    if (d->at_group.outcome == LINK_READY)
        finding_ok(f, "%s accepts your key", d->at_group.what);
    else
        finding_fail(f, CONCLAVE_OWN_KEY, "own_key",
                     "%s does not accept your key: you are not on its list, or were banned; ask "
                     "one of its owners for an invitation, or to lift the ban",
                     d->at_group.what);
}
