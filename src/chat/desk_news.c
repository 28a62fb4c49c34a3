#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/deed.h"
#include "chat/desk.h"
#include "model/talk.h"
#include "screen/phrase.h"

#define RETRY_MS   2000
#define PEOPLE_MS  300 /* several changes are one list */
#define PROBES_MAX 64
#define FOUND_TEXT 200
#define TEXT_MAX   512

/* ---- events ---- */

static bool
is_out(const char *code)
{
    static const char *const codes[] = {"not_member", "left", "kicked", "banned", "offence"};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

static void
end_of_group(struct desk *d, struct room *r, const struct conclave_event *e)
{
    talk_state(r->talk, TALK_OUT, e->text);
    courier_send(d->courier, errand_new(ERRAND_UNFOLLOW, r->talk->name, NULL));
    r->following = r->up = false;
    if (is_out(e->code)) {
        talk_note(d->model, r->talk, true,
                  "You are not a member any more. /join to become one again.");
        return;
    }
    talk_note(d->model, r->talk, true, e->text);
    r->ask_ms = d->now_ms + RETRY_MS;
}

static enum talk_state
state_of(const struct conclave_event *e)
{
    static const enum talk_state states[] = {
        [CONCLAVE_FEED_LIVE] = TALK_LIVE,
        [CONCLAVE_FEED_CATCHING_UP] = TALK_BEHIND,
        [CONCLAVE_FEED_RECONNECTING] = TALK_RECONNECTING,
    };
    bool refused = strcmp(e->code, "own_key") == 0 || strcmp(e->code, "server_key") == 0 ||
                   strcmp(e->code, "key_changed") == 0;

    return e->state == CONCLAVE_FEED_RECONNECTING && refused ? TALK_REFUSED : states[e->state];
}

static void
on_state(struct desk *d, struct room *r, const struct news *n)
{
    static const struct conclave_id none;
    const struct conclave_event *e = &n->event;

    if (e->state == CONCLAVE_FEED_ENDED) {
        end_of_group(d, r, e);
        return;
    }
    if (e->state == CONCLAVE_FEED_LIVE)
        r->people_ms = d->now_ms + PEOPLE_MS;
    /* Another one now, if the group was restored from a backup that has all that is here. */
    if (e->state == CONCLAVE_FEED_LIVE && memcmp(&n->log, &none, sizeof none) != 0)
        r->talk->log = n->log;
    talk_state(r->talk, state_of(e), e->text);
}

static void
on_entry(struct desk *d, struct room *r, const struct conclave_entry *e)
{
    bool mention = talk_entry(d->model, r->talk, e);

    if (deed_of(e->kind)->is_of_people)
        r->people_ms = d->now_ms + PEOPLE_MS;
    if (mention) {
        char nick[CONCLAVE_NAME_MAX + 1];

        clean_fixed(nick, sizeof nick, span_of(e->nick));
        d->ring = notify_mention(&d->notify, d->now_ms, r->talk->name, nick,
                                 r->talk->items[talk_find_seq(r->talk, e->seq)].text) ||
                  d->ring;
    }
}

static void
on_event(struct desk *d, const struct news *n)
{
    const struct conclave_event *e = &n->event;
    struct talk *t = model_find(d->model, e->group);
    struct room *r = t != NULL ? desk_room(d, t) : NULL;

    if (r == NULL)
        return;
    switch (e->type) {
    case CONCLAVE_EVENT_ENTRY:
        on_entry(d, r, &e->entry);
        break;
    case CONCLAVE_EVENT_GAP:
        talk_lost(d->model, t, e->first, e->last);
        break;
    case CONCLAVE_EVENT_STATE:
        on_state(d, r, n);
        break;
    case CONCLAVE_EVENT_ACK:
        talk_acked(t, &e->ack);
        break;
    case CONCLAVE_EVENT_REFUSED:
        talk_refused(d->model, t, &e->ack.id, e->text);
        break;
    case CONCLAVE_EVENT_PRESENCE:
        r->people_ms = d->now_ms + PEOPLE_MS;
        break;
    default:
        break;
    }
}

/* ---- other answers ---- */

static void
on_page(struct desk *d, struct room *r, const struct news *n)
{
    const struct errand *e = n->errand;
    bool at = e->kind == ERRAND_FETCH_AT;
    uint64_t first = e->first + 1, last = e->last;

    r->fetching = r->fetching && at;
    if (n->status != CONCLAVE_OK) {
        r->fetch_ms = d->now_ms + RETRY_MS;
        if (at)
            desk_say(d, true, "%s", n->text);
        return;
    }
    if (at && n->n == 0) {
        desk_say(d, false, "Nothing was said after that.");
        return;
    }
    if (at)
        first = n->entries[0].seq;
    if (at || (n->next < last && !n->end))
        last = n->next;
    if (last < first)
        return;
    talk_page(d->model, r->talk, first, last, n->entries, n->n);
    if (r->talk == model_current(d->model) && (at || r->oldest == first))
        desk_go(d, r->oldest == first ? 0 : first);
    r->oldest = r->oldest == first ? 0 : r->oldest;
}

static void
on_found(struct desk *d, struct room *r, const struct news *n)
{
    char line[FOUND_TEXT], time[PHRASE_TIME_LEN + 1], day[PHRASE_DAY_LEN + 1];
    char text[FOUND_TEXT + CONCLAVE_NAME_MAX + 64];

    snprintf(text, sizeof text, "%zu found%s", n->n, n->end ? "" : "; there are more");
    talk_note(d->model, r->talk, false, text);
    for (size_t i = 0; i < n->n; i++) {
        const struct conclave_entry *e = &n->entries[i];

        clean_fixed(line, sizeof line, (struct span){e->body, e->body_len});
        phrase_day(day, e->ts);
        phrase_time(time, e->ts);
        snprintf(text, sizeof text, "%s %s %s: %s", day, time, e->nick, line);
        talk_note(d->model, r->talk, false, text);
    }
}

static void
on_groups(struct desk *d, const struct news *n)
{
    struct talk *home = d->model->talks[0];
    char text[512];

    if (n->status != CONCLAVE_OK) {
        talk_note(d->model, home, true, n->text);
        return;
    }
    talk_note(d->model, home, false,
              n->n > 0 ? "These groups are live. /join GROUP to become a member of one:"
                       : "No group is live.");
    for (size_t i = 0; i < n->n; i++) {
        snprintf(text, sizeof text, "  %s, %" PRIu64 " members%s%.300s", n->groups[i].name,
                 n->groups[i].members, n->groups[i].description[0] != '\0' ? ": " : "",
                 n->groups[i].description);
        talk_note(d->model, home, false, text);
        if (d->options->n_groups == 0 && i < PROBES_MAX &&
            model_find(d->model, n->groups[i].name) == NULL)
            courier_send(d->courier, errand_new(ERRAND_INFO, n->groups[i].name, NULL));
    }
}

/* Where nobody answers, it is tried again, and the line above the input says why it waits. */
static void
not_joined(struct desk *d, struct room *r, const struct news *n)
{
    char text[TEXT_MAX];

    if (n->status != CONCLAVE_UNREACHABLE) {
        talk_state(r->talk, TALK_OUT, "not a member");
        snprintf(text, sizeof text, "Not joined: %s", n->text);
        talk_note(d->model, r->talk, true, text);
        return;
    }
    if (!r->told_why) {
        snprintf(text, sizeof text, "Not joined yet: %s. It is tried until /leave.", n->text);
        talk_note(d->model, r->talk, true, text);
    }
    r->told_why = r->joining = true;
    talk_state(r->talk, TALK_OPENING, n->text);
    r->join_ms = d->now_ms + RETRY_MS;
}

static void
on_joined(struct desk *d, struct room *r, const struct news *n)
{
    r->joining = false;
    if (n->status != CONCLAVE_OK) {
        not_joined(d, r, n);
        return;
    }
    if (n->already)
        desk_say(d, false, "You are a member of %s already.", r->talk->name);
    talk_state(r->talk, TALK_OPENING, "");
    r->ask_ms = d->now_ms;
}

static void
on_left(struct desk *d, struct room *r, const struct news *n)
{
    char group[CONCLAVE_NAME_MAX + 1];

    if (n->status != CONCLAVE_OK && strcmp(n->code, "not_member") != 0) {
        desk_say(d, true, "Not left: %s", n->text);
        return;
    }
    snprintf(group, sizeof group, "%s", r->talk->name);
    memory_forget(d->memory, group);
    desk_close_group(d, r);
    desk_say(d, false, "You are not a member of %s any more.", group);
}

/* What the log shows to all needs no other word. */
static void
on_change(struct desk *d, struct room *r, const struct news *n)
{
    if (n->status != CONCLAVE_OK)
        talk_note(d->model, r->talk, true, n->text);
    else if (n->errand->kind == ERRAND_INVITE)
        desk_invitation(d, r->talk, n);
}

static void
on_people(struct desk *d, struct room *r, const struct news *n)
{
    r->listing = false;
    if (n->status == CONCLAVE_OK)
        talk_people(d->model, r->talk, n->members, n->n);
    else if (n->status == CONCLAVE_UNREACHABLE && r->up)
        r->people_ms = d->now_ms + RETRY_MS;
}

static void
on_answer(struct desk *d, struct room *r, const struct news *n)
{
    switch (n->errand->kind) {
    case ERRAND_INFO:
        desk_on_info(d, r, n);
        break;
    case ERRAND_FOLLOW:
        desk_on_follow(d, r, n);
        break;
    case ERRAND_WAITING:
        r->talk->waiting = n->waiting;
        break;
    case ERRAND_POST:
        talk_refused(d->model, r->talk, &n->errand->id, n->text);
        break;
    case ERRAND_PEOPLE:
        on_people(d, r, n);
        break;
    case ERRAND_FETCH:
    case ERRAND_FETCH_AT:
        on_page(d, r, n);
        break;
    case ERRAND_SEARCH:
        if (n->status != CONCLAVE_OK)
            on_change(d, r, n);
        else
            on_found(d, r, n);
        break;
    case ERRAND_JOIN:
        on_joined(d, r, n);
        break;
    case ERRAND_LEAVE:
        on_left(d, r, n);
        break;
    default:
        on_change(d, r, n);
        break;
    }
}

/* The room that an answer is for; NULL: it is not shown any more. A group that was asked whether we
 * are a member gets one when we are. */
static struct room *
room_of(struct desk *d, const struct news *n)
{
    struct talk *t = model_find(d->model, n->errand->group);
    struct room *r;

    if (t != NULL)
        return desk_room(d, t);
    if (n->errand->kind != ERRAND_INFO || n->status != CONCLAVE_OK || d->options->n_groups > 0)
        return NULL;
    r = desk_open_group(d, n->errand->group);
    if (r != NULL)
        r->ask_ms = 0;
    return r;
}

void
desk_news(struct desk *d, struct news *n)
{
    struct room *r;

    d->dirty = true;
    if (n->kind == NEWS_EVENT) {
        on_event(d, n);
    } else if (n->errand->kind == ERRAND_GROUPS) {
        on_groups(d, n);
    } else {
        r = room_of(d, n);
        if (r != NULL)
            on_answer(d, r, n);
    }
    news_free(n);
}
