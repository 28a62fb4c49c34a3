#include "screen/phrase.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/deed.h"

#define WORDS_MAX   512
#define NAMES_SHOWN 5

static void say(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For words with names and numbers, not for messages: it is bounded. */
static void
say(struct buf *out, const char *format, ...)
{
    char words[WORDS_MAX];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(words, sizeof words, format, args);
    va_end(args);
    if (n > 0)
        (void)buf_append(out, words, (size_t)n < sizeof words ? (size_t)n : sizeof words - 1);
}

static const char *
of(const char *text)
{
    return text != NULL ? text : "";
}

/* ---- entries ---- */

static void
say_nick(struct buf *out, const struct item *item)
{
    if (strcmp(of(item->nick), of(item->text)) == 0)
        say(out, "%s has a new name", of(item->nick));
    else
        say(out, "%s is now called %s", of(item->nick), of(item->text));
}

static void
say_event(struct buf *out, const struct item *item)
{
    const struct deed *d = deed_of(item->what);
    const char *role = conclave_role_name(item->role);
    const struct deed_words words = {.whom = span_of(of(item->subject)),
                                     .role = span_of(role != NULL ? role : "something else"),
                                     .text = {(const uint8_t *)item->text, item->len}};

    if (item->what == CONCLAVE_NICK) {
        say_nick(out, item);
        return;
    }
    if (!item->by_group || d->said_by_group == NULL)
        say(out, "%s ", of(item->nick));
    if (d->said == NULL)
        say(out, "did something that this version does not know");
    else if (item->what == CONCLAVE_TOPIC && item->len == 0)
        say(out, "removed the topic");
    else
        deed_say(out, d, item->by_group, &words);
}

static void
say_range(struct buf *out, const struct item *item)
{
    uint64_t n = item->last - item->seq + 1;

    if (item->kind == ITEM_HOLE)
        say(out, "%" PRIu64 " entries to be fetched", n);
    else
        say(out, "%" PRIu64 " %s missing: not kept, or not ours", n, n == 1 ? "entry" : "entries");
}

static void
say_item(struct buf *out, const struct item *item)
{
    if (item->kind == ITEM_LOST || item->kind == ITEM_HOLE)
        say_range(out, item);
    else if (item->kind == ITEM_ENTRY && item->what != CONCLAVE_MESSAGE)
        say_event(out, item);
    else if (item->text != NULL)
        (void)buf_append(out, item->text, item->len);
}

/* ---- folded ---- */

static size_t
count(const struct talk *t, size_t first, size_t last, int what)
{
    size_t n = 0;

    for (size_t i = first; i <= last; i++)
        n += t->items[i].what == what;
    return n;
}

static bool
is_named_before(const struct talk *t, size_t first, size_t i)
{
    for (size_t j = first; j < i; j++)
        if (memcmp(&t->items[j].author, &t->items[i].author, sizeof t->items[i].author) == 0)
            return true;
    return false;
}

static void
say_names(struct buf *out, const struct talk *t, size_t first, size_t last)
{
    size_t shown = 0;

    for (size_t i = first; i <= last; i++) {
        if (is_named_before(t, first, i))
            continue;
        if (shown == NAMES_SHOWN) {
            say(out, " and others");
            return;
        }
        say(out, "%s %s", shown == 0 ? ":" : ",", of(t->items[i].nick));
        shown++;
    }
}

static void
say_folded(struct buf *out, const struct talk *t, size_t first, size_t last)
{
    size_t joined = count(t, first, last, CONCLAVE_JOINED);
    size_t left = count(t, first, last, CONCLAVE_LEFT);

    if (joined > 0)
        say(out, "%zu joined", joined);
    if (left > 0)
        say(out, "%s%zu left", joined > 0 ? ", " : "", left);
    say_names(out, t, first, last);
}

void
phrase_block(struct buf *out, const struct talk *t, size_t first, size_t last)
{
    if (last > first)
        say_folded(out, t, first, last);
    else
        say_item(out, &t->items[first]);
}

/* ---- states and times ---- */

const char *
phrase_state(enum talk_state state)
{
    static const char *const words[] = {
        [TALK_HOME] = "no group",         [TALK_OPENING] = "connecting",
        [TALK_LIVE] = "connected",        [TALK_BEHIND] = "behind, catching up",
        [TALK_OUT] = "not connected",     [TALK_RECONNECTING] = "reconnecting",
        [TALK_REFUSED] = "not connected",
    };

    return words[state];
}

void
phrase_span(char out[static PHRASE_SPAN_LEN + 1], int64_t seconds)
{
    static const struct {
        int64_t seconds;
        int64_t least; /* of them, to be told in them */
        const char *name;
    } units[] = {{86400, 2, "day"}, {3600, 2, "hour"}, {60, 1, "minute"}, {1, 0, "second"}};
    size_t i = 0;

    while (seconds % units[i].seconds != 0 || seconds / units[i].seconds < units[i].least)
        i++;
    seconds /= units[i].seconds;
    snprintf(out, PHRASE_SPAN_LEN + 1, "%" PRId64 " %s%s", seconds, units[i].name,
             seconds == 1 ? "" : "s");
}

void
phrase_time(char out[static PHRASE_TIME_LEN + 1], int64_t ts)
{
    time_t s = (time_t)(ts / NS_PER_S);
    struct tm tm;

    if (localtime_r(&s, &tm) == NULL || strftime(out, PHRASE_TIME_LEN + 1, "%H:%M", &tm) == 0)
        memcpy(out, "--:--", PHRASE_TIME_LEN + 1);
}

void
phrase_day(char out[static PHRASE_DAY_LEN + 1], int64_t ts)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    time_t s = (time_t)(ts / NS_PER_S);
    char date[PHRASE_DAY_LEN - 3];
    struct tm tm;

    if (localtime_r(&s, &tm) == NULL || strftime(date, sizeof date, "%F", &tm) == 0)
        snprintf(out, PHRASE_DAY_LEN + 1, "?");
    else
        snprintf(out, PHRASE_DAY_LEN + 1, "%s %s", days[tm.tm_wday], date);
}
