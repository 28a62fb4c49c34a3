/*
 * raw - what docs/protocol.md says, by hand: libzmq sockets and MessagePack bytes, with no code
 * of Conclave's. Whatever surprises ends the program with a message and status 1.
 */
#ifndef RAW_H
#define RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define RAW_WAIT_MS 5000
#define RAW_KEY_LEN 32
#define RAW_ID_LEN  16
#define RAW_Z85     41 /* with the NUL */
#define RAW_TEXT    320

_Noreturn void raw_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Stop the process if it takes longer than any wait below may. */
void raw_deadline(unsigned seconds);
int64_t raw_now_ms(void);

/* ---- keys and sockets ---- */

struct raw_key {
    char public_z85[RAW_Z85];
    char secret_z85[RAW_Z85];
    uint8_t public_key[RAW_KEY_LEN];
    uint8_t uuid[RAW_ID_LEN];
};

/* From PATH_secret. */
void raw_key_load(struct raw_key *out, const char *path);
/* A CURVE client of server_z85, not yet connected. */
void *raw_socket(void *ctx, int type, const struct raw_key *me, const char *server_z85);
void raw_connect(void *socket, const char *endpoint);
void raw_close(void *socket);

/* Where to put the plain text of all that is sent and received; NULL: nowhere. */
void raw_transcript(FILE *file);

/* ---- writing ---- */

struct raw_out {
    uint8_t bytes[65536];
    size_t len;
    uint32_t msgid;
};

/* [0, next msgid, method, {n_fields fields that follow}] */
void raw_begin(struct raw_out *o, const char *method, unsigned n_fields);
void raw_array(struct raw_out *o, unsigned n);
void raw_uint(struct raw_out *o, uint64_t value);
void raw_str(struct raw_out *o, const char *text);
void raw_bin(struct raw_out *o, const void *bytes, size_t len);

/* ---- reading ---- */

struct raw_in {
    const uint8_t *p;
    size_t left;
};

uint32_t raw_read_array(struct raw_in *in);
uint32_t raw_read_map(struct raw_in *in);
uint64_t raw_read_uint(struct raw_in *in);
bool raw_read_bool(struct raw_in *in);
bool raw_read_nil(struct raw_in *in); /* false: something else, not taken */
/* NUL-terminated. */
void raw_read_str(struct raw_in *in, char out[static RAW_TEXT]);
/* Borrowed from the message. */
const uint8_t *raw_read_bin(struct raw_in *in, size_t *len);
void raw_read_fixed(struct raw_in *in, uint8_t *out, size_t len);
void raw_skip(struct raw_in *in);
/* The value of a field of the map that `in` begins with. It must be there. */
struct raw_in raw_field(struct raw_in map, const char *name);
uint64_t raw_field_uint(struct raw_in map, const char *name);

/* ---- requests ---- */

struct raw_reply {
    uint8_t *bytes;       /* freed with raw_reply_clear */
    char error[RAW_TEXT]; /* code; empty: success */
    struct raw_in result; /* of success */
};

void raw_reply_clear(struct raw_reply *r);
/* Send on a REQ socket, wait for the answer. */
void raw_ask(void *req, const struct raw_out *o, struct raw_reply *out);
/* The same, and it must succeed, or (code not NULL) be refused with code. */
void raw_must(void *req, const struct raw_out *o, const char *code, struct raw_reply *out);

/* ---- entries and the feed ---- */

struct raw_entry {
    uint64_t seq;
    uint64_t ts;
    uint64_t kind;
    uint8_t author[RAW_ID_LEN];
    uint8_t id[RAW_ID_LEN];
    const uint8_t *body;
    size_t body_len;
    const uint8_t *ext; /* NULL: nil */
    size_t ext_len;
};

void raw_read_entry(struct raw_in *in, struct raw_entry *out);

struct raw_event {
    uint8_t *bytes; /* freed with raw_event_clear */
    uint8_t topic[RAW_ID_LEN];
    char name[RAW_TEXT];
    struct raw_in fields;
};

void raw_event_clear(struct raw_event *e);
/* The next message of a SUB socket. False: none within wait_ms. */
bool raw_next_event(void *sub, int wait_ms, struct raw_event *out);

/* ---- whole steps ---- */

/* Find a group in the message server's list. */
struct raw_group {
    char key_z85[RAW_Z85];
    char address[RAW_TEXT];
    char feed[RAW_TEXT];
    char description[RAW_TEXT];
};
void raw_find_group(void *req, const char *name, struct raw_group *out);
/* Join; returns the seq of the joined entry. log may be NULL. */
uint64_t raw_join(void *req, const struct raw_key *me, const char *nick, uint8_t *log);
/* Subscribe; returns the head. */
uint64_t raw_subscribe(void *req, uint8_t ticket[static RAW_ID_LEN], char feed[static RAW_TEXT]);
/* Send one text under a random id; returns its seq. */
uint64_t raw_send(void *req, const char *text);

#endif
