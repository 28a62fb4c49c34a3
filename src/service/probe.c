#include "service/probe.h"

#include "base/clock.h"
#include "base/log.h"
#include "wire/limits.h"

/* Serve the door until the connection has come to an end or is ready. */
static enum link_event
knock(const struct probe *p, struct sock *link)
{
    int64_t end = clock_mono_ms() + PROBE_MS;
    enum link_event ev = LINK_NONE;

    while ((ev == LINK_NONE || ev == LINK_CONNECTED) && clock_mono_ms() < end) {
        zmq_pollitem_t items[] = {{.socket = auth_handle(p->auth), .events = ZMQ_POLLIN},
                                  {.socket = link_monitor(link), .events = ZMQ_POLLIN}};

        zmq_poll(items, 2, 100);
        auth_serve(p->auth, clock_mono_ms());
        ev = link_next_event(link);
    }
    return ev;
}

enum status
probe_door(const struct probe *p, struct fault *why)
{
    static const uint8_t ticket[TICKET_LEN] = {0};
    struct link_options o = {.role = p->role,
                             .keys = p->stranger,
                             .server_key = p->server_key,
                             .endpoint = p->endpoint,
                             .ticket = p->role == LINK_FEED ? ticket : NULL,
                             .largest = WIRE_REPLY_MAX,
                             .connect_timeout_ms = PROBE_MS};
    struct sock *link;
    enum status st = link_open(&link, p->net, &o, why);
    enum link_event ev;

    if (st != ST_OK)
        return st;
    ev = knock(p, link);
    sock_close(link);
    if (ev == LINK_DENIED)
        return ST_OK;
    if (ev == LINK_READY)
        return fault_set(why, ST_DENIED, "the door at %s lets strangers in: not serving",
                         p->endpoint);
    return fault_set(why, ST_TIMEOUT, "the door at %s does not answer as it must: not serving",
                     p->endpoint);
}

void
probe_tell(const char *endpoint, bool open)
{
    log_info(open ? "the door at %s asks for a key, and lets everybody in who has one"
                  : "the door at %s keeps strangers out",
             endpoint);
}
