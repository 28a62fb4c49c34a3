#include "model/items.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/deed.h"
#include "model/budget.h"
#include "model/clean.h"

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

bool
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
    const struct person *p = talk_person(t, &item->author);
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
