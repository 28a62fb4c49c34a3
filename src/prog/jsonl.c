#include "jsonl.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

#include "clock.h"
#include "text.h"

#define UUID_BYTES sizeof((struct conclave_id){{0}}.bytes)

/* An object that is being filled; one failed field spoils it. */
struct record {
    json_t *object;
    bool failed;
};

static struct record
record_new(void)
{
    struct record r = {.object = json_object()};

    r.failed = r.object == NULL;
    return r;
}

/* Takes value. */
static void
put(struct record *r, const char *key, json_t *value)
{
    if (json_object_set_new(r->object, key, value) != 0)
        r->failed = true;
}

static void
put_number(struct record *r, const char *key, uint64_t value)
{
    put(r, key, json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

/* A name or sentence. It should be UTF-8; where it is not, its escaped form is. */
static void
put_text(struct record *r, const char *key, const char *text)
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
        put(r, key, json_stringn(raw.len > 0 ? (const char *)raw.p : "", raw.len));
    buf_clear(&escaped);
}

static void
put_id(struct record *r, const char *key, const struct conclave_id *id)
{
    char text[CONCLAVE_UUID_LEN + 1];

    conclave_id_format(id, text);
    put(r, key, json_string(text));
}

static void
put_time(struct record *r, const char *key, int64_t ns)
{
    char text[TIME_TEXT_LEN + 1];

    time_format_utc(ns, text);
    put(r, key, json_string(text));
}

static void
put_base64(struct record *r, const char *key, struct span bytes)
{
    size_t size = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);

    if (text == NULL) {
        r->failed = true;
        return;
    }
    sodium_bin2base64(text, size, bytes.p, bytes.len, sodium_base64_VARIANT_ORIGINAL);
    put(r, key, json_string(text));
    free(text);
}

static void
put_body(struct record *r, const struct conclave_entry *e)
{
    struct span body = {e->body, e->body_len};
    struct conclave_id subject;

    if (e->kind == CONCLAVE_KICKED && body.len == UUID_BYTES) {
        for (size_t i = 0; i < UUID_BYTES; i++)
            subject.bytes[i] = body.p[i];
        put_id(r, "subject", &subject);
    } else if (e->kind != CONCLAVE_MESSAGE && body.len == 0) {
        return;
    } else if (text_is_utf8(body)) {
        put(r, "text", json_stringn(body.len > 0 ? (const char *)body.p : "", body.len));
    } else {
        put_base64(r, "body_base64", body);
    }
}

static int
append(const char *bytes, size_t len, void *b)
{
    return buf_append(b, bytes, len) == ST_OK ? 0 : -1;
}

/* Write the object behind b and free it. */
static void
record_end(struct record *r, struct buf *b)
{
    if (r->failed ||
        json_dump_callback(r->object, append, b, JSON_COMPACT | JSON_ENSURE_ASCII) != 0)
        b->failed = true;
    json_decref(r->object);
}

void
jsonl_entry(struct buf *b, const struct conclave_entry *e)
{
    struct record r = record_new();

    put_text(&r, "group", e->group);
    put_number(&r, "seq", e->seq);
    put_time(&r, "ts", e->ts);
    put_text(&r, "kind", conclave_kind_name(e->kind));
    put_id(&r, "author", &e->author);
    put_text(&r, "nick", e->nick);
    put_id(&r, "id", &e->id);
    put_body(&r, e);
    if (e->ext_len > 0)
        put_base64(&r, "ext_base64", (struct span){e->ext, e->ext_len});
    record_end(&r, b);
}

void
jsonl_group(struct buf *b, const struct conclave_group *g)
{
    struct record r = record_new();

    put_text(&r, "name", g->name);
    put_text(&r, "address", g->address);
    put_text(&r, "key", g->key);
    put_number(&r, "members", g->members);
    put_text(&r, "description", g->description);
    record_end(&r, b);
}

void
jsonl_member(struct buf *b, const struct conclave_member *m)
{
    struct record r = record_new();

    put_id(&r, "uuid", &m->uuid);
    put_text(&r, "nick", m->nick);
    put_time(&r, "since", m->since);
    record_end(&r, b);
}

void
jsonl_self(struct buf *b, const struct show_identity *self)
{
    struct record r = record_new();

    put_text(&r, "name", self->name);
    put_id(&r, "uuid", &self->uuid);
    put_text(&r, "key", self->key);
    put_text(&r, "fingerprint", self->fingerprint);
    record_end(&r, b);
}

static struct record
success(const char *group)
{
    struct record r = record_new();

    put(&r, "ok", json_true());
    put_text(&r, "group", group);
    return r;
}

void
jsonl_joined(struct buf *b, const char *group, bool already, const char *nick)
{
    struct record r = success(group);

    put(&r, "already", json_boolean(already));
    if (nick != NULL)
        put_text(&r, "nick", nick);
    record_end(&r, b);
}

void
jsonl_left(struct buf *b, const char *group)
{
    struct record r = success(group);

    record_end(&r, b);
}

void
jsonl_sent(struct buf *b, const char *group, const struct conclave_ack *ack)
{
    struct record r = success(group);

    put_number(&r, "seq", ack->seq);
    put_time(&r, "ts", ack->ts);
    put_id(&r, "id", &ack->id);
    record_end(&r, b);
}

void
jsonl_stored(struct buf *b, const char *group, uint64_t stored, uint64_t messages)
{
    struct record r = success(group);

    put_number(&r, "stored", stored);
    put_number(&r, "messages", messages);
    record_end(&r, b);
}

void
jsonl_gap(struct buf *b, const struct conclave_event *e)
{
    struct record r = record_new();

    put_text(&r, "group", e->group);
    put(&r, "kind", json_string("gap"));
    put_number(&r, "first", e->first);
    put_number(&r, "last", e->last);
    record_end(&r, b);
}

void
jsonl_state(struct buf *b, const struct conclave_event *e)
{
    struct record r = record_new();

    put_text(&r, "group", e->group);
    put(&r, "kind", json_string("state"));
    put(&r, "state", json_string(show_state_name(e->state)));
    put_text(&r, "code", e->code);
    put_text(&r, "text", e->text);
    record_end(&r, b);
}

void
jsonl_failure(struct buf *b, const struct show_failure *f)
{
    struct record r = record_new();

    put_text(&r, "error", f->code);
    put_text(&r, "text", f->text);
    put(&r, "exit", json_integer(f->exit));
    if (f->line > 0)
        put_number(&r, "line", f->line);
    record_end(&r, b);
}
