#include "entry_row.h"

#include <endian.h>
#include <string.h>

#include "sql.h"
#include "sum.h"

int64_t
entry_row_sum(const struct entry *e)
{
    uint64_t head[8] = {htole64(e->seq), htole64((uint64_t)e->ts), htole64(e->kind)};
    struct sum s;

    memcpy(head + 4, e->author.bytes, ID_LEN);
    memcpy(head + 6, e->id.bytes, ID_LEN);
    sum_init(&s);
    sum_bytes(&s, (struct span){(const uint8_t *)head, sizeof head});
    sum_bytes(&s, e->body);
    sum_bytes(&s, e->ext);
    return sum_end(&s);
}

bool
entry_row_take(sqlite3_stmt *q, struct entry *e, int64_t *author, int64_t *sum)
{
    struct span id;
    int64_t seq;
    int64_t kind;

    if (!sql_column_int(q, 0, 1, &seq) || !sql_column_int(q, 1, 1, &e->ts) ||
        !sql_column_int(q, 2, 1, &kind) || kind > ENTRY_KIND_MAX ||
        !sql_column_int(q, 3, 1, author) || !sql_column_blob(q, 4, ID_LEN, ID_LEN, &id) ||
        !sql_column_int(q, 5, INT64_MIN, sum) ||
        !sql_column_blob(q, 6, 0, BODY_MAX_BYTES, &e->body) ||
        !sql_column_blob(q, 7, 0, EXT_MAX_BYTES, &e->ext))
        return false;
    e->seq = (uint64_t)seq;
    e->kind = (uint8_t)kind;
    memcpy(e->id.bytes, id.p, ID_LEN);
    return true;
}

void
entry_row_bind(sqlite3_stmt *q, const struct entry *e, int64_t author)
{
    sqlite3_bind_int64(q, 1, (int64_t)e->seq);
    sqlite3_bind_int64(q, 2, e->ts);
    sqlite3_bind_int64(q, 3, e->kind);
    sqlite3_bind_int64(q, 4, author);
    sql_bind_span(q, 5, (struct span){e->id.bytes, ID_LEN});
    sqlite3_bind_int64(q, 6, entry_row_sum(e));
    sql_bind_span(q, 7, e->body);
    sql_bind_span(q, 8, e->ext);
}
