#include "tell/facts.h"

#include <assert.h>

#include "base/text.h"

static void
add(struct facts *f, struct fact fact)
{
    assert(f->n < FACTS_MAX);
    f->items[f->n++] = fact;
}

void
fact_text(struct facts *f, const char *key, const char *text, unsigned column)
{
    add(f, (struct fact){key, column, .kind = FACT_TEXT, .bytes = span_of(text)});
}

void
fact_number(struct facts *f, const char *key, uint64_t number, unsigned column)
{
    add(f, (struct fact){key, column, .kind = FACT_NUMBER, .number = number});
}

void
fact_time(struct facts *f, const char *key, int64_t ns, unsigned column)
{
    add(f, (struct fact){key, column, .kind = FACT_TIME, .ns = ns});
}

void
fact_id(struct facts *f, const char *key, const struct conclave_id *id, unsigned column)
{
    add(f, (struct fact){key, column, .kind = FACT_ID, .id = *id});
}

void
fact_flag(struct facts *f, const char *key, bool flag)
{
    add(f, (struct fact){key, JSON_ONLY, .kind = FACT_FLAG, .flag = flag});
}

void
fact_base64(struct facts *f, const char *key, struct span bytes)
{
    add(f, (struct fact){key, JSON_ONLY, .kind = FACT_BASE64, .bytes = bytes});
}

void
fact_body(struct facts *f, struct span body)
{
    if (text_is_utf8(body))
        add(f, (struct fact){"text", JSON_ONLY, .kind = FACT_TEXT, .bytes = body});
    else
        fact_base64(f, "body_base64", body);
}

void
fact_word(struct facts *f, const char *word, unsigned column)
{
    fact_text(f, NULL, word, column);
}
