#include "model/talk.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/deed.h"
#include "columns/width.h"
#include "model/budget.h"
#include "model/clean.h"

static bool
id_is(const struct conclave_id *a, const struct conclave_id *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* ---- items, in their order ---- */

#define DAYS_IN_YEAR 400 /* room for one, in a number that only has to differ by day */

void
item_clear(struct item *item)
{
    free(item->nick);
    free(item->subject);
    free(item->text);
    *item = (struct item){0};
}

/* A number that differs for times of different days in the local zone. */
static int
items_day(int64_t ts)
{
    time_t s = (time_t)(ts / NS_PER_S);
    struct tm tm;

    if (localtime_r(&s, &tm) == NULL)
        return 0;
    return tm.tm_year * DAYS_IN_YEAR + tm.tm_yday;
}

/* ---- places ---- */

static int
by_seq(const void *item, const void *key)
{
    uint64_t a = ((const struct item *)item)->seq;
    uint64_t b = *(const uint64_t *)key;

    return (a > b) - (a < b);
}

/* Where an item with that seq stands: behind all that are not above it. */
static size_t
items_place(const struct talk *t, uint64_t seq)
{
    return array_find(t->items, t->n_items, &seq, by_seq, true);
}

/* Takes what *item owns; on failure that is freed. NULL: no memory. */
static struct item *
items_put(struct model *m, struct talk *t, size_t at, struct item *item)
{
    if (!array_room(t->items, t->cap_items, t->n_items + 1)) {
        item_clear(item);
        return NULL;
    }
    memmove(t->items + at + 1, t->items + at, (t->n_items - at) * sizeof *t->items);
    t->n_items++;
    item->uid = m->next_uid++;
    item->day = items_day(item->ts);
    item->bytes = budget_cost(item);
    t->bytes += item->bytes;
    if (item->nick != NULL && item->what == CONCLAVE_MESSAGE) {
        int cols = width_text(item->nick, strlen(item->nick));
        t->nick_cols = cols > t->nick_cols ? cols : t->nick_cols;
    }
    t->items[at] = *item;
    return &t->items[at];
}

void
items_remove(struct talk *t, size_t at, size_t n)
{
    for (size_t i = at; i < at + n; i++) {
        t->bytes -= t->items[i].bytes;
        item_clear(&t->items[i]);
    }
    t->n_items -= n;
    memmove(t->items + at, t->items + at + n, (t->n_items - at) * sizeof *t->items);
}

size_t
talk_find(const struct talk *t, uint64_t uid)
{
    size_t i = 0;

    while (i < t->n_items && t->items[i].uid != uid)
        i++;
    return i;
}

size_t
talk_find_seq(const struct talk *t, uint64_t seq)
{
    for (size_t i = items_place(t, seq); i > 0 && t->items[i - 1].seq == seq; i--)
        if (t->items[i - 1].kind == ITEM_ENTRY)
            return i - 1;
    return t->n_items;
}

bool
item_is_range(const struct item *item)
{
    return item->kind == ITEM_HOLE || item->kind == ITEM_LOST;
}

/* Is that seq there, or known to be lost? */
static bool
items_have(const struct talk *t, uint64_t seq)
{
    for (size_t i = items_place(t, seq); i > 0; i--) {
        const struct item *item = &t->items[i - 1];

        if (item->kind == ITEM_ENTRY)
            return item->seq == seq;
        if (item->kind == ITEM_LOST)
            return item->last >= seq;
        if (item->kind == ITEM_HOLE)
            return false;
    }
    return false;
}

void
items_put_range(struct model *m, struct talk *t, enum item_kind kind, uint64_t first, uint64_t last)
{
    struct item item = {.kind = kind, .seq = first, .last = last};
    size_t at = items_place(t, first);

    if (first > last)
        return;
    if (at > 0)
        item.ts = t->items[at - 1].ts;
    else if (at < t->n_items)
        item.ts = t->items[at].ts;
    (void)items_put(m, t, at, &item);
}

/* No hole reaches into first..last any more. */
static void
items_cut_holes(struct model *m, struct talk *t, uint64_t first, uint64_t last)
{
    for (size_t i = 0; i < t->n_items;) {
        struct item *item = &t->items[i];
        uint64_t from = item->seq, to = item->last;

        if (item->kind != ITEM_HOLE || from > last || to < first) {
            i++;
            continue;
        }
        items_remove(t, i, 1);
        if (from < first)
            items_put_range(m, t, ITEM_HOLE, from, first - 1);
        if (to > last)
            items_put_range(m, t, ITEM_HOLE, last + 1, to);
    }
}

void
talk_hole(struct model *m, struct talk *t, uint64_t first, uint64_t last)
{
    items_put_range(m, t, ITEM_HOLE, first, last);
}

/* Known to be lost; nothing when it is there. */
static void
items_put_lost(struct model *m, struct talk *t, uint64_t first, uint64_t last)
{
    items_cut_holes(m, t, first, last);
    if (first <= last && !items_have(t, first))
        items_put_range(m, t, ITEM_LOST, first, last);
    if (last > t->newest)
        t->newest = last;
}

void
talk_lost(struct model *m, struct talk *t, uint64_t first, uint64_t last)
{
    items_put_lost(m, t, first, last);
    budget_keep(m, t);
}

/* ---- what comes in ---- */

static char *
name_of(const struct conclave_id *id, const char *nick)
{
    char text[CONCLAVE_UUID_LEN + 1];

    if (nick != NULL && nick[0] != '\0')
        return clean_new(span_of(nick), false, NULL);
    conclave_id_format(id, text);
    text[TALK_SHORT_ID] = '\0';
    return strdup(text);
}

static bool
is_letter(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* As a word of its own, without regard to ASCII case. */
static bool
talk_text_names(const char *text, const char *nick)
{
    size_t len = strlen(nick);

    if (len == 0)
        return false;
    for (const char *at = text; (at = strcasestr(at, nick)) != NULL; at++)
        if ((at == text || !is_letter(at[-1]) || !is_letter(nick[0])) &&
            (!is_letter(at[len]) || !is_letter(nick[len - 1])))
            return true;
    return false;
}

/* An entry comes with the name that is known last: the new one. The list of people has the old one
 * until it is asked for again. */
static void
call_as_before(const struct talk *t, struct item *item)
{
    const struct participant *p = talk_person(t, &item->author);
    char *nick;

    if (p == NULL || item->text == NULL || strcmp(p->nick, item->text) == 0)
        return;
    nick = strdup(p->nick);
    if (nick == NULL)
        return;
    free(item->nick);
    item->nick = nick;
}

static struct item
item_of(const struct model *m, const struct talk *t, const struct conclave_entry *e)
{
    struct item item = {.kind = ITEM_ENTRY,
                        .seq = e->seq,
                        .ts = e->ts,
                        .what = e->kind,
                        .role = e->role,
                        .author = e->author,
                        .id = e->id,
                        .own = id_is(&e->author, &m->self),
                        .by_group = e->by_group};

    item.nick = name_of(&e->author, e->nick);
    if (deed_of(e->kind)->body == BODY_WHO)
        item.subject = name_of(&e->subject, e->subject_nick);
    item.text = clean_new((struct span){e->body, e->body_len}, true, &item.len);
    if (e->kind == CONCLAVE_NICK)
        call_as_before(t, &item);
    item.mention = e->kind == CONCLAVE_MESSAGE && !item.own && item.text != NULL &&
                   talk_text_names(item.text, t->nick);
    return item;
}

/* Before the program's words that stand behind it: they may have been there first. */
static size_t
place_of_entry(const struct talk *t, uint64_t seq)
{
    size_t at = items_place(t, seq);

    while (at > 0 && t->items[at - 1].kind == ITEM_NOTE && t->items[at - 1].seq == seq)
        at--;
    return at;
}

/* NULL: no memory, or it is there already. */
static struct item *
put_entry(struct model *m, struct talk *t, const struct conclave_entry *e)
{
    struct item item;

    if (items_have(t, e->seq))
        return NULL;
    item = item_of(m, t, e);
    if (e->seq > t->newest)
        t->newest = e->seq;
    return items_put(m, t, place_of_entry(t, e->seq), &item);
}

static size_t
find_pending(const struct talk *t, const struct conclave_id *id)
{
    size_t i = t->n_items;

    while (i > 0 && t->items[i - 1].kind == ITEM_PENDING) {
        i--;
        if (id_is(&t->items[i].id, id))
            return i;
    }
    return t->n_items;
}

static void
drop_pending(struct talk *t, const struct conclave_id *id)
{
    size_t at = find_pending(t, id);

    if (at < t->n_items)
        items_remove(t, at, 1);
}

static void
count_unread(const struct model *m, struct talk *t, const struct item *item)
{
    if (item->own || item->what != CONCLAVE_MESSAGE || item->seq <= t->read)
        return;
    t->unread++;
    t->mentions += item->mention;
    if (t == model_current(m) && t->unread_from == 0 && t->anchor != 0)
        t->unread_from = item->seq;
}

static void
follow_changes(const struct model *m, struct talk *t, const struct conclave_entry *e)
{
    if (e->kind == CONCLAVE_TOPIC)
        talk_topic(t, (const char *)e->body, e->body_len);
    if (e->kind == CONCLAVE_NICK && id_is(&e->author, &m->self))
        clean_fixed(t->nick, sizeof t->nick, (struct span){e->body, e->body_len});
}

bool
talk_entry(struct model *m, struct talk *t, const struct conclave_entry *e)
{
    const struct item *item;
    bool mention;

    items_cut_holes(m, t, e->seq, e->seq);
    follow_changes(m, t, e);
    item = put_entry(m, t, e);
    if (item == NULL)
        return false;
    mention = item->mention && item->seq > t->read;
    count_unread(m, t, item);
    if (item->own) {
        struct conclave_id id = item->id;
        drop_pending(t, &id);
    }
    if (t == model_current(m) && t->anchor == 0)
        talk_seen(t);
    budget_keep(m, t);
    return mention;
}

void
talk_page(struct model *m, struct talk *t, uint64_t first, uint64_t last,
          const struct conclave_entry *entries, size_t n)
{
    uint64_t before = first - 1;

    items_cut_holes(m, t, first, last);
    for (size_t i = 0; i < n; i++) {
        if (entries[i].seq <= before || entries[i].seq > last)
            continue;
        if (entries[i].seq > before + 1)
            items_put_lost(m, t, before + 1, entries[i].seq - 1);
        (void)put_entry(m, t, &entries[i]);
        before = entries[i].seq;
    }
    if (before < last)
        items_put_lost(m, t, before + 1, last);
    budget_keep(m, t);
}

/* ---- our own ---- */

void
talk_pending(struct model *m, struct talk *t, const struct conclave_id *id, const char *text,
             int64_t ts)
{
    struct item item = {.kind = ITEM_PENDING,
                        .seq = UINT64_MAX,
                        .ts = ts,
                        .what = CONCLAVE_MESSAGE,
                        .author = m->self,
                        .id = *id,
                        .own = true};

    item.nick = name_of(&m->self, t->nick[0] != '\0' ? t->nick : m->self_name);
    item.text = clean_new(span_of(text), true, &item.len);
    if (t->anchor == 0)
        t->unread_from = 0;
    (void)items_put(m, t, t->n_items, &item);
}

void
talk_acked(struct talk *t, const struct conclave_ack *ack)
{
    size_t at = find_pending(t, &ack->id);

    if (at == t->n_items) {
        t->waiting -= t->waiting > 0;
        return;
    }
    t->items[at].stored = true;
    t->items[at].ts = ack->ts;
    t->items[at].day = items_day(ack->ts);
    if (items_have(t, ack->seq))
        items_remove(t, at, 1);
}

void
talk_refused(struct model *m, struct talk *t, const struct conclave_id *id, const char *why)
{
    size_t at = find_pending(t, id);
    struct buf note;

    if (at == t->n_items) {
        t->waiting -= t->waiting > 0;
        return;
    }
    buf_init(&note, 0);
    (void)buf_append(&note, "Not sent, ", sizeof "Not sent, " - 1);
    (void)buf_append(&note, why, strlen(why));
    (void)buf_append(&note, ": ", 2);
    (void)buf_append(&note, t->items[at].text, t->items[at].len);
    (void)buf_append(&note, "", 1);
    items_remove(t, at, 1);
    if (!note.failed)
        talk_note(m, t, true, (const char *)note.p);
    buf_clear(&note);
}

void
talk_note(struct model *m, struct talk *t, bool error, const char *text)
{
    size_t at = t->n_items;
    uint64_t seq = 0;

    while (at > 0 && t->items[at - 1].kind == ITEM_PENDING)
        at--;
    if (at > 0)
        seq = item_is_range(&t->items[at - 1]) ? t->items[at - 1].last : t->items[at - 1].seq;
    talk_note_behind(m, t, seq, error, text);
}

void
talk_note_behind(struct model *m, struct talk *t, uint64_t seq, bool error, const char *text)
{
    struct item item = {.kind = ITEM_NOTE, .seq = seq, .ts = clock_wall_ns(), .error = error};

    item.text = clean_new(span_of(text), true, &item.len);
    (void)items_put(m, t, items_place(t, seq), &item);
    budget_keep(m, t);
}

/* ---- people ---- */

void
talk_state(struct talk *t, enum talk_state state, const char *why)
{
    t->state = state;
    clean_fixed(t->why, sizeof t->why, span_of(why));
}

void
talk_topic(struct talk *t, const char *topic, size_t len)
{
    free(t->topic);
    t->topic = NULL;
    if (len > 0)
        t->topic = clean_new((struct span){(const uint8_t *)topic, len}, false, NULL);
}

static int
compare_people(const void *a, const void *b)
{
    const struct participant *p = a, *q = b;
    int order;

    if (p->here != q->here)
        return p->here ? -1 : 1;
    order = strcasecmp(p->nick, q->nick);
    return order != 0 ? order : memcmp(&p->uuid, &q->uuid, sizeof p->uuid);
}

static void
find_mentions(struct talk *t)
{
    for (size_t i = 0; i < t->n_items; i++) {
        struct item *item = &t->items[i];

        if (item->kind != ITEM_ENTRY || item->what != CONCLAVE_MESSAGE || item->own ||
            item->mention || item->text == NULL || !talk_text_names(item->text, t->nick))
            continue;
        item->mention = true;
        t->mentions += item->seq > t->read && t->unread > 0;
    }
}

void
talk_people(struct model *m, struct talk *t, const struct conclave_member *members, size_t n)
{
    struct participant *people = calloc(n > 0 ? n : 1, sizeof *people);
    bool was_known = t->nick[0] != '\0';

    if (people == NULL)
        return;
    t->here = 0;
    for (size_t i = 0; i < n; i++) {
        people[i].uuid = members[i].uuid;
        people[i].role = members[i].role;
        people[i].here = members[i].here;
        t->here += members[i].here;
        clean_fixed(people[i].nick, sizeof people[i].nick, span_of(members[i].nick));
        if (id_is(&people[i].uuid, &m->self))
            memcpy(t->nick, people[i].nick, sizeof t->nick);
    }
    qsort(people, n, sizeof *people, compare_people);
    free(t->people);
    t->people = people;
    t->n_people = n;
    if (!was_known)
        find_mentions(t);
}

const struct participant *
talk_person(const struct talk *t, const struct conclave_id *id)
{
    for (size_t i = 0; i < t->n_people; i++)
        if (id_is(&t->people[i].uuid, id))
            return &t->people[i];
    return NULL;
}

/* ---- read and unread ---- */

void
talk_restart(struct talk *t)
{
    items_remove(t, 0, t->n_items);
    t->anchor = 0;
    t->log = (struct conclave_id){{0}};
    t->newest = t->read = t->unread_from = 0;
    t->unread = t->mentions = 0;
}

void
talk_seen(struct talk *t)
{
    t->read = t->newest > t->read ? t->newest : t->read;
    t->unread = 0;
    t->mentions = 0;
}

void
talk_read_from(struct talk *t, uint64_t read)
{
    t->read = read;
    t->unread_from = read + 1;
}

void
talk_keep_draft(struct talk *t, const char *text, size_t cursor)
{
    free(t->draft);
    t->draft = text[0] != '\0' ? strdup(text) : NULL;
    t->draft_cursor = cursor;
}
