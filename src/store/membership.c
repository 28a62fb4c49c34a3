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
        st = change_carry_out(w, c, person);
    return st;
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
    return st == ST_OK && c->fresh ? change_carry_out(w, c, person) : st;
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
    return st == ST_OK && c->fresh ? change_carry_out(w, c, person) : st;
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
        about.nick = person_nick(subject);
    out->e =
        (struct entry){.kind = (uint8_t)kind, .body = entry_pack_subject(out->body, kind, &about)};
}

static enum status
carry_out_about(struct work *w, struct store_change *c, struct about_entry *about)
{
    struct person *author;
    struct person *subject;
    enum status st = change_find_or_add(w, &c->author, &author);

    if (st == ST_OK)
        st = change_append(w, c, author, &about->e);
    if (st != ST_OK || !c->fresh)
        return st;
    st = change_find_or_add(w, &c->subject, &subject);
    return st == ST_OK ? change_carry_out(w, c, subject) : st;
}

enum status
change_remove(struct work *w, struct store_change *c)
{
    struct person *subject = find(w, &c->subject);
    struct about_entry about;

    write_about(&about, ENTRY_KICKED, c, subject);
    if (subject == NULL || !person_is_in(subject))
        return change_refuse_unless_twin(w, c, find(w, &c->author), &about.e, ST_NOT_FOUND);
    return carry_out_about(w, c, &about);
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
    return carry_out_about(w, c, &about);
}

enum status
change_unban(struct work *w, struct store_change *c)
{
    struct person *subject = find(w, &c->subject);
    struct about_entry about;

    write_about(&about, ENTRY_UNBANNED, c, subject);
    if (subject == NULL || subject->ban_seq == 0)
        return change_refuse_unless_twin(w, c, find(w, &c->author), &about.e, ST_NOT_FOUND);
    return carry_out_about(w, c, &about);
}

enum status
change_role(struct work *w, struct store_change *c)
{
    struct about_entry about;

    if ((unsigned)c->role >= ROLE_COUNT)
        return change_refuse(c, ST_INVALID);
    write_about(&about, ENTRY_ROLE, c, find(w, &c->subject));
    return carry_out_about(w, c, &about);
}
