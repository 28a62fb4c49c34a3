#include "tell/record.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

struct record
record_new(void)
{
    struct record r = {.object = json_object()};

    r.failed = r.object == NULL;
    return r;
}

void
record_put(struct record *r, const char *key, json_t *value)
{
    if (json_object_set_new(r->object, key, value) != 0)
        r->failed = true;
}

void
record_put_number(struct record *r, const char *key, uint64_t value)
{
    record_put(r, key, json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

void
record_put_text(struct record *r, const char *key, const char *text)
{
    struct span raw = span_of(text);
    struct buf escaped;

    buf_init(&escaped, 0);
    if (!text_is_utf8(raw)) {
        text_escape(&escaped, raw, false);
        raw = buf_span(&escaped);
    }
    if (escaped.failed)
        r->failed = true;
    else
        record_put(r, key, json_stringn(raw.len > 0 ? (const char *)raw.p : "", raw.len));
    buf_clear(&escaped);
}

void
record_put_id(struct record *r, const char *key, const struct conclave_id *id)
{
    char text[CONCLAVE_UUID_LEN + 1];

    conclave_id_format(id, text);
    record_put(r, key, json_string(text));
}

void
record_put_time(struct record *r, const char *key, int64_t ns)
{
    char text[TIME_TEXT_LEN + 1];

    time_format_utc(ns, text);
    record_put(r, key, json_string(text));
}

void
record_put_base64(struct record *r, const char *key, struct span bytes)
{
    size_t size = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);

    if (text == NULL) {
        r->failed = true;
        return;
    }
    sodium_bin2base64(text, size, bytes.p, bytes.len, sodium_base64_VARIANT_ORIGINAL);
    record_put(r, key, json_string(text));
    free(text);
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
record_end(struct record *r, struct buf *b)
{
    if (r->failed ||
        json_dump_callback(r->object, append, b, JSON_COMPACT | JSON_ENSURE_ASCII) != 0)
        b->failed = true;
    json_decref(r->object);
}
