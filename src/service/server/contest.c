#include "server/contest.h"

#include <string.h>

static void
settle(struct contest *c)
{
    c->contested = c->other_first = c->other_asked = c->told = c->proven = false;
}

static void
forget_what_is_over(struct contest *c, int64_t now_ms)
{
    if (c->held && c->holder.until_ms <= now_ms)
        c->held = false;
    if (c->contested && c->other.until_ms <= now_ms)
        settle(c);
}

static bool
is(const struct contestant *one, const struct id *instance)
{
    return id_equal(&one->instance, instance);
}

static void
hold(struct contest *c, const struct contestant *who)
{
    if (c->contested && is(&c->other, &who->instance))
        settle(c);
    c->holder = *who;
    c->held = true;
    /* Whoever is beside it came later to this place. */
    c->other_first = c->told = c->proven = false;
}

/* The holder lives no more, as far as can be told, but its time is not over. */
static void
take_over(struct contest *c, const struct contestant *who)
{
    settle(c);
    c->other = c->holder;
    c->contested = c->other_first = true;
    c->holder = *who;
}

static void
wait_beside(struct contest *c, const struct contestant *who)
{
    settle(c);
    c->other = *who;
    c->contested = c->other_asked = true;
}

/* Of two that live, the holder is the one that ends. */
static bool
holder_loses(const struct contest *c)
{
    const struct contestant *later = c->other_first ? &c->holder : &c->other;

    return (later == &c->holder) != later->take_over;
}

static enum contest_place
place_of(struct contest *c, const struct id *instance)
{
    bool holds = is(&c->holder, instance);

    if (!c->contested || !c->other_asked)
        return holds ? CONTEST_HOLDS : CONTEST_WAITS;
    if (holds == holder_loses(c)) {
        if (c->proven)
            return CONTEST_ENDS;
    } else {
        c->proven = c->told;
        c->told = true;
    }
    return holds ? CONTEST_HOLDS : CONTEST_WAITS;
}

enum contest_place
contest_ask(struct contest *c, const struct contestant *who, int64_t now_ms,
            enum contest_news *news)
{
    const struct id *instance = &who->instance;
    enum contest_place place;

    *news = CONTEST_NOTHING;
    forget_what_is_over(c, now_ms);
    if (!c->held) {
        hold(c, who);
    } else if (is(&c->holder, instance)) {
        place = place_of(c, instance);
        if (place == CONTEST_HOLDS)
            c->holder = *who;
        return place;
    } else if (c->contested && is(&c->other, instance)) {
        c->other = *who;
        if (!c->other_asked)
            *news = CONTEST_SECOND;
        c->other_asked = true;
    } else if (strcmp(c->holder.address, who->address) == 0) {
        take_over(c, who);
        *news = CONTEST_TAKEN_OVER;
    } else if (!c->contested || !c->other_asked || strcmp(c->other.address, who->address) == 0) {
        wait_beside(c, who);
        *news = CONTEST_SECOND;
    } else {
        return CONTEST_WAITS; /* a third one: its turn comes when one of these two is gone */
    }
    return place_of(c, instance);
}

const struct contestant *
contest_rival(const struct contest *c, const struct id *instance)
{
    if (!c->held || !c->contested || !c->other_asked)
        return NULL;
    if (is(&c->holder, instance))
        return &c->other;
    return is(&c->other, instance) ? &c->holder : NULL;
}

bool
contest_leave(struct contest *c, const struct id *instance)
{
    if (c->held && is(&c->holder, instance))
        c->held = false;
    else if (c->contested && is(&c->other, instance))
        settle(c);
    else
        return false;
    return true;
}
