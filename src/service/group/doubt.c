#include "group/doubt.h"

#include "base/clock.h"
#include "base/log.h"

#define NS_PER_MIN      (60 * NS_PER_S)
#define MINUTES_PER_DAY 1440

void
doubt_init(struct doubt *d, int64_t newest_ns, bool right)
{
    *d = (struct doubt){.newest_ns = newest_ns, .right = right};
}

void
doubt_server(struct doubt *d, int64_t server_ns, int64_t mono_ms)
{
    d->server_ns = server_ns;
    d->server_ms = mono_ms;
    d->asked = true;
}

/* How far wall_ns is ahead of what was then_ns at then_ms. Clamped. */
static int64_t
ahead(int64_t wall_ns, int64_t mono_ms, int64_t then_ns, int64_t then_ms)
{
    int64_t passed_ns = (mono_ms - then_ms) * NS_PER_MS;
    int64_t expected_ns, by_ns;

    if (__builtin_add_overflow(then_ns, passed_ns, &expected_ns))
        expected_ns = INT64_MAX;
    if (__builtin_sub_overflow(wall_ns, expected_ns, &by_ns))
        by_ns = wall_ns < expected_ns ? INT64_MIN : INT64_MAX;
    return by_ns;
}

static bool
beyond(int64_t by_ns, int64_t limit_ns)
{
    return by_ns > limit_ns || by_ns < -limit_ns;
}

static void
tell(const char *whose, int64_t by_ns, bool ages)
{
    long long minutes = by_ns / NS_PER_MIN < 0 ? -(by_ns / NS_PER_MIN) : by_ns / NS_PER_MIN;
    bool days = minutes >= 2 * MINUTES_PER_DAY;

    log_warn("the clock is %lld %s %s %s%s", days ? minutes / MINUTES_PER_DAY : minutes,
             days ? "days" : "minutes", by_ns < 0 ? "behind" : "ahead of", whose,
             ages ? ": no entry is let go of for its age until they agree, or until a start with "
                    "--clock-is-right"
                  : "");
}

/* Whether it is worth saying, again. */
static bool
is_time(struct doubt_told *t, bool again, int64_t mono_ms)
{
    if (t->told && (!again || mono_ms - t->ms < DOUBT_AGAIN_MS))
        return false;
    *t = (struct doubt_told){.told = true, .ms = mono_ms};
    return true;
}

static void
begin(struct doubt *d, int64_t mono_ms)
{
    if (d->started)
        return;
    d->started = true;
    d->start_ms = mono_ms;
}

bool
doubt_clock(struct doubt *d, int64_t wall_ns, int64_t mono_ms, bool ages)
{
    int64_t entry_ns, server_ns;
    bool by_entry, by_server;

    begin(d, mono_ms);
    entry_ns = d->newest_ns ? ahead(wall_ns, mono_ms, d->newest_ns, d->start_ms) : 0;
    server_ns = d->asked ? ahead(wall_ns, mono_ms, d->server_ns, d->server_ms) : 0;
    by_entry = !d->right && beyond(entry_ns, DOUBT_ENTRY_NS);
    by_server = !d->right && beyond(server_ns, DOUBT_SERVER_NS);
    if (by_server && is_time(&d->of_server, true, mono_ms))
        tell("that of the message server", server_ns, ages);
    /* A group may have been silent for long: where nothing is at stake, once is enough. */
    if (by_entry && is_time(&d->of_entry, ages, mono_ms))
        tell("the entry that was the newest at the start", entry_ns, ages);
    if (!by_entry && !by_server && (d->of_entry.told || d->of_server.told)) {
        log_info("the clock agrees with the newest entry and the message server");
        d->of_entry.told = d->of_server.told = false;
    }
    return by_entry || by_server || mono_ms - d->start_ms < DOUBT_FIRST_MS;
}
