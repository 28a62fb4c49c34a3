#include "roster/roster.h"

#include <string.h>

void
roster_clear(struct roster *r)
{
    people_clear(&r->people);
    invitations_clear(&r->invitations);
    r->standings = 0;
    r->topic.len = 0;
}

void
roster_mark(struct roster *r)
{
    people_mark(&r->people);
    invitations_mark(&r->invitations);
    r->standings_were = r->standings;
    r->topic_was = r->topic;
}

void
roster_undo(struct roster *r)
{
    people_undo(&r->people);
    invitations_undo(&r->invitations);
    r->standings = r->standings_were;
    r->topic = r->topic_was;
}

/* ---- what a deed does ---- */

static void
set_topic(struct roster *r, struct span text)
{
    r->topic.len = text.len;
    if (text.len > 0)
        memcpy(r->topic.text, text.p, text.len);
}

static enum status
invite(struct roster *r, const struct invitation *one)
{
    struct invitations *all = &r->invitations;
    enum status st = ST_OK;

    if (invitations_find(all, one->hash) != NULL)
        return ST_OK;
    if (all->n >= INVITATIONS_MAX)
        st = invitations_forget_expired(all, one->since);
    return st == ST_OK ? invitations_add(all, one) : st;
}

static enum status
begin_stay(struct roster *r, struct person *p, const struct act *a)
{
    enum status st = people_begin_stay(&r->people, p, a->seq);

    if (st != ST_OK)
        return st;
    p->has_key = true;
    memcpy(p->key, a->key, sizeof p->key);
    person_set_nick(p, a->text);
    p->joined_seq = a->seq;
    p->joined_ts = a->ts;
    p->left_seq = 0;
    p->left_ts = 0;
    p->invited = a->hash != NULL;
    return p->invited ? invitations_take_use(&r->invitations, a->hash) : ST_OK;
}

static void
end_stay(struct person *p, const struct act *a)
{
    p->invited = false;
    if (!person_is_in(p))
        return;
    p->left_seq = a->seq;
    p->left_ts = a->ts;
    person_end_stay(p, a->seq);
}

static void
set_ban(struct person *p, uint64_t seq, int64_t ts, const struct id *by)
{
    p->ban_seq = seq;
    p->ban_ts = ts;
    p->banned_by = *by;
}

static enum status
change(struct roster *r, struct person *p, const struct act *a)
{
    static const struct id nobody;

    switch (a->kind) {
    case ENTRY_JOINED:
        return begin_stay(r, p, a);
    case ENTRY_LEFT:
        end_stay(p, a);
        break;
    case ENTRY_BANNED:
        set_ban(p, a->seq, a->ts, a->author);
        /* fall through */
    case ENTRY_KICKED:
        end_stay(p, a);
        p->role = ROLE_MEMBER;
        break;
    case ENTRY_UNBANNED:
        set_ban(p, 0, 0, &nobody);
        break;
    case ENTRY_ROLE:
        p->role = a->role;
        p->role_set = true;
        break;
    case ENTRY_NICK:
        person_set_nick(p, a->text);
        break;
    case ENTRY_MESSAGE:
    case ENTRY_TOPIC:
    case DEED_INVITE:
    case DEED_REVOKE:
        break;
    }
    return ST_OK;
}

static enum status
apply_to_person(struct roster *r, const struct act *a)
{
    struct person *p = people_find(&r->people, a->subject);
    enum status st = ST_OK;

    if (p == NULL)
        st = people_add(&r->people, a->subject, &p);
    if (st == ST_OK)
        st = people_save(&r->people, p);
    if (st == ST_OK)
        st = change(r, p, a);
    if (st == ST_OK && !p->has_standing && (p->role_set || p->invited || p->ban_seq != 0)) {
        p->has_standing = true;
        r->standings++;
    }
    return st;
}

enum status
roster_apply(struct roster *r, const struct act *a)
{
    switch (a->kind) {
    case ENTRY_JOINED:
    case ENTRY_LEFT:
    case ENTRY_KICKED:
    case ENTRY_BANNED:
    case ENTRY_UNBANNED:
    case ENTRY_ROLE:
    case ENTRY_NICK:
        return apply_to_person(r, a);
    case ENTRY_TOPIC:
        set_topic(r, a->text);
        return ST_OK;
    case DEED_INVITE:
        return invite(r, a->invite);
    case DEED_REVOKE:
        return invitations_remove(&r->invitations, a->hash);
    case ENTRY_MESSAGE:
        break;
    }
    return ST_OK;
}
