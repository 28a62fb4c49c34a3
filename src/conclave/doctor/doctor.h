/*
 * doctor - the steps by which `conclave doctor` finds out what is wrong, in three files: what is on
 * this machine (here.c), what answers at an address (door.c), and what a service says (talk.c).
 * Each step fills one struct finding. Threads: a struct doctor belongs to one.
 */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include <stdint.h>

#include "cmd/cmd.h"
#include "cmd/host.h"
#include "net/keys.h"
#include "net/net.h"

enum finding_kind { FINDING_OK, FINDING_WARN, FINDING_FAIL, FINDING_SKIPPED };

#define FINDING_TEXT_MAX 768

/* What a step found. */
struct finding {
    enum finding_kind kind;
    enum conclave_status exit;   /* of FINDING_FAIL: the exit status it leads to */
    char code[32];               /* a stable word; "ok" and "skipped" are two of them */
    char text[FINDING_TEXT_MAX]; /* a sentence: what is so, and what to do where it is wrong */
};

void finding_ok(struct finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
void finding_warn(struct finding *f, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void finding_fail(struct finding *f, enum conclave_status exit, const char *code,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
void finding_skip(struct finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A service that is knocked at. */
struct doctor_door {
    char what[CONCLAVE_NAME_MAX + 16]; /* "the message server" */
    char address[ENDPOINT_MAX + 1];
    uint8_t key[KEY_LEN];
    struct host_addresses host; /* where the name leads */
    enum link_event outcome;    /* of the handshake */
};

struct doctor {
    struct cmd *c;
    const char *group; /* NULL: only the way to the message server is looked at */
    struct keypair keys;
    struct net *net; /* NULL: not needed so far */
    struct doctor_door server;
    struct doctor_door at_group;
    struct path known_keys;
    enum conclave_status list; /* how c->client was answered when it asked for the groups */
    size_t groups;             /* in the list */
    bool listed;               /* group is one of them */
    enum conclave_status info; /* the same for its question about the group */
    int role;
};

typedef void doctor_step(struct doctor *d, struct finding *f);

/* ---- on this machine ---- */
doctor_step doctor_config, doctor_key, doctor_address;

/* ---- at an address ---- */
doctor_step doctor_server_host, doctor_server_connect, doctor_server_key, doctor_server_accepted;
doctor_step doctor_group_host, doctor_group_connect, doctor_group_key, doctor_group_accepted;

/* ---- in words: the first asks with a handle of its own, the others with c->client ---- */
doctor_step doctor_protocol, doctor_server_pin, doctor_groups, doctor_listed;
doctor_step doctor_group_pin, doctor_member, doctor_clock, doctor_feed;

/* ---- the report ---- */

struct doctor_line {
    const char *step; /* a stable word */
    const char *title;
    const struct finding *finding;
    int64_t ms;
};
/* At once. */
void doctor_tell(struct tell *t, const struct doctor_line *line);
/* For people: is all good, and so many steps were not looked at. */
void doctor_tell_end(struct tell *t, bool good, size_t skipped);

#endif
