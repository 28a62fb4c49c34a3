/*
 * pin_file - the pins of one person, shared by all their programs: a file that is read, changed and
 * replaced as a whole under a lock (PATH.lock), or memory only.
 * Threads: the handle's. Blocking: on another program that changes the file, 2 s at most.
 */
#ifndef DISK_PIN_FILE_H
#define DISK_PIN_FILE_H

#include "disk/pins.h"

struct pin_file; /* opaque */

/* path NULL: memory only. The file need not be there. ST_INVALID (with the line), ST_DENIED (of
 * another user, or others may change it), ST_SYSTEM, ST_NOMEM. */
enum status pin_file_open(struct pin_file **out, const char *path, struct fault *why);
void pin_file_close(struct pin_file *f);

/* The i-th; NULL: there are fewer. Valid until the file is read again. */
const struct pin *pin_file_at(const struct pin_file *f, size_t i);
bool pin_file_has(const struct pin_file *f, const struct pin_place *place);
/* The key that is remembered. False: none is. */
bool pin_file_key(const struct pin_file *f, const struct pin_place *place,
                  uint8_t key[static KEY_LEN]);
/* Where the group answered last; "": not known. */
const char *pin_file_address(const struct pin_file *f, const struct pin_place *place);
/* It answered there, with that key. Remembered if it is the one that is remembered; in this handle
 * alone when the file cannot be written. */
void pin_file_answered(struct pin_file *f, const struct pin_place *place,
                       const uint8_t key[static KEY_LEN], const char *address);
/* A key that was met. ST_OK: it is the one that is remembered, or (with `remember`) none was so far
 * and it is from now on. ST_SERVER_KEY: another one is remembered; why tells both fingerprints, and
 * pin_file_accept would take the new one. Else: the file could not be read or written. */
enum status pin_file_check(struct pin_file *f, const struct pin_place *place,
                           const uint8_t key[static KEY_LEN], bool remember, struct fault *why);
/* Remember the key that was refused last, and has not been put right since, instead. What is
 * remembered of a message server's groups stays. ST_NOT_FOUND: there is none. */
enum status pin_file_accept(struct pin_file *f, const struct pin_place *place, struct fault *why);

#endif
