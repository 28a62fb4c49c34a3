/*
 * show - prints what conclave has to tell: plain (plain.h) or JSON, an object a line (jsonl.h).
 * Lines are collected and written when there are many, by show_flush, or each at once (`live`).
 * Plain lists are rows that line up, and are written by show_flush as a whole.
 * Every call returns false once writing has failed or was stopped, and then does nothing.
 * Threads: a show belongs to one. Blocking: on its descriptor, until that takes the bytes.
 */
#ifndef TELL_SHOW_H
#define TELL_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "conclave.h"
#include "tell/table.h"

#define SHOW_DAY_LEN 10 /* "2026-11-22" */

struct show {
    int fd;          /* borrowed */
    int stop_fd;     /* borrowed; once it can be read, waiting for fd ends; -1: none */
    bool json;       /* else plain */
    bool quiet;      /* no word of success and no remarks */
    bool color;      /* plain lines have colours */
    size_t width;    /* of the terminal, to which plain lines are fitted; 0: it is none */
    bool live;       /* write each line at once */
    bool with_group; /* plain entries name their group */
    bool stopped;    /* by stop_fd; what was not written is dropped */
    int error;       /* errno of what failed; 0: nothing has */
    char day[SHOW_DAY_LEN + 1]; /* of the last entry, where lines are too narrow for dates */
    struct buf out;
    struct table rows;
};

/* Collects lines, no stop_fd; plain without colours and width. */
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
    uint64_t line;    /* of the input; 0: none */
    uint64_t to_line; /* the last of several for which it holds; 0: it is one; plain only */
};
/* Something was done. What is NULL or zero is not there. */
struct show_change {
    const char *sentence; /* plain: what follows SUCCESS; from anybody */
    const char *group;
    const struct conclave_id *subject;
    const char *nick;
    const char *role;
    const char *topic;
    const char *id; /* of an invitation */
    const uint64_t *last;
};
/* What `init` made or found. */
struct show_setup {
    struct show_identity self;
    const char *key_file;
    const char *config_file;
    const char *server; /* NULL: none is named yet */
    bool made;          /* the identity is new */
};
struct show_invite {
    const char *group;
    const char *text;
    struct conclave_invitation made;
};
struct show_group_info {
    const char *group;
    const struct conclave_info *info;
    const char *fingerprint;
};
struct show_setting {
    const char *name;
    const char *value;
    const char *origin;
};

bool show_self(struct show *s, const struct show_identity *self);
bool show_setup(struct show *s, const struct show_setup *setup);
bool show_setting(struct show *s, const struct show_setting *setting);
bool show_group(struct show *s, const struct conclave_group *g);
bool show_member(struct show *s, const struct conclave_member *m);
bool show_ban(struct show *s, const struct conclave_banned *b);
bool show_invitation(struct show *s, const struct conclave_invitation *i);
bool show_info(struct show *s, const struct show_group_info *info);
bool show_topic(struct show *s, const char *group, const char *topic);
bool show_invite(struct show *s, const struct show_invite *invite);
bool show_entry(struct show *s, const struct conclave_entry *e);

/* Success; the plain lines begin with SUCCESS. */
/* nick: the one that stays although another was asked for; else NULL. */
bool show_joined(struct show *s, const char *group, bool already, const char *nick);
bool show_left(struct show *s, const char *group);
bool show_sent(struct show *s, const char *group, const struct conclave_ack *ack);
bool show_stored(struct show *s, const char *group, uint64_t stored, uint64_t messages);
bool show_exported(struct show *s, const char *group, const char *file, uint64_t entries);
bool show_change(struct show *s, const struct show_change *change);

/* Remarks, and failures; the plain lines begin with "conclave: ". */
bool show_gap(struct show *s, const struct conclave_event *e);
bool show_state(struct show *s, const struct conclave_event *e);
bool show_failure(struct show *s, const struct show_failure *f);
/* Plain only. */
bool show_remark(struct show *s, const char *text);

/* "live", "catching_up", "reconnecting", "ended" */
const char *show_state_name(enum conclave_feed_state state);

#endif
