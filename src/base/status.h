/*
 * status - one outcome enum for every module, and room for the reason in words.
 * Functions that can fail return enum status; results go out through pointers.
 * Where a person will read about the failure, a struct fault carries the sentence;
 * every such parameter may be NULL.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stddef.h>

enum status {
    ST_OK = 0,
    ST_AGAIN,       /* nothing to do now, or would block */
    ST_NOMEM,       /* out of memory */
    ST_SYSTEM,      /* the operating system refused; errno at that moment is in the fault */
    ST_INVALID,     /* malformed or out-of-range input */
    ST_NOT_FOUND,   /* no such thing */
    ST_EXISTS,      /* is there already, and would have been overwritten */
    ST_CONFLICT,    /* the same name or id stands for something else */
    ST_ORDER,       /* what must come before is not there */
    ST_FULL,        /* no room: disk, quota or a bound */
    ST_CORRUPT,     /* stored data is not what was written */
    ST_BUSY,        /* somebody else holds it */
    ST_DENIED,      /* not allowed; or unsafe ownership or mode of a file */
    ST_TIMEOUT,     /* no answer in time */
    ST_UNREACHABLE, /* no connection to the address */
    ST_SERVER_KEY,  /* the peer's key is not the trusted one */
    ST_OWN_KEY,     /* the peer does not accept our key */
    ST_PROTOCOL,    /* the peer speaks something else */
    ST_CLOSED,      /* ended, shutting down */
};

/* The symbol's lower-case name without ST_, for logs: "not_found". Never NULL. */
const char *status_name(enum status st);

#define FAULT_TEXT_MAX 384

/* A failure in words: one sentence without a full stop, fit for a terminal
 * (control characters escaped). */
struct fault {
    char text[FAULT_TEXT_MAX];
};

/* Write the sentence and return st, so that a failing function can end in
 * `return fault_set(why, ST_INVALID, "...")`. why may be NULL. */
enum status fault_set(struct fault *why, enum status st, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
