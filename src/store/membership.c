#include <string.h>

#include "base/text.h"
#include "store/change.h"

/* ---- the author ---- */

static struct person *
find(const struct work *w, const struct id *uuid)
{
    return people_find(&w->s->roster.people, uuid);
}

static bool
is_nick(struct span nick)
{
    return nick.len <= NAME_MAX_BYTES && text_is_utf8(nick);
}

static void
set_nick(struct person *person, struct span nick)
{
    person->nick_len = (uint8_t)nick.len;
    if (nick.len > 0)
        memcpy(person->nick, nick.p, nick.len);
}

static enum status
start_stay(struct work *w, struct person *person, const struct store_change *c)
{
    size_t before = person->n_stays;
    enum status st = change_save(w, person);

    if (st != ST_OK)
        return st;
    if (people_begin_stay(&w->s->roster.people, person, c->seq) != ST_OK)
        return fault_set(w->why, ST_NOMEM, "out of memory");
    person->has_key = true;
    memcpy(person->key, c->key, sizeof person->key);
    set_nick(person, c->nick);
    person->joined_seq = c->seq;
    person->joined_ts = c->ts;
    person->left_seq = 0;
    person->left_ts = 0;
    person->invited = c->by_invite;
    st = change_keep(w, person);
    if (st == ST_OK && person->invited)
        st = change_keep_standing(w, person);
    if (st == ST_OK && before == STORE_STAYS_MAX && w->s->rows != NULL)
        st = w->s->rows->old_stays(w->s, person, w->why);
    return st;
}

enum status
change_join(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_JOINED, .body = c->nick};
    struct person *person = find(w, &c->author);
    enum status st;

    if (!is_nick(c->nick))
        return change_refuse(c, ST_INVALID);
    if (person != NULL && person_is_in(person)) {
        st = change_answer_twin(w, c, person, &e);
        if (st == ST_NOT_FOUND) {
            c->seq = person->joined_seq;
            c->ts = person->joined_ts;
            st = ST_OK;
        }
        return st;
    }
    if ((person != NULL && person->ban_seq != 0) || (c->by_invite && !change_may_enter(w, c)))
        return change_refuse_unless_twin(w, c, person, &e, ST_DENIED);
    st = change_find_or_add(w, &c->author, &person);
    if (st == ST_OK)
        st = change_append(w, c, person, &e);
    if (st == ST_OK && c->fresh)
        st = start_stay(w, person, c);
    if (st == ST_OK && c->fresh && c->by_invite)
        st = change_take_use(w, c);
    return st;
}

/* The person was saved. */
static enum status
end_stay(struct work *w, struct person *person, const struct store_change *c)
{
    person->left_seq = c->seq;
    person->left_ts = c->ts;
    person_end_stay(person, c->seq);
    return change_keep(w, person);
}

enum status
change_leave(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_LEFT};
    struct person *person = find(w, &c->author);
    enum status st;

    if (person == NULL || !person_is_in(person))
        return change_refuse_unless_twin(w, c, person, &e, ST_NOT_FOUND);
    st = change_append(w, c, person, &e);
    if (st != ST_OK || !c->fresh)
        return st;
    st = change_save(w, person);
    if (st == ST_OK)
        st = end_stay(w, person, c);
    if (st == ST_OK && person->invited) {
        person->invited = false;
        st = change_keep_standing(w, person);
    }
    return st;
}

enum status
change_nick(struct work *w, struct store_change *c)
{
    struct entry e = {.kind = ENTRY_NICK, .body = c->nick};
    struct person *person = find(w, &c->author);
    enum status st;

    if (!is_nick(c->nick))
        return change_refuse(c, ST_INVALID);
    if (person == NULL || !person_is_in(person))
        return change_refuse_unless_twin(w, c, person, &e, ST_NOT_FOUND);
    st = change_append(w, c, person, &e);
    if (st != ST_OK || !c->fresh)
        return st;
    st = change_save(w, person);
    if (st != ST_OK)
        return st;
    set_nick(person, c->nick);
    return change_keep(w, person);
}

/* ---- the subject ---- */

/* An entry about somebody. */
struct about_entry {
    struct entry e;
    uint8_t body[ENTRY_SUBJECT_MAX];
};

static void
write_about(struct about_entry *out, enum entry_kind kind, const struct store_change *c,
            const struct person *subject)
{
    struct entry_subject about = {.uuid = c->subject, .role = c->role};

    if (subject != NULL)
        about.nick = (struct span){subject->nick, subject->nick_len};
    out->e =
        (struct entry){.kind = (uint8_t)kind, .body = entry_pack_subject(out->body, kind, &about)};
}

/* Append it. When it is fresh, *subject is there and saved, to be changed now. */
static enum status
append_about(struct work *w, struct store_change *c, struct about_entry *about,
             struct person **subject)
{
    struct person *author;
    enum status st = change_find_or_add(w, &c->author, &author);

    if (st == ST_OK)
        st = change_append(w, c, author, &about->e);
    if (st != ST_OK || !c->fresh)
        return st;
    st = change_find_or_add(w, &c->subject, subject);
    return st == ST_OK ? change_save(w, *subject) : st;
}

/* Out, if in, and nobody special any more. */
static enum status
expel(struct work *w, struct person *subject, const struct store_change *c)
{
    bool changed = subject->ban_seq != 0 || subject->invited || subject->role != ROLE_MEMBER;
    enum status st = ST_OK;

    if (person_is_in(subject))
        st = end_stay(w, subject, c);
    subject->invited = false;
    subject->role = ROLE_MEMBER;
    if (st == ST_OK && changed)
        st = change_keep_standing(w, subject);
    return st;
}

enum status
change_remove(struct work *w, struct store_change *c)
{
    struct person *subject = find(w, &c->subject);
    struct about_entry about;
    enum status st;

    write_about(&about, ENTRY_KICKED, c, subject);
    if (subject == NULL || !person_is_in(subject))
        return change_refuse_unless_twin(w, c, find(w, &c->author), &about.e, ST_NOT_FOUND);
    st = append_about(w, c, &about, &subject);
    if (st == ST_OK && c->fresh)
        st = expel(w, subject, c);
    return st;
}

enum status
change_ban(struct work *w, struct store_change *c)
{
    struct person *subject = find(w, &c->subject);
    struct about_entry about;
    enum status st;

    write_about(&about, ENTRY_BANNED, c, subject);
    if (subject != NULL && subject->ban_seq != 0) {
        st = change_answer_twin(w, c, find(w, &c->author), &about.e);
        if (st == ST_NOT_FOUND) {
            c->seq = subject->ban_seq;
            c->ts = subject->ban_ts;
            st = ST_OK;
        }
        return st;
    }
    st = append_about(w, c, &about, &subject);
    if (st != ST_OK || !c->fresh)
        return st;
    subject->ban_seq = c->seq;
    subject->ban_ts = c->ts;
    subject->banned_by = c->author;
    return expel(w, subject, c);
}

enum status
change_unban(struct work *w, struct store_change *c)
{
    struct person *subject = find(w, &c->subject);
    struct about_entry about;
    enum status st;

    write_about(&about, ENTRY_UNBANNED, c, subject);
    if (subject == NULL || subject->ban_seq == 0)
        return change_refuse_unless_twin(w, c, find(w, &c->author), &about.e, ST_NOT_FOUND);
    st = append_about(w, c, &about, &subject);
    if (st != ST_OK || !c->fresh)
        return st;
    subject->ban_seq = 0;
    subject->ban_ts = 0;
    subject->banned_by = (struct id){{0}};
    return change_keep_standing(w, subject);
}

enum status
change_role(struct work *w, struct store_change *c)
{
    struct person *subject = find(w, &c->subject);
    struct about_entry about;
    enum status st;

    if ((unsigned)c->role >= ROLE_COUNT)
        return change_refuse(c, ST_INVALID);
    write_about(&about, ENTRY_ROLE, c, subject);
    st = append_about(w, c, &about, &subject);
    if (st != ST_OK || !c->fresh)
        return st;
    subject->role = c->role;
    subject->role_set = true;
    return change_keep_standing(w, subject);
}
