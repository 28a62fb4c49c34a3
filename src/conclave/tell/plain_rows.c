/* Lists, a row each. */
#include <inttypes.h>

#include "tell/plain.h"
#include "tell/plain_put.h"

#define SHORT_ID 12 /* characters of an invitation's id */

void
plain_group(struct show *s, const void *group)
{
    const struct conclave_group *g = group;
    struct table *t = &s->rows;

    table_begin(t, 4, 1u << 0 | 1u << 1 | 1u << 3, 0);
    plain_put_foreign(&t->text, g->name);
    table_cell(t);
    plain_put_foreign(&t->text, g->address);
    table_cell(t);
    plain_put(&t->text, "%" PRIu64 " member%s", g->members, g->members == 1 ? "" : "s");
    table_cell(t);
    plain_put_foreign(&t->text, g->description);
    table_cell(t);
}

void
plain_member(struct show *s, const void *member)
{
    const struct conclave_member *m = member;
    struct table *t = &s->rows;

    table_begin(t, 5, 1u << 0 | 1u << 3 | 1u << 4, 1u << 3);
    plain_put_foreign(&t->text, m->nick);
    table_cell(t);
    plain_put(&t->text, "%s", m->until != 0 ? "past" : plain_role(m->role));
    table_cell(t);
    plain_put(&t->text, "%s", m->here ? "here" : "");
    table_cell(t);
    plain_put_id(&t->text, &m->uuid);
    table_cell(t);
    plain_put(&t->text, "since ");
    plain_put_time(&t->text, m->since);
    if (m->until != 0) {
        plain_put(&t->text, " until ");
        plain_put_time(&t->text, m->until);
    }
    table_cell(t);
}

static void
put_maker(struct table *t, const struct conclave_id *who, const char *nick)
{
    plain_put(&t->text, "by ");
    if (nick[0] != '\0')
        plain_put_foreign(&t->text, nick);
    else
        plain_put_id(&t->text, who);
}

void
plain_ban(struct show *s, const void *ban)
{
    const struct conclave_banned *b = ban;
    struct table *t = &s->rows;

    table_begin(t, 4, 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3, 1u << 1);
    plain_put_foreign(&t->text, b->nick[0] != '\0' ? b->nick : "-");
    table_cell(t);
    plain_put_id(&t->text, &b->uuid);
    table_cell(t);
    plain_put(&t->text, "since ");
    plain_put_time(&t->text, b->since);
    table_cell(t);
    put_maker(t, &b->by, b->by_nick);
    table_cell(t);
}

void
plain_invitation(struct show *s, const void *invitation)
{
    const struct conclave_invitation *i = invitation;
    struct table *t = &s->rows;

    table_begin(t, 4, 1u << 2 | 1u << 3, 0);
    plain_put(&t->text, "%.*s", SHORT_ID, i->id);
    table_cell(t);
    plain_put(&t->text, "%" PRIu64 " use%s", i->uses, i->uses == 1 ? "" : "s");
    table_cell(t);
    plain_put(&t->text, "%s", i->expires != 0 ? "until " : "without end");
    if (i->expires != 0)
        plain_put_time(&t->text, i->expires);
    table_cell(t);
    put_maker(t, &i->by, i->by_nick);
    table_cell(t);
}

void
plain_setting(struct show *s, const void *setting)
{
    const struct show_setting *one = setting;
    struct table *t = &s->rows;

    table_begin(t, 3, 1u << 1, 0);
    plain_put(&t->text, "%s", one->name);
    table_cell(t);
    plain_put_foreign(&t->text, one->value);
    table_cell(t);
    plain_put_foreign(&t->text, one->origin);
    table_cell(t);
}
