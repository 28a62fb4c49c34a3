/*
 * change - what the changes of store.h do: the rules of the log and its members, over both back
 * ends. Internal to db.c, change.c, membership.c and admission.c.
 * Everything here returns ST_OK with c->result set, or what fails the whole transaction.
 */
#ifndef STORE_CHANGE_H
#define STORE_CHANGE_H

#include "store/db.h"

/* A message that is known to be stored. The messages of one request all name the same one, and
 * requests that follow each other name the last of the one before, so two spare the look-up. */
struct message_ref {
    bool set;
    struct id author;
    struct id id;
};

/* One commit under way. */
struct work {
    struct store *s;
    struct store_change *changes;
    size_t n;
    int64_t now_ns;
    const struct store_taker *taker; /* NULL: nobody */
    struct fault *why;
    struct message_ref checked;
    struct message_ref appended;
};

enum status change_apply(struct work *w, struct store_change *c);

/* ---- what the kinds of change share ---- */

enum status change_refuse(struct store_change *c, enum status result);
/* Append e as author's, whose id it gets, or answer with its twin. */
enum status change_append(struct work *w, struct store_change *c, const struct person *author,
                          struct entry *e);
/* Was this very change made before? Answers so, or with ST_CONFLICT. ST_NOT_FOUND: it was not.
 * author may be NULL: not known. */
enum status change_answer_twin(struct work *w, struct store_change *c, const struct person *author,
                               struct entry *e);
/* Refused with `otherwise`, unless this very change was made before. */
enum status change_refuse_unless_twin(struct work *w, struct store_change *c,
                                      const struct person *author, struct entry *e,
                                      enum status otherwise);
enum status change_find_or_add(struct work *w, const struct id *uuid, struct person **out);

/* Do what c says, which was appended if it had to be, to the roster and its rows. subject: whom it
 * changes, who is there; or NULL. */
enum status change_carry_out(struct work *w, const struct store_change *c, struct person *subject);

/* ---- the kinds ---- */

/* membership.c */
enum status change_join(struct work *w, struct store_change *c);
enum status change_leave(struct work *w, struct store_change *c);
enum status change_remove(struct work *w, struct store_change *c);
enum status change_ban(struct work *w, struct store_change *c);
enum status change_unban(struct work *w, struct store_change *c);
enum status change_role(struct work *w, struct store_change *c);
enum status change_nick(struct work *w, struct store_change *c);

/* admission.c */
enum status change_invite(struct work *w, struct store_change *c);
enum status change_revoke(struct work *w, struct store_change *c);
/* Is there a use left of what c names? */
bool change_may_enter(const struct work *w, const struct store_change *c);

#endif
