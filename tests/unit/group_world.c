#include "group_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "group/impl.h"

unsigned
world_pick(struct world *w, unsigned n)
{
    w->seed = w->seed * 1103515245u + 12345u;
    return (w->seed >> 16) % n;
}

struct id
world_new_id(struct world *w)
{
    struct id id = {{0x77}};

    w->ids++;
    memcpy(id.bytes + 4, &w->ids, sizeof w->ids);
    return id;
}

/* ---- the model: stays, as the log tells them ---- */

static struct somebody *
somebody_of(struct world *w, const struct id *uuid)
{
    for (unsigned i = 0; i < ACTORS; i++)
        if (id_equal(&w->people[i].actor.uuid, uuid))
            return &w->people[i];
    fail_msg("an entry is about nobody");
    return NULL;
}

static void
end_stay(const struct world *w, struct somebody *p, const struct entry *e)
{
    struct world_stay *stay = p->n_stays > 0 ? &p->stays[p->n_stays - 1] : NULL;

    if (!stay || stay->last != UINT64_MAX)
        return;
    stay->last = e->seq;
    stay->by_group = !id_equal(&e->author, &p->actor.uuid) &&
                     !id_equal(&e->author, &w->people[OWNER].actor.uuid);
}

static void
note_entry(struct world *w, const struct entry *e)
{
    struct entry_subject about;
    struct somebody *p;

    switch (e->kind) {
    case ENTRY_JOINED:
        p = somebody_of(w, &e->author);
        assert_true(p->n_stays < WORLD_STAYS_MAX);
        assert_true(p->n_stays == 0 || p->stays[p->n_stays - 1].last != UINT64_MAX);
        p->stays[p->n_stays++] = (struct world_stay){.first = e->seq, .last = UINT64_MAX};
        break;
    case ENTRY_LEFT:
        end_stay(w, somebody_of(w, &e->author), e);
        break;
    case ENTRY_KICKED:
    case ENTRY_BANNED:
        assert_true(entry_subject(e, &about));
        end_stay(w, somebody_of(w, &about.uuid), e);
        break;
    default:
        break;
    }
}

/* The store's own reader sees all, whatever the policy. */
static enum status
note_visit(void *ctx, const struct entry *e)
{
    note_entry(ctx, e);
    return ST_OK;
}

static void
read_model(struct world *w)
{
    struct store_query all = {.max_rows = LOG_MAX};
    struct store_reader *reader;
    struct store_state state;

    for (unsigned i = 0; i < ACTORS; i++)
        w->people[i].n_stays = 0;
    assert_int_equal(store_reader_open(&reader, w->rig->store, NULL), ST_OK);
    assert_int_equal(store_read(reader, &all, &state, note_visit, w, NULL), ST_OK);
    assert_true(state.head < LOG_MAX);
    store_reader_close(reader);
}

/* Only the latest stays are remembered. */
static size_t
oldest_stay(const struct somebody *p)
{
    return p->n_stays > STAYS_MAX ? p->n_stays - STAYS_MAX : 0;
}

static bool
may_read(const struct world *w, const struct somebody *p, uint64_t seq)
{
    size_t from = oldest_stay(p);

    if (w->policy == HISTORY_ALL)
        return true;
    if (w->policy == HISTORY_SINCE_JOIN)
        return seq >= p->stays[from].first;
    for (size_t i = from; i < p->n_stays; i++)
        if (seq >= p->stays[i].first && seq <= p->stays[i].last)
            return true;
    return false;
}

bool
world_is_in(const struct somebody *p)
{
    return p->n_stays > 0 && p->stays[p->n_stays - 1].last == UINT64_MAX;
}

/* ---- what they do get ---- */

/* The lowest seq of the unbroken run that seq is in. */
static uint64_t
run_of(const struct world *w, const struct somebody *p, uint64_t seq)
{
    while (seq > 1 && may_read(w, p, seq - 1))
        seq--;
    return seq;
}

/* Pages from a random place on: each readable entry once, in order, and no other; no page goes
 * over a gap. */
static void
check_fetch(struct world *w, const struct somebody *p)
{
    uint64_t head = group_head(w->rig->group), at = world_pick(w, (unsigned)head + 1);
    struct wire_request get = rig_get_after(at);
    struct wire_reply reply;
    struct wire_page *page = &reply.u.page;

    do {
        uint64_t begin = at;
        struct entry e;

        get.u.get_message.after_seq = at;
        get.u.get_message.limit = 1 + world_pick(w, 40);
        get.u.get_message.bytes = world_pick(w, 4) * world_pick(w, 800);
        assert_int_equal(rig_call(w->rig, &p->actor, &get, &reply), CODE_OK);
        assert_int_equal(page->head, head);
        while (begin < head && !may_read(w, p, begin + 1))
            begin++;
        if (begin < head)
            assert_int_equal(page->first, run_of(w, p, begin + 1));
        for (at = begin; wire_next(&page->entries, &e);)
            assert_int_equal(e.seq, ++at);
        for (uint64_t seq = begin + 1; seq <= at; seq++)
            assert_true(may_read(w, p, seq));
        assert_true(at > begin || at == head);
        assert_int_equal(page->next, at);
        assert_int_equal(page->end, at == head);
    } while (!page->end);
}

/* From the end, or from somewhere, back to the beginning: everything that may be read, in runs. */
static void
check_fetch_back(struct world *w, const struct somebody *p)
{
    uint64_t head = group_head(w->rig->group), at = world_pick(w, (unsigned)head + 2) + 1;
    struct wire_request get = rig_get_before(at);
    struct wire_reply reply;
    struct wire_page *page = &reply.u.page;

    if (at > head)
        at = head + 1;
    do {
        struct entry e;
        uint64_t first;

        get.u.get_message.limit = 1 + world_pick(w, 40);
        assert_int_equal(rig_call(w->rig, &p->actor, &get, &reply), CODE_OK);
        while (at > 1 && !may_read(w, p, at - 1))
            at--;
        first = at - page->entries.count;
        for (uint64_t seq = first; wire_next(&page->entries, &e); seq++) {
            assert_int_equal(e.seq, seq);
            assert_true(may_read(w, p, seq));
        }
        if (at > 1) {
            assert_true(first < at);
            assert_int_equal(page->first, run_of(w, p, first));
        }
        assert_int_equal(page->next, first);
        get.u.get_message.before_seq = at = first;
        while (first > 1 && !may_read(w, p, first - 1))
            first--;
        assert_int_equal(page->end, first == 1);
    } while (!page->end);
}

static void
check_refused(struct world *w, const struct somebody *p)
{
    struct wire_request get = rig_get_after(0);
    enum wire_code code = rig_call(w->rig, &p->actor, &get, NULL);

    assert_true(code == CODE_NOT_MEMBER || code == CODE_BANNED || code == CODE_NOT_ALLOWED);
    assert_false(group_admits(w->rig->group, GROUP_DOOR_FEED, p->actor.key));
}

/* rig_call looks whether a client would believe it. */
static void
check_fetch_by_time(struct world *w, const struct somebody *p)
{
    struct wire_request get = rig_get_after(world_pick(w, (unsigned)group_head(w->rig->group) + 1));
    struct wire_reply reply;
    struct entry e;

    assert_int_equal(rig_call(w->rig, &p->actor, &get, &reply), CODE_OK);
    if (!wire_next(&reply.u.page.entries, &e))
        return;
    get.u.get_message = (struct wire_get_message){.has = WIRE_GET_HAS_AFTER_TS,
                                                  .after_ts = e.ts - 1,
                                                  .limit = world_pick(w, 10)};
    assert_int_equal(rig_call(w->rig, &p->actor, &get, &reply), CODE_OK);
    assert_true(wire_next(&reply.u.page.entries, &e));
    assert_true(e.ts > get.u.get_message.after_ts);
}

/* From where it began, up to the entry that ended that stay. */
void
world_check_feed(struct world *w, const struct follow *f)
{
    const struct somebody *p = &w->people[f->who];
    uint64_t last = f->restarted ? f->until : group_head(w->rig->group);
    bool cut = false;
    size_t n = 0;

    for (size_t i = 0; i < p->n_stays; i++)
        if (f->after >= p->stays[i].first && f->after <= p->stays[i].last &&
            p->stays[i].last <= last) {
            last = p->stays[i].last;
            cut = p->stays[i].by_group;
        }
    for (uint64_t seq = f->after + 1; seq <= last; seq++) {
        if (cut && rig_feed_seq(w->rig, f->ticket, n) == 0)
            break;
        assert_int_equal(rig_feed_seq(w->rig, f->ticket, n++), seq);
    }
    assert_int_equal(rig_feed_seq(w->rig, f->ticket, n), 0);
}

static void
assert_same_person(const struct person *a, const struct person *b)
{
    assert_int_equal(a->joined_seq, b->joined_seq);
    assert_int_equal(a->joined_ts, b->joined_ts);
    assert_int_equal(a->left_seq, b->left_seq);
    assert_int_equal(a->left_ts, b->left_ts);
    assert_int_equal(a->role, b->role);
    assert_int_equal(a->role_set, b->role_set);
    assert_int_equal(a->invited, b->invited);
    assert_int_equal(a->ban_seq, b->ban_seq);
    assert_int_equal(a->ban_ts, b->ban_ts);
    assert_true(id_equal(&a->banned_by, &b->banned_by));
    assert_true(span_equal(person_nick(a), person_nick(b)));
    assert_int_equal(a->n_stays, b->n_stays);
    for (size_t i = 0; i < a->n_stays; i++)
        assert_memory_equal(&a->stays[i], &b->stays[i], sizeof a->stays[i]);
}

static size_t
known(const struct people *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        n += person_is_known(p->by_uuid[i]);
    return n;
}

/* What the loop decides from is what is stored, and nothing else. */
static void
check_mirror(struct world *w)
{
    const struct roster *kept = store_roster(w->rig->group->store);
    struct roster *mirror = &w->rig->group->roster;

    assert_int_equal(known(&mirror->people), known(&kept->people));
    for (size_t i = 0; i < kept->people.n; i++) {
        const struct person *p = kept->people.by_uuid[i];

        if (person_is_known(p))
            assert_same_person(people_find(&mirror->people, &p->uuid), p);
    }
    assert_int_equal(mirror->invitations.n, kept->invitations.n);
    for (size_t i = 0; i < kept->invitations.n; i++)
        assert_memory_equal(&mirror->invitations.v[i], &kept->invitations.v[i],
                            sizeof kept->invitations.v[i]);
    assert_int_equal(mirror->topic.len, kept->topic.len);
    assert_memory_equal(mirror->topic.text, kept->topic.text, kept->topic.len);
}

void
world_check_all(struct world *w)
{
    read_model(w);
    check_mirror(w);
    for (unsigned i = 0; i < ACTORS; i++) {
        if (!world_is_in(&w->people[i])) {
            check_refused(w, &w->people[i]);
            continue;
        }
        check_fetch(w, &w->people[i]);
        check_fetch_back(w, &w->people[i]);
        check_fetch_by_time(w, &w->people[i]);
    }
}
