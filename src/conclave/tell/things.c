/* What is no more than its facts: each thing of a list, who we are, what a group is. */
#include <string.h>

#include "tell/facts.h"
#include "tell/plain.h"

/* ---- lists ---- */

bool
tell_group(struct tell *t, const struct conclave_group *g)
{
    struct facts f = {0};

    fact_text(&f, "name", g->name, 1);
    fact_text(&f, "address", g->address, 2);
    fact_text(&f, "key", g->key, JSON_ONLY);
    fact_number(&f, "members", g->members, 3);
    fact_word(&f, g->members == 1 ? " member" : " members", 3);
    fact_text(&f, "description", g->description, 4);
    return tell_row(t, &f, &(struct columns){4, COLUMN(1) | COLUMN(2) | COLUMN(4), 0});
}

/* A role of a later version has no name. */
static void
add_role(struct facts *f, int role, unsigned column)
{
    if (conclave_role_name(role) != NULL)
        fact_text(f, "role", conclave_role_name(role), column);
    else
        fact_word(f, plain_role(role), column);
}

bool
tell_member(struct tell *t, const struct conclave_member *m)
{
    const struct columns columns = {5, COLUMN(1) | COLUMN(4) | COLUMN(5), COLUMN(4)};
    struct facts f = {0};

    fact_id(&f, "uuid", &m->uuid, 4);
    fact_text(&f, "nick", m->nick, 1);
    fact_word(&f, "since ", 5);
    fact_time(&f, "since", m->since, 5);
    if (m->until != 0) {
        fact_word(&f, "past", 2);
        fact_word(&f, " until ", 5);
        fact_time(&f, "until", m->until, 5);
    }
    add_role(&f, m->role, m->until != 0 ? JSON_ONLY : 2);
    fact_word(&f, m->here ? "here" : "", 3);
    fact_flag(&f, "here", m->here);
    return tell_row(t, &f, &columns);
}

static void
add_maker(struct facts *f, const struct conclave_id *who, const char *nick, unsigned column)
{
    bool named = nick[0] != '\0';

    fact_word(f, "by ", column);
    fact_id(f, "by", who, named ? JSON_ONLY : column);
    if (named)
        fact_text(f, "by_nick", nick, column);
}

bool
tell_ban(struct tell *t, const struct conclave_banned *b)
{
    const struct columns columns = {4, COLUMN(1) | COLUMN(2) | COLUMN(3) | COLUMN(4), COLUMN(2)};
    struct facts f = {0};

    fact_id(&f, "uuid", &b->uuid, 2);
    fact_text(&f, "nick", b->nick, 1);
    fact_word(&f, b->nick[0] != '\0' ? "" : "-", 1);
    add_maker(&f, &b->by, b->by_nick, 4);
    fact_word(&f, "since ", 3);
    fact_time(&f, "since", b->since, 3);
    return tell_row(t, &f, &columns);
}

/* What people see of the id is enough to name it. */
#define SHORT_ID 12

bool
tell_invitation(struct tell *t, const struct conclave_invitation *i)
{
    char id[SHORT_ID + 1] = "";
    struct facts f = {0};

    memcpy(id, i->id, strnlen(i->id, SHORT_ID));
    fact_text(&f, "id", i->id, JSON_ONLY);
    fact_word(&f, id, 1);
    fact_number(&f, "uses", i->uses, 2);
    fact_word(&f, i->uses == 1 ? " use" : " uses", 2);
    fact_word(&f, i->expires != 0 ? "until " : "without end", 3);
    if (i->expires != 0)
        fact_time(&f, "expires", i->expires, 3);
    add_maker(&f, &i->by, i->by_nick, 4);
    fact_time(&f, "since", i->since, JSON_ONLY);
    return tell_row(t, &f, &(struct columns){4, COLUMN(3) | COLUMN(4), 0});
}

bool
tell_setting(struct tell *t, const char *name, const char *value, const char *origin)
{
    struct facts f = {0};

    fact_text(&f, "name", name, 1);
    fact_text(&f, "value", value, 2);
    fact_text(&f, "origin", origin, 3);
    return tell_row(t, &f, &(struct columns){3, COLUMN(2), 0});
}

/* ---- one thing ---- */

#define COUNT(labels) ((unsigned)(sizeof(labels) / sizeof(labels)[0]))

static void
add_identity(struct facts *f, const struct tell_identity *self)
{
    fact_text(f, "name", self->name, 1);
    fact_id(f, "uuid", &self->uuid, 2);
    fact_text(f, "key", self->key, 3);
    fact_text(f, "fingerprint", self->fingerprint, 4);
}

bool
tell_self(struct tell *t, const struct tell_identity *self)
{
    static const char *const labels[] = {"name", "uuid", "key", "fingerprint"};
    struct facts f = {0};

    add_identity(&f, self);
    return tell_fields(t, &f, labels, COUNT(labels));
}

bool
tell_setup(struct tell *t, const struct tell_setup *setup)
{
    static const char *const labels[] = {"name",     "uuid",        "key",   "fingerprint",
                                         "key file", "config file", "server"};
    struct facts f = {0};

    fact_flag(&f, "ok", true);
    fact_flag(&f, "made", setup->made);
    add_identity(&f, &setup->self);
    fact_text(&f, "key_file", setup->key_file, 5);
    fact_text(&f, "config_file", setup->config_file, 6);
    if (setup->server != NULL)
        fact_text(&f, "server", setup->server, 7);
    else
        fact_word(&f, "none yet", 7);
    if (t->quiet || !tell_begin(t, &f))
        return tell_goes_on(t);
    plain_begin(t, PLAIN_GREEN, PLAIN_SUCCESS);
    plain_put(&t->out, setup->made ? "your identity is made" : "your identity was there already");
    facts_put_fields(t, &f, labels, COUNT(labels));
    if (setup->server == NULL)
        plain_put(&t->out,
                  "\n\nNow accept an invitation with: conclave join INVITE\n"
                  "or name the message server: conclave init --server ADDRESS --server-key KEY");
    return tell_end(t);
}

bool
tell_info(struct tell *t, const char *group, const struct conclave_info *info,
          const char *fingerprint)
{
    static const char *const labels[] = {"group",     "topic",   "your role",  "history",
                                         "admission", "members", "entries",    "its clock",
                                         "address",   "key",     "fingerprint"};
    struct facts f = {0};
    bool empty = info->first > info->head;

    fact_text(&f, "group", group, 1);
    fact_text(&f, "topic", info->topic, 2);
    fact_text(&f, "history", info->history, 4);
    fact_text(&f, "admission", info->admission, 5);
    add_role(&f, info->role, 3);
    fact_number(&f, "members", info->members, 6);
    fact_word(&f, ", ", 6);
    fact_number(&f, "here", info->here, 6);
    fact_word(&f, " here", 6);
    fact_word(&f, empty ? "none" : "#", 7);
    fact_number(&f, "first", info->first, empty ? JSON_ONLY : 7);
    fact_word(&f, empty ? "" : " to #", 7);
    fact_number(&f, "head", info->head, empty ? JSON_ONLY : 7);
    fact_id(&f, "log", &info->log, JSON_ONLY);
    fact_time(&f, "now", info->now, 8);
    fact_text(&f, "address", info->address, 9);
    fact_text(&f, "key", info->key, 10);
    fact_text(&f, "fingerprint", fingerprint, 11);
    return tell_fields(t, &f, labels, COUNT(labels));
}

bool
tell_topic(struct tell *t, const char *group, const char *topic)
{
    struct facts f = {0};

    fact_text(&f, "group", group, JSON_ONLY);
    fact_text(&f, "topic", topic, JSON_ONLY);
    if (!tell_begin(t, &f))
        return tell_goes_on(t);
    plain_put_foreign(&t->out, topic);
    return tell_end(t);
}

bool
tell_invite(struct tell *t, const char *group, const char *text,
            const struct conclave_invitation *made)
{
    struct facts f = {0};

    fact_text(&f, "group", group, JSON_ONLY);
    fact_text(&f, "invite", text, JSON_ONLY);
    fact_text(&f, "id", made->id, JSON_ONLY);
    fact_number(&f, "uses", made->uses, JSON_ONLY);
    if (made->expires != 0)
        fact_time(&f, "expires", made->expires, JSON_ONLY);
    if (!tell_begin(t, &f))
        return tell_goes_on(t);
    buf_append(&t->out, text, strlen(text));
    return tell_end(t);
}
