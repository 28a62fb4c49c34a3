/*
 * memory - what the chat remembers on disk: where groups were, and to where each was read; of each
 * person apart. Several chats of one may run side by side.
 */
#ifndef MODEL_MEMORY_H
#define MODEL_MEMORY_H

#include <stdbool.h>

#include "conclave.h"

struct memory;

/* What self is to remember, in a directory of their own in dir, which is made if only its last part
 * is missing. NULL: nothing is remembered. Returns NULL when there is no memory. */
struct memory *memory_open(const char *dir, const struct conclave_id *self);
void memory_close(struct memory *k);

struct kept_group {
    char name[CONCLAVE_NAME_MAX + 1];
    char key[CONCLAVE_KEY_LEN + 1];
    char address[256];
};
size_t memory_count(const struct memory *k);
const struct kept_group *memory_at(const struct memory *k, size_t i);
/* Remember a group, or where it is now; forget it. Written at once when something changed. */
void memory_group(struct memory *k, const char *name, const char *key, const char *address);
void memory_forget(struct memory *k, const char *name);

/* False: not known. */
bool memory_read(const struct memory *k, const char *name, struct conclave_cursor *out);
/* Never back in the same log: another chat may have read on. */
void memory_set_read(const struct memory *k, const char *name, const struct conclave_cursor *read);

#endif
