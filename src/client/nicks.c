#include "client/nicks.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/deed.h"
#include "base/text.h"

#define ROWS_FIRST 64u
#define SHORT_LEN  8

/* ---- the table ---- */

static uint32_t
slot_of(const struct nicks *n, const struct id *who)
{
    uint64_t a;
    uint64_t b;

    memcpy(&a, who->bytes, sizeof a);
    memcpy(&b, who->bytes + sizeof a, sizeof b);
    a = (a ^ n->seed) * UINT64_C(0x9e3779b97f4a7c15);
    a = (a ^ (a >> 32) ^ b) * UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(a >> 32) & (2 * n->cap_rows - 1);
}

static struct nick *
find_row(const struct nicks *n, const struct id *who)
{
    if (n->cap_rows == 0)
        return NULL;
    for (uint32_t i = slot_of(n, who); n->slots[i] != 0; i = (i + 1) & (2 * n->cap_rows - 1)) {
        struct nick *row = &n->rows[n->slots[i] - 1];
        if (memcmp(row->who.bytes, who->bytes, ID_LEN) == 0)
            return row;
    }
    return NULL;
}

static void
link_row(struct nicks *n, uint32_t row)
{
    uint32_t i = slot_of(n, &n->rows[row].who);

    while (n->slots[i] != 0)
        i = (i + 1) & (2 * n->cap_rows - 1);
    n->slots[i] = row + 1;
}

static bool
grow(struct nicks *n)
{
    uint32_t cap = n->cap_rows == 0 ? ROWS_FIRST : n->cap_rows * 2;
    struct nick *rows;
    uint32_t *slots;

    if (cap > NICKS_MAX)
        return false;
    rows = realloc(n->rows, cap * sizeof *rows);
    if (rows == NULL)
        return false;
    n->rows = rows;
    slots = calloc((size_t)cap * 2, sizeof *slots);
    if (slots == NULL)
        return false;
    free(n->slots);
    n->slots = slots;
    n->cap_rows = cap;
    for (uint32_t row = 0; row < n->n_rows; row++)
        link_row(n, row);
    return true;
}

static struct nick *
row_of(struct nicks *n, const struct id *who)
{
    struct nick *row = find_row(n, who);

    if (row != NULL)
        return row;
    if (n->n_rows == n->cap_rows && !grow(n))
        return NULL;
    row = &n->rows[n->n_rows];
    *row = (struct nick){.who = *who, .listed_ts = INT64_MIN};
    link_row(n, n->n_rows++);
    return row;
}

/* ---- what is known of one person ---- */

static void
copy_nick(char dst[static NAME_MAX_BYTES + 1], struct span nick)
{
    memcpy(dst, nick.p, nick.len);
    dst[nick.len] = '\0';
}

static bool
is_nick(struct span nick)
{
    return text_is_name(nick, NAME_MAX_BYTES);
}

/* The last of the old ones that is not after ts; -1: none. */
static int
old_at(const struct nick *row, int64_t ts)
{
    int i = row->n_old;

    while (--i >= 0 && row->old[i].since > ts)
        ;
    return i;
}

static const char *
nick_at(const struct nick *row, int64_t ts)
{
    int i = old_at(row, ts);
    bool listed = row->listed[0] != '\0' && !row->made_up;

    if (i >= 0 && !(listed && ts > row->listed_ts && row->old[i].since <= row->listed_ts))
        return row->old[i].text;
    if (listed)
        return row->listed;
    if (row->n_old > 0)
        return row->old[0].text;
    return row->made_up ? row->listed : NULL;
}

static bool
is_full(const struct nicks *n, const struct nick *row)
{
    return row->n_old == NICKS_OLD_MAX || (row->n_old > 0 && n->n_old >= NICKS_OLD_ALL);
}

/* Room behind the i-th. False: no memory, or too old to be remembered. */
static bool
make_room(struct nicks *n, struct nick *row, int i)
{
    struct nick_since *grown;

    if (is_full(n, row)) {
        if (i < 0)
            return false;
        memmove(row->old, row->old + 1, (size_t)i * sizeof *row->old);
        return true;
    }
    grown = realloc(row->old, (row->n_old + 1u) * sizeof *grown);
    if (grown == NULL)
        return false;
    row->old = grown;
    memmove(grown + i + 2, grown + i + 1, (size_t)(row->n_old - i - 1) * sizeof *grown);
    row->n_old++;
    n->n_old++;
    return true;
}

static void
add_old(struct nicks *n, struct nick *row, struct span nick, int64_t since)
{
    int i = old_at(row, since);
    bool full = is_full(n, row);

    if (i >= 0 && row->old[i].since == since)
        return;
    if (!make_room(n, row, i))
        return;
    i = full ? i : i + 1;
    row->old[i].since = since;
    copy_nick(row->old[i].text, nick);
}

/* ---- all people ---- */

const char *
nicks_find(const struct nicks *n, const struct id *who, int64_t ts)
{
    const struct nick *row = find_row(n, who);

    return row == NULL ? NULL : nick_at(row, ts);
}

void
nicks_set(struct nicks *n, const struct id *who, struct span nick, int64_t ts)
{
    struct nick *row = is_nick(nick) ? row_of(n, who) : NULL;

    if (row == NULL)
        return;
    row->made_up = false;
    row->listed_ts = ts;
    copy_nick(row->listed, nick);
}

void
nicks_learn(struct nicks *n, const struct entry *e)
{
    struct nick *row;

    if (e->ts > n->newest_ts)
        n->newest_ts = e->ts;
    if (deed_of(e->kind)->body != BODY_NICK || !is_nick(e->body))
        return;
    row = row_of(n, &e->author);
    if (row != NULL)
        add_old(n, row, e->body, e->ts);
}

const char *
nicks_name(struct nicks *n, const struct id *who, int64_t ts)
{
    const char *known = nicks_find(n, who, ts);
    char text[ID_TEXT_LEN + 1];
    struct nick *row;

    if (known != NULL)
        return known;
    row = row_of(n, who);
    if (row == NULL)
        return "unknown";
    id_format(who, text);
    copy_nick(row->listed, (struct span){(const uint8_t *)text, SHORT_LEN});
    row->made_up = true;
    return row->listed;
}

/* ---- fetching ---- */

static void
ask(struct nicks *n, const struct id *after)
{
    struct wire_request req = {.op = OP_GET_MEMBERS};

    req.u.get_members.all = true;
    req.u.get_members.after = *after;
    n->after = *after;
    n->loading = session_submit(n->session, &n->call, &req) == ST_OK;
}

static void
take_page(struct nicks *n, const struct wire_member_page *page)
{
    struct wire_list members = page->members;
    int64_t ts = n->newest_ts > INT64_MIN ? n->newest_ts : clock_wall_ns();
    struct wire_member m;
    struct id last = n->after;

    while (wire_next(&members, &m)) {
        nicks_set(n, &m.uuid, m.nick, ts);
        last = m.uuid;
    }
    /* A list that does not go on would be asked for without end. */
    if (!page->end && memcmp(last.bytes, n->after.bytes, ID_LEN) > 0 && n->n_rows < NICKS_MAX) {
        ask(n, &last);
        return;
    }
    n->loading = false;
    n->loaded = true;
}

static void
members_done(void *ctx, enum status st, struct frame *reply, const struct fault *why)
{
    struct nicks *n = ctx;
    struct wire_reply r;

    (void)why; /* names are a courtesy: without them there are still the UUIDs */
    if (st == ST_OK && wire_decode_reply(&r, OP_GET_MEMBERS, frame_span(reply)) == ST_OK &&
        r.code == CODE_OK)
        take_page(n, &r.u.member_page);
    else
        n->loading = false;
}

void
nicks_init(struct nicks *n, struct session *session)
{
    struct id seed = id_random();

    memset(n, 0, sizeof *n);
    n->session = session;
    n->newest_ts = INT64_MIN;
    n->call.done = members_done;
    n->call.ctx = n;
    memcpy(&n->seed, seed.bytes, sizeof n->seed);
}

void
nicks_clear(struct nicks *n)
{
    session_call_clear(&n->call);
    for (uint32_t i = 0; i < n->n_rows; i++)
        free(n->rows[i].old);
    free(n->rows);
    free(n->slots);
    n->rows = NULL;
    n->slots = NULL;
    n->n_rows = n->cap_rows = n->n_old = 0;
}

void
nicks_load(struct nicks *n, int64_t deadline_ms)
{
    struct id first = {0};

    if (n->loading)
        return;
    n->call.deadline_ms = deadline_ms;
    n->call.patience_ms = 0;
    ask(n, &first);
}
