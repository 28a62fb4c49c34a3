#include "rpc/dial.h"

#include <string.h>

#include "base/id.h"

int64_t
dial_jitter_ms(int64_t step_ms, uint32_t random)
{
    return step_ms / 2 + (int64_t)(random % (uint32_t)(step_ms + 1));
}

void
dial_reset(struct dial *d)
{
    *d = (struct dial){.verdict = ST_OK};
}

void
dial_later(struct dial *d, int64_t now_ms, uint32_t random)
{
    int64_t most = d->verdict == ST_OWN_KEY ? DIAL_DENIED_MS : DIAL_MOST_MS;
    int64_t step = d->step_ms > 0 ? d->step_ms : DIAL_FIRST_MS;

    if (step > most)
        step = most;
    d->due_ms = now_ms + dial_jitter_ms(step, random);
    d->step_ms = step * 2 < most ? step * 2 : most;
}

void
dial_set_verdict(struct dial *d, enum status st, int64_t now_ms)
{
    if (st != d->verdict)
        d->verdict_since_ms = now_ms;
    d->verdict = st;
}

static enum status
verdict_of(const struct dial *d, enum link_event e, int64_t now_ms)
{
    bool long_enough = now_ms - d->broken_since_ms >= DIAL_BROKEN_MS;

    switch (e) {
    case LINK_BROKEN_OFF:
        return d->broken >= DIAL_BROKEN_MAX && long_enough ? ST_SERVER_KEY : ST_OK;
    case LINK_DENIED:
        return ST_OWN_KEY;
    case LINK_MISMATCH:
        return ST_PROTOCOL;
    default:
        return ST_OK;
    }
}

/* Long waits, drawn one after the other, would put off what is nearly known past the time after
 * which whoever waits is told something else. */
static void
hurry_verdict(struct dial *d, int64_t now_ms)
{
    int64_t known_ms = d->broken_since_ms + DIAL_BROKEN_MS;

    if (d->broken > 0 && now_ms < known_ms && d->due_ms > known_ms)
        d->due_ms = known_ms;
}

enum dial_act
dial_event(struct dial *d, enum link_event e, int64_t now_ms, uint32_t random)
{
    if (e != LINK_NONE) {
        d->last = e;
        d->slow = now_ms - d->tried_ms >= DIAL_SLOW_MS;
    }
    if (e == LINK_NONE || e == LINK_CONNECTED)
        return DIAL_NOTHING;
    d->broken = e == LINK_BROKEN_OFF ? d->broken + 1 : 0;
    if (d->broken == 1)
        d->broken_since_ms = now_ms;
    dial_set_verdict(d, verdict_of(d, e, now_ms), now_ms);
    if (e == LINK_READY)
        return DIAL_UP;
    dial_later(d, now_ms, random);
    hurry_verdict(d, now_ms);
    return DIAL_DOWN;
}

/* What was seen of a service that cannot be reached. */
static const char *
cause(const struct dial *d)
{
    switch (d->last) {
    case LINK_NO_ANSWER:
        return d->slow ? "no connection in time" : "nobody listens there";
    case LINK_CONNECTED:
    case LINK_SILENT:
        return "something listens there, but it does not answer as Conclave does";
    case LINK_BROKEN_OFF:
        return "the connection breaks off before it is ready";
    case LINK_READY:
    case LINK_LOST:
        return "the connection was lost";
    default:
        return "no connection; is the host's name right?";
    }
}

enum status
dial_explain(const struct dial *d, const char *what, const char *address, const char *own_key,
             struct fault *why)
{
    switch (d->verdict) {
    case ST_SERVER_KEY:
        return fault_set(why, ST_SERVER_KEY,
                         "%s at %s does not have the key you trust, or is not a Conclave service",
                         what, address);
    case ST_OWN_KEY:
        return fault_set(why, ST_OWN_KEY, "%s at %s does not accept %s", what, address, own_key);
    case ST_PROTOCOL:
        return fault_set(why, ST_PROTOCOL, "%s at %s speaks another protocol or version", what,
                         address);
    default:
        return fault_set(why, ST_UNREACHABLE, "cannot reach %s at %s: %s", what, address, cause(d));
    }
}

uint32_t
dial_random(void)
{
    struct id id = id_random();
    uint32_t r;

    memcpy(&r, id.bytes, sizeof r);
    return r;
}
