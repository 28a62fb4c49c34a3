#include <stdio.h>
#include <string.h>

#include "client/feed_impl.h"

#define CONNECT_TIMEOUT_MS 2000

void
feed_unlink(struct feed *f)
{
    sock_close(f->sock);
    f->sock = NULL;
}

static enum status
open_link(struct feed *f, const uint8_t *ticket, struct fault *why)
{
    struct link_options o = {
        .role = LINK_FEED,
        .keys = f->session->keys,
        .server_key = f->session->key,
        .endpoint = f->address,
        .ticket = ticket,
        .largest = WIRE_FEED_MAX,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
    };

    memcpy(f->trusted, f->session->key, KEY_LEN);
    return link_open(&f->sock, f->session->net, &o, why);
}

/* At the first attempt only: what fails is not to be knocked at twice each time. */
void
feed_link_early(struct feed *f)
{
    struct fault why;

    if (f->tried_early || f->sock != NULL || f->session->state == SESSION_CLOSED)
        return;
    f->tried_early = true;
    if (!feed_hints_get(f->places, f->session->key, f->session->address, f->address) ||
        endpoint_check(f->address, false, NULL) != ST_OK)
        return;
    f->dial.tried_ms = f->now_ms;
    (void)open_link(f, NULL, &why); /* what matters of it, the connection for the ticket tells */
}

/* Whether the connection that was begun early is the one that the ticket is for. */
static bool
is_right(const struct feed *f, const char *address)
{
    return f->sock != NULL && strcmp(f->address, address) == 0 &&
           memcmp(f->trusted, f->session->key, KEY_LEN) == 0;
}

enum status
feed_link_for_ticket(struct feed *f, const char *address, struct fault *why)
{
    if (is_right(f, address))
        return link_subscribe(f->sock, f->ticket, why);
    feed_unlink(f);
    snprintf(f->address, sizeof f->address, "%s", address);
    f->dial.tried_ms = f->now_ms;
    return open_link(f, f->ticket, why);
}

void
feed_link_watch(struct feed *f)
{
    while (f->sock != NULL) {
        enum link_event e = link_next_event(f->sock);
        struct fault why;
        enum status st;
        if (e == LINK_NONE)
            return;
        if (f->phase == FEED_SUBSCRIBING && e != LINK_CONNECTED && e != LINK_READY) {
            feed_unlink(f); /* it was a guess, and nobody waits for it yet */
            return;
        }
        if (dial_event(&f->dial, e, f->now_ms, dial_random()) != DIAL_DOWN)
            continue;
        if (feed_last_word(f))
            return;
        st = dial_explain(&f->dial, f->session->what, f->address, f->session->own_key, &why);
        if (f->dial.verdict != ST_OK)
            feed_fail(f, st, why.text);
        else
            feed_lost(f, st, why.text);
    }
}
