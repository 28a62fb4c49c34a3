/* Facts as an object (jansson). */
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "tell/facts.h"

static json_t *
text_of(struct span text)
{
    struct buf escaped;
    json_t *value = NULL;

    buf_init(&escaped, 0);
    if (!text_is_utf8(text)) {
        text_escape(&escaped, text, false);
        text = buf_span(&escaped);
    }
    if (!escaped.failed)
        value = json_stringn(text.len > 0 ? (const char *)text.p : "", text.len);
    buf_clear(&escaped);
    return value;
}

static json_t *
base64_of(struct span bytes)
{
    size_t size = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);
    json_t *value;

    if (text == NULL)
        return NULL;
    value = json_string(
        sodium_bin2base64(text, size, bytes.p, bytes.len, sodium_base64_VARIANT_ORIGINAL));
    free(text);
    return value;
}

/* NULL: no memory. */
static json_t *
value_of(const struct fact *f)
{
    char uuid[CONCLAVE_UUID_LEN + 1];
    char time[TIME_TEXT_LEN + 1];

    switch (f->kind) {
    case FACT_TEXT:
        return text_of(f->bytes);
    case FACT_BASE64:
        return base64_of(f->bytes);
    case FACT_NUMBER:
        return json_integer(f->number > INT64_MAX ? INT64_MAX : (json_int_t)f->number);
    case FACT_TIME:
        time_format_utc(f->ns, time);
        return json_string(time);
    case FACT_ID:
        conclave_id_format(&f->id, uuid);
        return json_string(uuid);
    case FACT_FLAG:
        return json_boolean(f->flag);
    }
    return NULL;
}

/* JSON_ENSURE_ASCII leaves DEL as it is, which is a control character all the same. */
static int
append(const char *bytes, size_t len, void *b)
{
    const char *del;
    enum status st = ST_OK;

    while (st == ST_OK && (del = memchr(bytes, 0x7f, len)) != NULL) {
        size_t n = (size_t)(del - bytes);

        st = buf_append(b, bytes, n);
        if (st == ST_OK)
            st = buf_append(b, "\\u007f", strlen("\\u007f"));
        bytes += n + 1;
        len -= n + 1;
    }
    if (st == ST_OK)
        st = buf_append(b, bytes, len);
    return st == ST_OK ? 0 : -1;
}

void
facts_put_json(struct buf *b, const struct facts *f)
{
    json_t *object = json_object();
    bool good = object != NULL;

    /* A value that is NULL is refused. */
    for (size_t i = 0; i < f->n && good; i++)
        if (f->items[i].key != NULL)
            good = json_object_set_new(object, f->items[i].key, value_of(&f->items[i])) == 0;
    if (!good || json_dump_callback(object, append, b, JSON_COMPACT | JSON_ENSURE_ASCII) != 0)
        b->failed = true;
    json_decref(object);
}
