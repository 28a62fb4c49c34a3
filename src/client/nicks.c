#include "nicks.h"

#include <stdlib.h>
#include <string.h>

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
add_row(struct nicks *n, const struct id *who)
{
    struct nick *row;

    if (n->n_rows == n->cap_rows && !grow(n))
        return NULL;
    row = &n->rows[n->n_rows];
    row->who = *who;
    row->since = INT64_MIN;
    row->text[0] = '\0';
    link_row(n, n->n_rows++);
    return row;
}

const char *
nicks_find(const struct nicks *n, const struct id *who)
{
    const struct nick *row = find_row(n, who);

    return row == NULL ? NULL : row->text;
}

void
nicks_set(struct nicks *n, const struct id *who, struct span nick, int64_t since)
{
    struct nick *row = find_row(n, who);

    if (nick.len == 0 || nick.len > NAME_MAX_BYTES)
        return;
    if (row == NULL)
        row = add_row(n, who);
    if (row == NULL || since < row->since)
        return;
    row->since = since;
    memcpy(row->text, nick.p, nick.len);
    row->text[nick.len] = '\0';
}

void
nicks_learn(struct nicks *n, const struct entry *e)
{
    if (e->kind == ENTRY_JOINED)
        nicks_set(n, &e->author, e->body, e->ts);
}

const char *
nicks_name(struct nicks *n, const struct id *who)
{
    const char *known = nicks_find(n, who);
    char text[ID_TEXT_LEN + 1];

    if (known != NULL)
        return known;
    id_format(who, text);
    nicks_set(n, who, (struct span){(const uint8_t *)text, SHORT_LEN}, INT64_MIN);
    known = nicks_find(n, who);
    return known != NULL ? known : "unknown";
}

/* ---- fetching ---- */

static void
ask(struct nicks *n, const struct id *after)
{
    struct wire_request req = {.op = OP_GET_MEMBERS};

    req.u.get_members.all = true;
    req.u.get_members.after = *after;
    n->loading = session_submit(n->session, &n->call, &req) == ST_OK;
}

static void
take_page(struct nicks *n, const struct wire_member_page *page)
{
    struct wire_list members = page->members;
    struct wire_member m;
    struct id last = {{0}};

    while (wire_next_member(&members, &m)) {
        nicks_set(n, &m.uuid, m.nick, m.since);
        last = m.uuid;
    }
    if (!page->end && !id_is_zero(&last) && n->n_rows < NICKS_MAX) {
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
    n->call.done = members_done;
    n->call.ctx = n;
    memcpy(&n->seed, seed.bytes, sizeof n->seed);
}

void
nicks_clear(struct nicks *n)
{
    call_clear(&n->call);
    free(n->rows);
    free(n->slots);
    n->rows = NULL;
    n->slots = NULL;
    n->n_rows = n->cap_rows = 0;
}

void
nicks_load(struct nicks *n, int64_t deadline_ms)
{
    struct id first = {{0}};

    if (n->loading)
        return;
    n->call.deadline_ms = deadline_ms;
    n->call.patience_ms = 0;
    ask(n, &first);
}
