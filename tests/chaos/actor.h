/*
 * actor - what the programs of the chaos tests have in common: one person in one group, and a
 * record of what happened to them, in the format that check_history.py describes.
 * A failure that leaves nothing to go on with ends the program with status 2.
 * Threads: one.
 */
#ifndef ACTOR_H
#define ACTOR_H

#include <conclave.h>
#include <stdint.h>
#include <stdio.h>

struct actor_options {
    const char *server;
    const char *server_key;
    const char *key; /* is made if it is not there */
    const char *group;
    const char *record;
    int64_t deadline_ms; /* actor_now_ms by which everything must be over */
};

struct actor {
    struct actor_options o;
    struct conclave *c;
    FILE *record; /* appended to, a line at a time */
};

#define ACTOR_HASH_LEN 16

/* The options that all programs have, one at a time: true if it was one of them. */
#define ACTOR_SHORT_OPTIONS "s:S:k:g:r:d:"
#define ACTOR_USAGE         "-s SERVER -S SERVER-KEY -k KEY -g GROUP -r RECORD [-d SECONDS]"
bool actor_option(struct actor_options *o, int letter, const char *value);

/* Become a member, with patience, and open the record. */
void actor_open(struct actor *a, const struct actor_options *o);
void actor_close(struct actor *a);

/* SIGTERM came: end in order. */
bool actor_told_to_end(void);
/* The deadline is over. */
bool actor_is_late(const struct actor *a);
int64_t actor_now_ms(void);

void actor_hash(const void *bytes, size_t len, char text[static ACTOR_HASH_LEN + 1]);
/* "SEQ TS KIND AUTHOR ID HASH" behind `word`. */
void actor_record_entry(struct actor *a, const char *word, const struct conclave_entry *e);
/* "WORD UUID-of-this-person": the first line of a record. */
void actor_record_self(struct actor *a, const char *word);

long actor_number(const char *text);
__attribute__((noreturn, format(printf, 1, 2))) void actor_die(const char *format, ...);

#endif
