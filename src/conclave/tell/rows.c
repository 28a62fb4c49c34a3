/* Facts for people: as rows of a list, and as lines with labels. */
#include <inttypes.h>

#include "base/text.h"
#include "tell/facts.h"
#include "tell/plain.h"

#define LABEL 13 /* columns of what a value is called */

static void
put_value(struct buf *b, const struct fact *f)
{
    char uuid[CONCLAVE_UUID_LEN + 1];
    char time[PLAIN_TIME_SIZE];

    switch (f->kind) {
    case FACT_TEXT:
        text_escape(b, f->bytes, false);
        break;
    case FACT_NUMBER:
        plain_put(b, "%" PRIu64, f->number);
        break;
    case FACT_TIME:
        plain_format_time(time, f->ns);
        plain_put(b, "%s", time);
        break;
    case FACT_ID:
        conclave_id_format(&f->id, uuid);
        plain_put(b, "%s", uuid);
        break;
    case FACT_FLAG:
    case FACT_BASE64:
        break; /* never seen by people */
    }
}

static void
put_column(struct buf *b, const struct facts *f, unsigned column)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].column == column)
            put_value(b, &f->items[i]);
}

bool
tell_row(struct tell *t, const struct facts *f, const struct columns *columns)
{
    if (!tell_begin(t, f))
        return tell_goes_on(t);
    /* A row is not written before its list is over. */
    table_begin(&t->rows, columns->n, columns->elastic, columns->first);
    for (unsigned i = 1; i <= columns->n; i++) {
        put_column(&t->rows.text, f, i);
        table_cell(&t->rows);
    }
    return true;
}

void
facts_put_fields(struct tell *t, const struct facts *f, const char *const labels[], unsigned n)
{
    struct buf value;

    buf_init(&value, 0);
    for (unsigned i = 1; i <= n; i++) {
        if (t->out.len > t->line)
            plain_put(&t->out, "\n");
        plain_put(&t->out, "%-*s", LABEL, labels[i - 1]);
        put_column(&value, f, i);
        plain_wrap(t, &value, LABEL, LABEL);
        buf_reset(&value);
    }
    buf_clear(&value);
}

bool
tell_fields(struct tell *t, const struct facts *f, const char *const labels[], unsigned n)
{
    if (!tell_begin(t, f))
        return tell_goes_on(t);
    facts_put_fields(t, f, labels, n);
    return tell_end(t);
}
