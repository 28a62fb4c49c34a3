#include "sqlite/rows.h"

#include <string.h>

#include "base/text.h"
#include "sqlite/impl.h"
#include "store/sum.h"

/* ---- one row ---- */

static enum status
damaged(sqlite3_stmt *q, const char *what, struct fault *why)
{
    return fault_set(why, ST_CORRUPT, "%s is damaged: %s", sql_name(sqlite3_db_handle(q)), what);
}

static bool
column_flag(sqlite3_stmt *q, int column, bool *out)
{
    int64_t value;

    if (!sql_column_int(q, column, 0, &value) || value > 1)
        return false;
    *out = value == 1;
    return true;
}

enum status
group_take_person(sqlite3_stmt *q, const struct store_state *state, struct roster *r,
                  struct fault *why)
{
    struct people *people = &r->people;
    struct person *p = NULL;
    struct id uuid;
    struct span bytes;
    struct span key = {NULL, 0};
    struct span nick;
    int64_t no;
    int64_t sum;

    (void)state;
    if (!sql_column_int(q, 0, 1, &no) || no != (int64_t)people->n + 1 ||
        !sql_column_blob(q, 1, ID_LEN, ID_LEN, &bytes) ||
        (sqlite3_column_type(q, 2) != SQLITE_NULL &&
         !sql_column_blob(q, 2, sizeof p->key, sizeof p->key, &key)) ||
        !sql_column_text(q, 3, NAME_MAX_BYTES, &nick) || !text_is_utf8(nick) ||
        !sql_column_int(q, 4, INT64_MIN, &sum))
        return damaged(q, "a person", why);
    memcpy(uuid.bytes, bytes.p, ID_LEN);
    if (people_find(people, &uuid) != NULL)
        return damaged(q, "a person is there twice", why);
    if (people_add(people, &uuid, &p) != ST_OK)
        return fault_set(why, ST_NOMEM, "out of memory");
    p->has_key = key.len > 0;
    if (p->has_key)
        memcpy(p->key, key.p, sizeof p->key);
    p->nick_len = (uint8_t)nick.len;
    memcpy(p->nick, nick.p, nick.len);
    return sum == sum_person(p) ? ST_OK : damaged(q, "a person", why);
}

enum status
group_take_stay(sqlite3_stmt *q, const struct store_state *state, struct roster *r,
                struct fault *why)
{
    struct person *p;
    int64_t no;
    int64_t joined_seq;
    int64_t joined_ts;
    int64_t left_seq;
    int64_t left_ts;
    int64_t sum;

    if (!sql_column_int(q, 0, 1, &no) || !sql_column_int(q, 1, 1, &joined_seq) ||
        !sql_column_int(q, 2, 1, &joined_ts) || !sql_column_int(q, 3, 0, &left_seq) ||
        !sql_column_int(q, 4, 0, &left_ts) || !sql_column_int(q, 5, INT64_MIN, &sum))
        return damaged(q, "a stay", why);
    p = people_numbered(&r->people, no);
    if (p == NULL || !p->has_key || (uint64_t)joined_seq > state->head ||
        (uint64_t)left_seq > state->head || (left_seq != 0 && left_seq <= joined_seq) ||
        person_is_in(p) || (uint64_t)joined_seq <= p->left_seq)
        return damaged(q, "a stay that cannot be", why);
    p->joined_seq = (uint64_t)joined_seq;
    p->joined_ts = joined_ts;
    p->left_seq = (uint64_t)left_seq;
    p->left_ts = left_ts;
    if (sum != sum_stay(p))
        return damaged(q, "a stay", why);
    if (people_begin_stay(&r->people, p, p->joined_seq) != ST_OK)
        return fault_set(why, ST_NOMEM, "out of memory");
    if (p->left_seq != 0)
        person_end_stay(p, p->left_seq);
    return ST_OK;
}

static bool
standing_can_be(const struct person *p, const struct store_state *state)
{
    if (p->ban_seq > state->head || (p->ban_seq == 0) != (p->ban_ts == 0))
        return false;
    if (p->ban_seq != 0 && person_is_in(p))
        return false;
    return (p->role_set || p->role == ROLE_MEMBER) && (!p->invited || person_is_in(p));
}

enum status
group_take_standing(sqlite3_stmt *q, const struct store_state *state, struct roster *r,
                    struct fault *why)
{
    struct person *p;
    struct span by;
    int64_t no;
    int64_t role;
    int64_t ban_seq;
    int64_t sum;

    if (!sql_column_int(q, 0, 1, &no) || (p = people_numbered(&r->people, no)) == NULL ||
        p->has_standing || !sql_column_int(q, 1, 0, &role) || role >= ROLE_COUNT ||
        !column_flag(q, 2, &p->role_set) || !column_flag(q, 3, &p->invited) ||
        !sql_column_int(q, 4, 0, &ban_seq) || !sql_column_int(q, 5, 0, &p->ban_ts) ||
        !sql_column_blob(q, 6, ID_LEN, ID_LEN, &by) || !sql_column_int(q, 7, INT64_MIN, &sum))
        return damaged(q, "a role or ban", why);
    p->role = (enum role)role;
    p->ban_seq = (uint64_t)ban_seq;
    memcpy(p->banned_by.bytes, by.p, ID_LEN);
    p->has_standing = true;
    r->standings++;
    if (sum != sum_standing(p))
        return damaged(q, "a role or ban", why);
    return standing_can_be(p, state) ? ST_OK : damaged(q, "a role or ban that cannot be", why);
}

enum status
group_take_invite(sqlite3_stmt *q, const struct store_state *state, struct roster *r,
                  struct fault *why)
{
    struct invitation invite = {.uses = 0};
    struct span hash;
    struct span by;
    int64_t uses;
    int64_t sum;

    (void)state;
    if (!sql_column_blob(q, 0, sizeof invite.hash, sizeof invite.hash, &hash) ||
        !sql_column_blob(q, 1, ID_LEN, ID_LEN, &by) ||
        !sql_column_int(q, 2, INT64_MIN, &invite.since) || !sql_column_int(q, 3, 1, &uses) ||
        !sql_column_int(q, 4, INT64_MIN, &invite.expires) || !sql_column_int(q, 5, INT64_MIN, &sum))
        return damaged(q, "an invitation", why);
    memcpy(invite.hash, hash.p, sizeof invite.hash);
    memcpy(invite.by.bytes, by.p, ID_LEN);
    invite.uses = (uint64_t)uses;
    if (sum != sum_invite(&invite) || invitations_find(&r->invitations, invite.hash) != NULL)
        return damaged(q, "an invitation", why);
    switch (invitations_add(&r->invitations, &invite)) {
    case ST_OK:
        return ST_OK;
    case ST_FULL:
        return damaged(q, "too many invitations", why);
    default:
        return fault_set(why, ST_NOMEM, "out of memory");
    }
}

enum status
group_take_about(sqlite3_stmt *q, const struct store_state *state, struct roster *r,
                 struct fault *why)
{
    struct span topic;
    int64_t standings;
    int64_t invites;
    int64_t sum;

    (void)state;
    if (!sql_column_blob(q, 0, 0, TOPIC_MAX_BYTES, &topic) || !text_is_utf8(topic) ||
        !sql_column_int(q, 1, 0, &standings) || !sql_column_int(q, 2, 0, &invites) ||
        !sql_column_int(q, 3, INT64_MIN, &sum))
        return damaged(q, "the topic", why);
    /* A row that is lost with the place that leads to it has no checksum to be missed by. */
    if ((uint64_t)standings != r->standings)
        return damaged(q, "roles or bans are missing", why);
    if ((uint64_t)invites != r->invitations.n)
        return damaged(q, "invitations are missing", why);
    r->topic.len = topic.len;
    if (topic.len > 0)
        memcpy(r->topic.text, topic.p, topic.len);
    return sum == sum_about(r) ? ST_OK : damaged(q, "the topic", why);
}

/* ---- all rows ---- */

static const struct {
    const char *text;
    group_take *take;
} tables[] = {
    {"SELECT " PERSON_COLUMNS " FROM person ORDER BY no", group_take_person},
    {"SELECT " STAY_COLUMNS " FROM stay ORDER BY person, joined_seq", group_take_stay},
    {"SELECT " STANDING_COLUMNS " FROM standing ORDER BY person", group_take_standing},
    {"SELECT " INVITE_COLUMNS " FROM invite ORDER BY hash", group_take_invite},
    {"SELECT " ABOUT_COLUMNS " FROM about", group_take_about},
};

/* *rows: how many there were. */
static enum status
load_table(sqlite3 *db, size_t i, const struct store_state *state, struct roster *r, size_t *rows,
           struct fault *why)
{
    sqlite3_stmt *q = NULL;
    enum status st = sql_prepare(db, &q, &tables[i].text, 1, why);
    int rc = SQLITE_ROW;

    for (*rows = 0; st == ST_OK && (rc = sqlite3_step(q)) == SQLITE_ROW; ++*rows)
        st = tables[i].take(q, state, r, why);
    if (st == ST_OK && rc != SQLITE_DONE)
        st = sql_fault(why, db, rc, "read");
    sql_finalize(&q, 1);
    return st;
}

enum status
group_load(sqlite3 *db, const struct store_state *state, struct roster *r, struct fault *why)
{
    enum status st = ST_OK;
    size_t rows = 0;

    for (size_t i = 0; st == ST_OK && i < sizeof tables / sizeof tables[0]; i++) {
        st = load_table(db, i, state, r, &rows, why);
        if (st == ST_OK && tables[i].take == group_take_about && rows != 1)
            st = fault_set(why, ST_CORRUPT, "%s is damaged: it has no topic", sql_name(db));
    }
    people_note_forget_at(&r->people);
    return st;
}

/* ---- blocks of entries ---- */

bool
block_take(sqlite3_stmt *q, struct block *out)
{
    int64_t first;
    int64_t last;

    if (!sql_column_int(q, 0, 1, &last) || !sql_column_int(q, 1, 1, &first) ||
        !sql_column_int(q, 2, 1, &out->ts) ||
        !sql_column_blob(q, 3, BLOCK_ENTRY_HEAD, BLOCK_MAX, &out->data))
        return false;
    out->first = (uint64_t)first;
    out->last = (uint64_t)last;
    return first <= last && last - first < BLOCK_ROWS_MAX;
}

void
block_bind(sqlite3_stmt *q, const struct block_builder *b)
{
    sqlite3_bind_int64(q, 1, (int64_t)b->block.last);
    sqlite3_bind_int64(q, 2, (int64_t)b->block.first);
    sqlite3_bind_int64(q, 3, b->block.ts);
    sql_bind_span(q, 4, b->block.data);
}

/* ---- writing ---- */

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
    [ROW_DROP_STAYS] = "DELETE FROM stay WHERE person = ?1 AND joined_seq < ?2",
    [ROW_INVITE] = "INSERT INTO invite(" INVITE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                   " ON CONFLICT (hash) DO UPDATE SET uses = excluded.uses, sum = excluded.sum",
    [ROW_DROP_INVITE] = "DELETE FROM invite WHERE hash = ?1",
    [ROW_ABOUT] = "UPDATE about SET topic = ?1, standings = ?2, invites = ?3, sum = ?4",
};

static enum status
keep_stay(struct sqlite_store *self, const struct person *p, struct fault *why)
{
    sqlite3_stmt *q = self->rows[ROW_STAY];

    sqlite3_bind_int64(q, 1, p->no);
    sqlite3_bind_int64(q, 2, (int64_t)p->joined_seq);
    sqlite3_bind_int64(q, 3, p->joined_ts);
    sqlite3_bind_int64(q, 4, (int64_t)p->left_seq);
    sqlite3_bind_int64(q, 5, p->left_ts);
    sqlite3_bind_int64(q, 6, sum_stay(p));
    return sql_run(q, "write to", why);
}

enum status
sqlite_put_person(struct store *s, const struct person *p, struct fault *why)
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
    sqlite3_bind_int64(q, 5, sum_person(p));
    st = sql_run(q, "write to", why);
    if (st == ST_OK && p->joined_seq != 0)
        st = keep_stay(self, p, why);
    return st;
}

enum status
sqlite_put_standing(struct store *s, const struct person *p, struct fault *why)
{
    sqlite3_stmt *q = sqlite_self(s)->rows[ROW_STANDING];

    sqlite3_bind_int64(q, 1, p->no);
    sqlite3_bind_int64(q, 2, (int64_t)p->role);
    sqlite3_bind_int64(q, 3, p->role_set);
    sqlite3_bind_int64(q, 4, p->invited);
    sqlite3_bind_int64(q, 5, (int64_t)p->ban_seq);
    sqlite3_bind_int64(q, 6, p->ban_ts);
    sql_bind_span(q, 7, (struct span){p->banned_by.bytes, ID_LEN});
    sqlite3_bind_int64(q, 8, sum_standing(p));
    return sql_run(q, "write to", why);
}

enum status
sqlite_drop_stays(struct store *s, const struct person *p, struct fault *why)
{
    sqlite3_stmt *q = sqlite_self(s)->rows[ROW_DROP_STAYS];

    sqlite3_bind_int64(q, 1, p->no);
    sqlite3_bind_int64(q, 2, (int64_t)person_oldest_stay(p));
    return sql_run(q, "write to", why);
}

enum status
sqlite_put_invite(struct store *s, const struct invitation *invite, struct fault *why)
{
    sqlite3_stmt *q = sqlite_self(s)->rows[ROW_INVITE];

    sql_bind_span(q, 1, (struct span){invite->hash, sizeof invite->hash});
    sql_bind_span(q, 2, (struct span){invite->by.bytes, ID_LEN});
    sqlite3_bind_int64(q, 3, invite->since);
    sqlite3_bind_int64(q, 4, (int64_t)invite->uses);
    sqlite3_bind_int64(q, 5, invite->expires);
    sqlite3_bind_int64(q, 6, sum_invite(invite));
    return sql_run(q, "write to", why);
}

enum status
sqlite_drop_invite(struct store *s, const uint8_t hash[static 32], struct fault *why)
{
    sqlite3_stmt *q = sqlite_self(s)->rows[ROW_DROP_INVITE];

    sql_bind_span(q, 1, (struct span){hash, 32});
    return sql_run(q, "write to", why);
}

enum status
sqlite_put_about(struct store *s, struct fault *why)
{
    sqlite3_stmt *q = sqlite_self(s)->rows[ROW_ABOUT];
    const struct roster *r = &s->roster;

    sql_bind_span(q, 1, (struct span){r->topic.text, r->topic.len});
    sqlite3_bind_int64(q, 2, (int64_t)r->standings);
    sqlite3_bind_int64(q, 3, (int64_t)r->invitations.n);
    sqlite3_bind_int64(q, 4, sum_about(r));
    return sql_run(q, "write to", why);
}

enum status
sqlite_prepare_rows(struct sqlite_store *self, struct fault *why)
{
    return sql_prepare(self->db, self->rows, texts, ROW_COUNT, why);
}
