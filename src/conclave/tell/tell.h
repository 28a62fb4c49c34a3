/*
 * tell - prints what conclave has to tell: lines for people (plain), or JSON, an object a line.
 * Plain text from others is escaped, times are local. JSON is ASCII, everything else \uXXXX, and
 * valid for any bytes: a body that is not UTF-8 is in "body_base64", any other text in the escaped
 * form of text_escape.
 * Lines are collected and written when there are many, by tell_flush, or each at once (`live`).
 * Plain lists are rows that line up, and are written by tell_flush as a whole.
 * Every call returns false once writing has failed or was stopped, and then does nothing.
 * Threads: a tell belongs to one. Blocking: on its descriptor, until that takes the bytes.
 */
#ifndef TELL_TELL_H
#define TELL_TELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "conclave.h"
#include "tell/table.h"

#define TELL_DAY_LEN 10 /* "2026-11-22" */

struct tell {
    int fd;          /* borrowed */
    int stop_fd;     /* borrowed; once it can be read, waiting for fd ends; -1: none */
    bool json;       /* else plain */
    bool quiet;      /* no word of success and no remarks */
    bool color;      /* plain lists have colours */
    size_t width;    /* of the terminal, to which plain lines are fitted; 0: it is none */
    bool live;       /* write each line at once */
    bool with_group; /* plain entries name their group */
    bool stopped;    /* by stop_fd; what was not written is dropped */
    int error;       /* errno of what failed; 0: nothing has */
    char day[TELL_DAY_LEN + 1]; /* of the last entry, where lines are too narrow for dates */
    struct buf out;
    size_t line; /* the last one begins here in out */
    struct table rows;
};

/* Collects lines, no stop_fd; plain without colours and width. */
void tell_init(struct tell *t, int fd, bool json);
/* Frees; does not flush. */
void tell_clear(struct tell *t);
bool tell_flush(struct tell *t);

/* ---- lists, of which each thing is a row ---- */

bool tell_group(struct tell *t, const struct conclave_group *g);
bool tell_member(struct tell *t, const struct conclave_member *m);
bool tell_ban(struct tell *t, const struct conclave_banned *b);
bool tell_invitation(struct tell *t, const struct conclave_invitation *i);
bool tell_setting(struct tell *t, const char *name, const char *value, const char *origin);

/* ---- one thing ---- */

struct tell_identity {
    const char *name; /* "" if there is none */
    struct conclave_id uuid;
    const char *key;
    const char *fingerprint;
};
/* What `init` made or found. */
struct tell_setup {
    struct tell_identity self;
    const char *key_file;
    const char *config_file;
    const char *server; /* NULL: none is named yet */
    bool made;          /* the identity is new */
};

bool tell_self(struct tell *t, const struct tell_identity *self);
bool tell_setup(struct tell *t, const struct tell_setup *setup);
bool tell_info(struct tell *t, const char *group, const struct conclave_info *info,
               const char *fingerprint);
bool tell_topic(struct tell *t, const char *group, const char *topic);
bool tell_invite(struct tell *t, const char *group, const char *text,
                 const struct conclave_invitation *made);
bool tell_entry(struct tell *t, const struct conclave_entry *e);

/* ---- success; the plain lines begin with SUCCESS ---- */

/* What was done, and to whom. What is NULL is not there. */
struct tell_change {
    const char *group;
    const struct conclave_id *subject;
    const char *nick;
    const char *role;
    const char *topic;
    const uint64_t *last;
};

/* nick: the one that stays although another was asked for; else NULL. */
bool tell_joined(struct tell *t, const char *group, bool already, const char *nick);
bool tell_left(struct tell *t, const char *group);
bool tell_sent(struct tell *t, const char *group, const struct conclave_ack *ack);
bool tell_stored(struct tell *t, const char *group, uint64_t stored, uint64_t messages);
bool tell_exported(struct tell *t, const char *group, const char *file, uint64_t entries);
/* The sentence is the plain line. */
bool tell_change(struct tell *t, const struct tell_change *change, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- remarks and failures; the plain lines begin with "conclave: " ---- */

struct tell_failure {
    const char *code;          /* a stable word */
    const char *text;          /* a sentence */
    enum conclave_status exit; /* the exit status it leads to */
    uint64_t line;             /* of the input; 0: none */
    uint64_t to_line; /* the last of several for which it holds; 0: it is one; plain only */
};

bool tell_gap(struct tell *t, const struct conclave_event *e);
bool tell_state(struct tell *t, const struct conclave_event *e);
bool tell_failure(struct tell *t, const struct tell_failure *f);
/* Plain only. */
bool tell_remark(struct tell *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
