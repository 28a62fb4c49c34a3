#include "sqlite/impl.h"

static const char *const texts[ROW_COUNT] = {
    [ROW_PERSON] = "INSERT INTO person(" PERSON_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)"
                   " ON CONFLICT (no) DO UPDATE SET key = excluded.key, nick = excluded.nick,"
                   " sum = excluded.sum",
    [ROW_STAY] = "INSERT INTO stay(" STAY_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                 " ON CONFLICT (person, joined_seq) DO UPDATE SET left_seq = excluded.left_seq,"
                 " left_ts = excluded.left_ts, sum = excluded.sum",
    [ROW_STANDING] = "INSERT INTO standing(" STANDING_COLUMNS ")"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (person) DO UPDATE SET"
                     " role = excluded.role, role_set = excluded.role_set,"
                     " invited = excluded.invited, ban_seq = excluded.ban_seq,"
                     " ban_ts = excluded.ban_ts, banned_by = excluded.banned_by,"
                     " sum = excluded.sum",
    [ROW_OLD_STAYS] = "DELETE FROM stay WHERE person = ?1 AND joined_seq < ?2",
    [ROW_INVITE] = "INSERT INTO invite(" INVITE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                   " ON CONFLICT (hash) DO UPDATE SET uses = excluded.uses, sum = excluded.sum",
    [ROW_NO_INVITE] = "DELETE FROM invite WHERE hash = ?1",
    [ROW_ABOUT] = "UPDATE about SET topic = ?1, standings = ?2, invites = ?3, sum = ?4",
};

/* ---- people ---- */

static enum status
keep_stay(struct sqlite_store *self, const struct person *p, struct fault *why)
{
    sqlite3_stmt *q = self->rows[ROW_STAY];

    sqlite3_bind_int64(q, 1, p->no);
    sqlite3_bind_int64(q, 2, (int64_t)p->joined_seq);
    sqlite3_bind_int64(q, 3, p->joined_ts);
    sqlite3_bind_int64(q, 4, (int64_t)p->left_seq);
    sqlite3_bind_int64(q, 5, p->left_ts);
    sqlite3_bind_int64(q, 6, group_stay_sum(p));
    return sql_run(q, "write to", why);
}

static enum status
keep_person(struct store *s, const struct person *p, struct fault *why)
{
    struct sqlite_store *self = sqlite_self(s);
    sqlite3_stmt *q = self->rows[ROW_PERSON];
    enum status st;

    sqlite3_bind_int64(q, 1, p->no);
    sql_bind_span(q, 2, (struct span){p->uuid.bytes, ID_LEN});
    if (p->has_key)
        sql_bind_span(q, 3, (struct span){p->key, sizeof p->key});
    else
        sqlite3_bind_null(q, 3);
    sqlite3_bind_text(q, 4, (const char *)p->nick, p->nick_len, SQLITE_STATIC);
    sqlite3_bind_int64(q, 5, group_person_sum(p));
    st = sql_run(q, "write to", why);
    if (st == ST_OK && p->joined_seq != 0)
        st = keep_stay(self, p, why);
    return st;
}

static enum status
keep_standing(struct store *s, const struct person *p, struct fault *why)
{
    sqlite3_stmt *q = sqlite_self(s)->rows[ROW_STANDING];

    sqlite3_bind_int64(q, 1, p->no);
    sqlite3_bind_int64(q, 2, (int64_t)p->role);
    sqlite3_bind_int64(q, 3, p->role_set);
    sqlite3_bind_int64(q, 4, p->invited);
    sqlite3_bind_int64(q, 5, (int64_t)p->ban_seq);
    sqlite3_bind_int64(q, 6, p->ban_ts);
    sql_bind_span(q, 7, (struct span){p->banned_by.bytes, ID_LEN});
    sqlite3_bind_int64(q, 8, group_standing_sum(p));
    return sql_run(q, "write to", why);
}

static enum status
drop_old_stays(struct store *s, const struct person *p, struct fault *why)
{
    sqlite3_stmt *q = sqlite_self(s)->rows[ROW_OLD_STAYS];

    sqlite3_bind_int64(q, 1, p->no);
    sqlite3_bind_int64(q, 2, (int64_t)person_oldest_stay(p));
    return sql_run(q, "write to", why);
}

/* ---- invitations ---- */

static enum status
keep_invite(struct store *s, const struct invitation *invite, struct fault *why)
{
    sqlite3_stmt *q = sqlite_self(s)->rows[ROW_INVITE];

    sql_bind_span(q, 1, (struct span){invite->hash, sizeof invite->hash});
    sql_bind_span(q, 2, (struct span){invite->by.bytes, ID_LEN});
    sqlite3_bind_int64(q, 3, invite->since);
    sqlite3_bind_int64(q, 4, (int64_t)invite->uses);
    sqlite3_bind_int64(q, 5, invite->expires);
    sqlite3_bind_int64(q, 6, group_invite_sum(invite));
    return sql_run(q, "write to", why);
}

static enum status
drop_invite(struct store *s, const uint8_t hash[static 32], struct fault *why)
{
    sqlite3_stmt *q = sqlite_self(s)->rows[ROW_NO_INVITE];

    sql_bind_span(q, 1, (struct span){hash, 32});
    return sql_run(q, "write to", why);
}

/* ---- what there is once ---- */

static enum status
keep_about(struct store *s, struct fault *why)
{
    sqlite3_stmt *q = sqlite_self(s)->rows[ROW_ABOUT];
    const struct roster *r = &s->roster;

    sql_bind_span(q, 1, (struct span){r->topic.text, r->topic.len});
    sqlite3_bind_int64(q, 2, (int64_t)r->standings);
    sqlite3_bind_int64(q, 3, (int64_t)r->invitations.n);
    sqlite3_bind_int64(q, 4, group_about_sum(r));
    return sql_run(q, "write to", why);
}

const struct store_rows sqlite_rows = {
    .person = keep_person,
    .standing = keep_standing,
    .old_stays = drop_old_stays,
    .invite = keep_invite,
    .no_invite = drop_invite,
    .about = keep_about,
};

enum status
sqlite_prepare_rows(struct sqlite_store *self, struct fault *why)
{
    return sql_prepare(self->db, self->rows, texts, ROW_COUNT, why);
}
