#include "store/roster.h"

void
roster_clear(struct roster *r)
{
    people_clear(&r->people);
    invites_clear(&r->invites);
    r->about = (struct about){0};
}

void
roster_mark(struct roster *r)
{
    people_mark(&r->people);
    invites_mark(&r->invites);
    r->about_was = r->about;
}

void
roster_undo(struct roster *r)
{
    people_undo(&r->people);
    invites_undo(&r->invites);
    r->about = r->about_was;
}
