#include "raw.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uuid.h>
#include <zmq.h>

#define LARGEST 310000 /* docs/protocol.md, section 2 */

static FILE *transcript;

void
raw_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

void
raw_deadline(unsigned seconds)
{
    alarm(seconds);
}

int64_t
raw_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
raw_transcript(FILE *file)
{
    transcript = file;
}

static void
note(const void *bytes, size_t len)
{
    if (transcript && fwrite(bytes, 1, len, transcript) != len)
        raw_fail("cannot write the transcript");
}

/* ---- keys and sockets ---- */

static void
read_value(const char *text, const char *name, char out[static RAW_Z85])
{
    const char *at = strstr(text, name);

    at = at ? strchr(at, '"') : NULL;
    if (!at || strlen(at) < RAW_Z85 + 1 || at[RAW_Z85] != '"')
        raw_fail("no %s in the key file", name);
    memcpy(out, at + 1, RAW_Z85 - 1);
    out[RAW_Z85 - 1] = 0;
}

/* Section 5: version 5 of Conclave's namespace and the key. */
static void
make_uuid(struct raw_key *key)
{
    uuid_t space;

    if (uuid_parse("a58ac5d5-9b3c-4e0b-8f0e-6c3d2f0a7e41", space) != 0)
        raw_fail("no namespace");
    uuid_generate_sha1(key->uuid, space, (const char *)key->public_key, RAW_KEY_LEN);
}

void
raw_key_load(struct raw_key *out, const char *path)
{
    char text[4096], secret[4096];
    FILE *file;
    size_t len;

    snprintf(secret, sizeof secret, "%s_secret", path);
    file = fopen(secret, "r");
    if (!file)
        raw_fail("cannot read %s", secret);
    len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = 0;
    read_value(text, "public-key", out->public_z85);
    read_value(text, "secret-key", out->secret_z85);
    if (!zmq_z85_decode(out->public_key, out->public_z85))
        raw_fail("%s holds no key", path);
    make_uuid(out);
}

static void
set_int(void *socket, int option, int value)
{
    if (zmq_setsockopt(socket, option, &value, sizeof value) != 0)
        raw_fail("option %d: %s", option, zmq_strerror(zmq_errno()));
}

void *
raw_socket(void *ctx, int type, const struct raw_key *me, const char *server_z85)
{
    int64_t largest = LARGEST;
    void *s = zmq_socket(ctx, type);

    if (!s)
        raw_fail("no socket: %s", zmq_strerror(zmq_errno()));
    set_int(s, ZMQ_LINGER, 0);
    set_int(s, ZMQ_RCVTIMEO, RAW_WAIT_MS);
    set_int(s, ZMQ_SNDTIMEO, RAW_WAIT_MS);
    set_int(s, ZMQ_TCP_KEEPALIVE, 1);
    if (zmq_setsockopt(s, ZMQ_MAXMSGSIZE, &largest, sizeof largest) != 0 ||
        zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, me->public_z85, RAW_Z85) != 0 ||
        zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, me->secret_z85, RAW_Z85) != 0 ||
        zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, server_z85, RAW_Z85) != 0)
        raw_fail("options: %s", zmq_strerror(zmq_errno()));
    return s;
}

void
raw_connect(void *socket, const char *endpoint)
{
    if (zmq_connect(socket, endpoint) != 0)
        raw_fail("%s: %s", endpoint, zmq_strerror(zmq_errno()));
}

void
raw_close(void *socket)
{
    zmq_close(socket);
}

/* ---- requests ---- */

/* A copy of the next part; NULL: none in time. */
static uint8_t *
receive(void *socket, size_t *len, bool *more)
{
    zmq_msg_t msg;
    uint8_t *copy;

    zmq_msg_init(&msg);
    if (zmq_msg_recv(&msg, socket, 0) < 0) {
        zmq_msg_close(&msg);
        return NULL;
    }
    *len = zmq_msg_size(&msg);
    *more = zmq_msg_more(&msg);
    copy = malloc(*len + 1);
    if (!copy)
        raw_fail("out of memory");
    memcpy(copy, zmq_msg_data(&msg), *len);
    zmq_msg_close(&msg);
    note(copy, *len);
    return copy;
}

void
raw_reply_clear(struct raw_reply *r)
{
    free(r->bytes);
    memset(r, 0, sizeof *r);
}

static void
read_error(struct raw_in *in, struct raw_reply *out)
{
    struct raw_in code = raw_field(*in, "code"), text = raw_field(*in, "text");
    char sentence[RAW_TEXT];

    raw_read_str(&code, out->error);
    raw_read_str(&text, sentence);
    if (!out->error[0] || !sentence[0])
        raw_fail("an error without words");
    raw_skip(in);
    if (!raw_read_nil(in))
        raw_fail("an error with a result");
}

void
raw_ask(void *req, const struct raw_out *o, struct raw_reply *out)
{
    struct raw_in in;
    bool more;

    memset(out, 0, sizeof *out);
    note(o->bytes, o->len);
    if (zmq_send(req, o->bytes, o->len, 0) < 0)
        raw_fail("cannot send: %s", zmq_strerror(zmq_errno()));
    out->bytes = receive(req, &in.left, &more);
    if (!out->bytes)
        raw_fail("no answer: %s", zmq_strerror(zmq_errno()));
    in.p = out->bytes;
    if (more || raw_read_array(&in) != 4 || raw_read_uint(&in) != 1)
        raw_fail("the answer is no reply");
    if (raw_read_uint(&in) != o->msgid)
        raw_fail("the answer is one to another request");
    if (raw_read_nil(&in)) {
        out->result = in;
        raw_skip(&in);
    } else {
        read_error(&in, out);
    }
    if (in.left)
        raw_fail("%zu bytes behind the answer", in.left);
}

void
raw_must(void *req, const struct raw_out *o, const char *code, struct raw_reply *out)
{
    raw_ask(req, o, out);
    if (strcmp(out->error, code ? code : "") != 0)
        raw_fail("the answer is \"%s\", not \"%s\"", out->error, code ? code : "");
}

/* ---- entries and the feed ---- */

void
raw_read_entry(struct raw_in *in, struct raw_entry *out)
{
    if (raw_read_array(in) != 7)
        raw_fail("an entry is an array of seven");
    out->seq = raw_read_uint(in);
    out->ts = raw_read_uint(in);
    out->kind = raw_read_uint(in);
    raw_read_fixed(in, out->author, RAW_ID_LEN);
    raw_read_fixed(in, out->id, RAW_ID_LEN);
    out->body = raw_read_bin(in, &out->body_len);
    out->ext = NULL;
    out->ext_len = 0;
    if (!raw_read_nil(in))
        out->ext = raw_read_bin(in, &out->ext_len);
}

void
raw_event_clear(struct raw_event *e)
{
    free(e->bytes);
    memset(e, 0, sizeof *e);
}

bool
raw_next_event(void *sub, int wait_ms, struct raw_event *out)
{
    zmq_pollitem_t item = {.socket = sub, .events = ZMQ_POLLIN};
    struct raw_in in;
    uint8_t *topic;
    size_t len = 0;
    bool more = false;

    memset(out, 0, sizeof *out);
    if (zmq_poll(&item, 1, wait_ms) <= 0)
        return false;
    topic = receive(sub, &len, &more);
    if (!topic || len != RAW_ID_LEN || !more)
        raw_fail("a feed message does not begin with a ticket");
    memcpy(out->topic, topic, RAW_ID_LEN);
    free(topic);
    out->bytes = receive(sub, &in.left, &more);
    if (!out->bytes || more)
        raw_fail("a feed message does not have two parts");
    in.p = out->bytes;
    if (raw_read_array(&in) != 3 || raw_read_uint(&in) != 2)
        raw_fail("a feed message is no event");
    raw_read_str(&in, out->name);
    out->fields = in;
    return true;
}

/* ---- whole steps ---- */

static void
copy_field(struct raw_in map, const char *name, char out[static RAW_TEXT])
{
    struct raw_in value = raw_field(map, name);

    raw_read_str(&value, out);
}

void
raw_find_group(void *req, const char *name, struct raw_group *out)
{
    struct raw_reply reply;
    struct raw_out o;
    struct raw_in groups;

    raw_begin(&o, "get_group_list", 0);
    raw_must(req, &o, NULL, &reply);
    groups = raw_field(reply.result, "groups");
    for (uint32_t n = raw_read_array(&groups); n > 0; n--) {
        char found[RAW_TEXT];

        copy_field(groups, "name", found);
        if (strcmp(found, name) == 0) {
            struct raw_in key = raw_field(groups, "key");
            uint8_t bytes[RAW_KEY_LEN];

            raw_read_fixed(&key, bytes, sizeof bytes);
            zmq_z85_encode(out->key_z85, bytes, sizeof bytes);
            copy_field(groups, "address", out->address);
            copy_field(groups, "feed", out->feed);
            copy_field(groups, "description", out->description);
            raw_reply_clear(&reply);
            return;
        }
        raw_skip(&groups);
    }
    raw_fail("the group \"%s\" is not on the list", name);
}

uint64_t
raw_join(void *req, const struct raw_key *me, const char *nick, uint8_t *log)
{
    struct raw_reply reply;
    struct raw_out o;
    uint64_t seq;
    struct raw_in value;

    raw_begin(&o, "join_group", 2);
    raw_str(&o, "uuid");
    raw_bin(&o, me->uuid, RAW_ID_LEN);
    raw_str(&o, "nick");
    raw_str(&o, nick);
    raw_must(req, &o, NULL, &reply);
    seq = raw_field_uint(reply.result, "seq");
    value = raw_field(reply.result, "log");
    if (log)
        raw_read_fixed(&value, log, RAW_ID_LEN);
    raw_reply_clear(&reply);
    return seq;
}

uint64_t
raw_subscribe(void *req, uint8_t ticket[static RAW_ID_LEN], char feed[static RAW_TEXT])
{
    struct raw_reply reply;
    struct raw_out o;
    uint64_t head;
    struct raw_in value;

    raw_begin(&o, "subscribe", 0);
    raw_must(req, &o, NULL, &reply);
    value = raw_field(reply.result, "ticket");
    raw_read_fixed(&value, ticket, RAW_ID_LEN);
    copy_field(reply.result, "feed", feed);
    head = raw_field_uint(reply.result, "head");
    raw_reply_clear(&reply);
    return head;
}

uint64_t
raw_send(void *req, const char *text)
{
    struct raw_reply reply;
    struct raw_out o;
    uuid_t id;
    uint64_t seq;
    struct raw_in acks;

    uuid_generate_random(id);
    raw_begin(&o, "send_message", 1);
    raw_str(&o, "messages");
    raw_array(&o, 1);
    raw_array(&o, 2);
    raw_bin(&o, id, sizeof id);
    raw_bin(&o, text, strlen(text));
    raw_must(req, &o, NULL, &reply);
    acks = raw_field(reply.result, "acks");
    if (raw_read_array(&acks) != 1 || raw_read_array(&acks) != 2)
        raw_fail("one message must have one ack of two");
    seq = raw_read_uint(&acks);
    if (!seq)
        raw_fail("the message was refused");
    raw_reply_clear(&reply);
    return seq;
}
