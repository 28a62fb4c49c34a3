/*
 * show - prints what conclave has to tell, a line each: plain (plain.h) or JSON (jsonl.h).
 * Lines are collected and written when there are many, by show_flush, or each at once (`live`).
 * Every call returns false once writing has failed or was stopped, and then does nothing.
 * Threads: a show belongs to one. Blocking: on its descriptor, until that takes the bytes.
 */
#ifndef SHOW_H
#define SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "conclave.h"

struct show {
    int fd;          /* borrowed */
    int stop_fd;     /* borrowed; once it can be read, waiting for fd ends; -1: none */
    bool json;       /* else plain */
    bool live;       /* write each line at once */
    bool with_group; /* plain entries name their group */
    bool stopped;    /* by stop_fd; what was not written is dropped */
    int error;       /* errno of what failed; 0: nothing has */
    struct buf out;
};

/* Collects lines, no stop_fd. */
void show_init(struct show *s, int fd, bool json);
/* Frees; does not flush. */
void show_clear(struct show *s);
bool show_flush(struct show *s);

struct show_identity {
    const char *name; /* "" if there is none */
    struct conclave_id uuid;
    const char *key;
    const char *fingerprint;
};
struct show_failure {
    const char *code; /* a stable word */
    const char *text; /* a sentence */
    int exit;         /* the exit status it leads to */
    uint64_t line;    /* of standard input; 0: none */
};

bool show_self(struct show *s, const struct show_identity *self);
bool show_group(struct show *s, const struct conclave_group *g);
bool show_member(struct show *s, const struct conclave_member *m);
bool show_entry(struct show *s, const struct conclave_entry *e);

/* Success; the plain lines begin with SUCCESS. */
/* nick: the one that stays although another was asked for; else NULL. */
bool show_joined(struct show *s, const char *group, bool already, const char *nick);
bool show_left(struct show *s, const char *group);
bool show_sent(struct show *s, const char *group, const struct conclave_ack *ack);
bool show_stored(struct show *s, const char *group, uint64_t stored, uint64_t messages);

/* Remarks on a feed, and failures; the plain lines begin with "conclave: ". */
bool show_gap(struct show *s, const struct conclave_event *e);
bool show_state(struct show *s, const struct conclave_event *e);
bool show_failure(struct show *s, const struct show_failure *f);

/* "live", "catching_up", "reconnecting", "ended" */
const char *show_state_name(enum conclave_feed_state state);

#endif
