/*
 * memory - what the chat remembers on disk: where groups were, and to where each was read; of each
 * person apart. Several chats of one may run side by side.
 */
#ifndef MODEL_MEMORY_H
#define MODEL_MEMORY_H

#include <stdbool.h>

#include "conclave.h"

struct keep;

/* What self is to remember, in a directory of their own in dir, which is made if only its last part
 * is missing. NULL: nothing is remembered. Returns NULL when there is no memory. */
struct keep *keep_open(const char *dir, const struct conclave_id *self);
void keep_close(struct keep *k);

struct kept_group {
    char name[CONCLAVE_NAME_MAX + 1];
    char key[CONCLAVE_KEY_LEN + 1];
    char address[256];
};
size_t keep_count(const struct keep *k);
const struct kept_group *keep_at(const struct keep *k, size_t i);
/* Remember a group, or where it is now; forget it. Written at once when something changed. */
void keep_group(struct keep *k, const char *name, const char *key, const char *address);
void keep_forget(struct keep *k, const char *name);

/* False: not known. */
bool keep_read(const struct keep *k, const char *name, struct conclave_cursor *out);
/* Never back in the same log: another chat may have read on. */
void keep_set_read(const struct keep *k, const char *name, const struct conclave_cursor *read);

#endif
