#include "client/feed_impl.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "client/lies.h"
#include "client/public.h"

#define FRAMES_BUDGET 64   /* read in one go without an entry in them */
#define PRESENCE_MS   2000 /* between two words about who came and went */

/* ---- reels ---- */

struct frame_queue *
frame_queue_take(struct feed *f)
{
    struct frame_queue *r = f->reels;

    while (r->used) {
        r++;
        assert(r < f->reels + sizeof f->reels / sizeof f->reels[0]);
    }
    *r = (struct frame_queue){.used = true};
    frame_init(&r->frame);
    return r;
}

void
frame_queue_drop(struct frame_queue **r)
{
    if (*r == NULL)
        return;
    frame_clear(&(*r)->frame);
    (*r)->used = false;
    *r = NULL;
}

/* ---- reading ---- */

bool
feed_reads(const struct feed *f)
{
    if (f->sock == NULL)
        return false;
    return f->phase == FEED_CONNECTING ||
           (f->phase == FEED_LIVE && f->current == NULL && pages_empty(f) && f->held == NULL);
}

static void
take_presence(struct feed *f, uint64_t presence)
{
    if (f->presence_known && presence != f->presence)
        f->presence_changed = true;
    f->presence_known = true;
    f->presence = presence;
}

static void
take_head(struct feed *f, const struct wire_feed *in)
{
    enum tail_verdict v = tail_feed_head(&f->tail, &in->log, in->head);

    take_presence(f, in->presence);
    if (v == TAIL_LOG_CHANGED)
        feed_end_by(f, v, &(struct tail_log){.log = in->log, .head = in->head});
    else if (f->phase == FEED_CONNECTING)
        feed_welcomed(f, in->head);
    else if (v == TAIL_MISSING)
        feed_fill(f);
}

static void
take_end(struct feed *f, const struct wire_feed *in)
{
    struct wire_reply said = {.code_name = in->code, .text = in->text};
    enum wire_end how = wire_end_parse(in->code);
    struct refusal why;

    refusal_of_reply(&why, &said);
    if (how == END_STOPPED || how == END_REPLACED)
        feed_lost(f, ST_UNREACHABLE, why.text);
    f->why = why;
    if (how != END_STOPPED && how != END_REPLACED)
        feed_end(f, ST_DENIED);
}

static bool
take_entries(struct feed *f, struct frame_queue *r, struct wire_list entries)
{
    const struct lies_run any = {.head = WIRE_SEQ_MAX};
    const char *lie = lies_in_run(&any, entries);

    if (lie != NULL) {
        feed_lied_to(f, "feed", lie);
        return false;
    }
    r->entries = entries;
    r->from_feed = true;
    return true;
}

/* True: the reel holds entries and is kept. */
static bool
take_frame(struct feed *f, struct frame_queue *r)
{
    struct wire_feed in;
    enum status st = wire_decode_feed(&in, frame_span(&r->frame));

    if (st == ST_NOT_FOUND)
        return false;
    if (st != ST_OK) {
        feed_fail(f, ST_PROTOCOL, "the group's feed is not understood");
        return false;
    }
    if (in.event == EVENT_END) {
        take_end(f, &in);
        return false;
    }
    if (f->phase == FEED_CONNECTING && in.event != EVENT_WELCOME)
        return false; /* of no use without a position; what it says is fetched */
    if (f->phase == FEED_LIVE)
        dial_reset(&f->dial);
    if (in.event != EVENT_ENTRIES) {
        take_head(f, &in);
        return false;
    }
    return take_entries(f, r, in.entries);
}

bool
feed_read(struct feed *f)
{
    struct frame_queue *r = frame_queue_take(f);

    if (link_next(f->sock, &r->frame) != ST_OK) {
        frame_queue_drop(&r);
        return false;
    }
    f->heard = true;
    if (take_frame(f, r))
        f->current = r;
    else
        frame_queue_drop(&r);
    return true;
}

bool
feed_last_word(struct feed *f)
{
    struct frame frame;
    struct wire_feed in;
    bool said = false;

    frame_init(&frame);
    while (!said && link_next(f->sock, &frame) == ST_OK) {
        said = wire_decode_feed(&in, frame_span(&frame)) == ST_OK && in.event == EVENT_END;
        if (!said)
            frame_clear(&frame);
    }
    if (said)
        take_end(f, &in);
    frame_clear(&frame);
    return said;
}

/* ---- handing out ---- */

/* What was told last does not hold any more. */
static bool
state_is_news(const struct feed *f)
{
    return f->state != f->told ||
           (f->state == CONCLAVE_FEED_RECONNECTING && strcmp(f->why.code, f->told_why) != 0);
}

static bool
tell_state(struct feed *f, struct conclave_event *out)
{
    bool bad = f->state == CONCLAVE_FEED_ENDED || f->state == CONCLAVE_FEED_RECONNECTING;

    if (f->state == CONCLAVE_FEED_ENDED && (f->current != NULL || !pages_empty(f)))
        return false; /* what came before the end comes first */
    *out = (struct conclave_event){
        .type = CONCLAVE_EVENT_STATE,
        .state = (enum conclave_feed_state)f->state,
        .code = bad ? f->why.code : "",
        .text = bad ? f->why.text : "",
    };
    f->told = f->state;
    snprintf(f->told_why, sizeof f->told_why, "%s", out->code);
    return true;
}

static bool
presence_may_be_told(const struct feed *f)
{
    return f->presence_ms == 0 || f->now_ms - f->presence_ms >= PRESENCE_MS;
}

int64_t
feed_presence_due(const struct feed *f)
{
    if (!f->presence_changed || f->phase == FEED_ENDED || presence_may_be_told(f))
        return CALL_FOR_EVER;
    return f->presence_ms + PRESENCE_MS;
}

static bool
tell_presence(struct feed *f, struct conclave_event *out)
{
    if (f->state == CONCLAVE_FEED_ENDED || !presence_may_be_told(f))
        return false;
    *out = (struct conclave_event){.type = CONCLAVE_EVENT_PRESENCE, .code = "", .text = ""};
    f->presence_changed = false;
    f->presence_ms = f->now_ms;
    return true;
}

static void
tell_entry(struct feed *f, const struct entry *e, struct conclave_event *out)
{
    struct entry_subject s;

    *out = (struct conclave_event){.type = CONCLAVE_EVENT_ENTRY, .code = "", .text = ""};
    nicks_learn(f->nicks, e);
    entry_public(&out->entry, e);
    out->entry.group = f->group;
    entry_public_author(&out->entry, e, f->nicks);
    if (entry_public_subject(&out->entry, e, &s)) {
        snprintf(f->subject_nick, sizeof f->subject_nick, "%.*s", (int)s.nick.len,
                 (const char *)s.nick.p);
        out->entry.subject_nick = f->subject_nick;
    }
}

static bool
tell_gap(struct feed *f, struct conclave_event *out)
{
    struct frame_queue *r = f->current;
    uint64_t lost_to = r->lost_to;

    r->lost_to = 0;
    if (lost_to <= f->tail.seq)
        return false;
    *out = (struct conclave_event){
        .type = CONCLAVE_EVENT_GAP,
        .first = f->tail.seq + 1,
        .last = lost_to,
        .code = "",
        .text = "",
    };
    f->tail = (struct tail){.log = f->tail.log, .seq = lost_to};
    return true;
}

/* The current reel goes on behind what is missing. */
static void
entries_missing(struct feed *f)
{
    struct frame_queue *r = f->current;

    f->current = NULL;
    if (r->from_feed && f->phase == FEED_LIVE) {
        f->held = r;
        feed_fill(f);
        return;
    }
    if (!r->from_feed && (f->phase == FEED_LIVE || f->phase == FEED_FILLING)) {
        frame_queue_drop(&r);
        feed_fail(f, ST_PROTOCOL, "the group's history has a hole");
        return;
    }
    frame_queue_drop(&r); /* of an older connection: the next one fetches it */
}

/* What it says is later was said to be earlier before. */
static void
time_went_back(struct feed *f)
{
    const char *what = f->current->from_feed ? "feed" : "history";

    frame_queue_drop(&f->current);
    feed_lied_to(f, what, "goes back in time");
}

static bool
take_entry(struct feed *f, struct conclave_event *out)
{
    struct frame_queue *r = f->current;
    struct entry e;

    if (r->lost_to > 0 && tell_gap(f, out))
        return true;
    for (;;) {
        struct wire_list here = r->entries;
        if (!wire_next(&r->entries, &e))
            return false;
        switch (tail_entry(&f->tail, e.seq)) {
        case TAIL_NEXT:
            if (e.ts <= f->tail.ts) {
                time_went_back(f);
                return false;
            }
            f->tail.seq = e.seq;
            f->tail.ts = e.ts;
            f->tail.id = e.id;
            tell_entry(f, &e, out);
            return true;
        case TAIL_OLD:
            break;
        default:
            r->entries = here;
            entries_missing(f);
            return false;
        }
    }
}

static void
caught_up(struct feed *f)
{
    f->phase = FEED_LIVE;
    f->state = CONCLAVE_FEED_LIVE;
    f->heard = true; /* nobody listened while fetching */
}

/* Put the next reel in. False: there is none now. */
static bool
turn(struct feed *f)
{
    int read = 0;

    frame_queue_drop(&f->current);
    f->current = pages_take(f);
    if (f->phase == FEED_FILLING) {
        pages_ask(f);
        if (f->current == NULL && pages_done(f))
            caught_up(f);
    }
    if (f->current == NULL && f->phase == FEED_LIVE) {
        f->current = f->held;
        f->held = NULL;
    }
    while (read < FRAMES_BUDGET && f->phase == FEED_LIVE && feed_reads(f) && feed_read(f))
        read++;
    f->more_frames = read == FRAMES_BUDGET;
    return f->current != NULL;
}

bool
feed_next(struct feed *f, struct conclave_event *out)
{
    for (;;) {
        if (state_is_news(f) && tell_state(f, out))
            break;
        if (f->presence_changed && tell_presence(f, out))
            break;
        if (f->nicks->loading)
            return false;
        if (f->current != NULL && take_entry(f, out))
            break;
        if (!turn(f) && !state_is_news(f))
            return false;
    }
    out->group = f->group;
    return true;
}
