#include "sqlite/rows.h"

#include <string.h>

#include "base/text.h"
#include "sqlite/sql.h"
#include "sqlite/sum.h"

/* ---- checksums ---- */

int64_t
group_person_sum(const struct person *p)
{
    struct sum s;

    sum_init(&s);
    sum_int(&s, p->no);
    sum_bytes(&s, (struct span){p->uuid.bytes, ID_LEN});
    sum_bytes(&s, (struct span){p->key, p->has_key ? sizeof p->key : 0});
    sum_bytes(&s, (struct span){p->nick, p->nick_len});
    return sum_end(&s);
}

int64_t
group_stay_sum(const struct person *p)
{
    struct sum s;

    sum_init(&s);
    sum_int(&s, p->no);
    sum_int(&s, (int64_t)p->joined_seq);
    sum_int(&s, p->joined_ts);
    sum_int(&s, (int64_t)p->left_seq);
    sum_int(&s, p->left_ts);
    return sum_end(&s);
}

int64_t
group_standing_sum(const struct person *p)
{
    struct sum s;

    sum_init(&s);
    sum_int(&s, p->no);
    sum_int(&s, (int64_t)p->role);
    sum_int(&s, p->role_set);
    sum_int(&s, p->invited);
    sum_int(&s, (int64_t)p->ban_seq);
    sum_int(&s, p->ban_ts);
    sum_bytes(&s, (struct span){p->banned_by.bytes, ID_LEN});
    return sum_end(&s);
}

int64_t
group_invite_sum(const struct invitation *invite)
{
    struct sum s;

    sum_init(&s);
    sum_bytes(&s, (struct span){invite->hash, sizeof invite->hash});
    sum_bytes(&s, (struct span){invite->by.bytes, ID_LEN});
    sum_int(&s, invite->since);
    sum_int(&s, (int64_t)invite->uses);
    sum_int(&s, invite->expires);
    return sum_end(&s);
}

int64_t
group_about_sum(const struct roster *r)
{
    struct sum s;

    sum_init(&s);
    sum_bytes(&s, (struct span){r->topic.text, r->topic.len});
    sum_int(&s, (int64_t)r->standings);
    sum_int(&s, (int64_t)r->invitations.n);
    return sum_end(&s);
}

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
    return sum == group_person_sum(p) ? ST_OK : damaged(q, "a person", why);
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
    if (sum != group_stay_sum(p))
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
    if (sum != group_standing_sum(p))
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
    if (sum != group_invite_sum(&invite) || invitations_find(&r->invitations, invite.hash) != NULL)
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
    return sum == group_about_sum(r) ? ST_OK : damaged(q, "the topic", why);
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
