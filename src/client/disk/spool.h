/*
 * spool - posted messages on disk, until their outcomes were given. In the directory each handle
 * has a slot, a directory WHO.N whose file `lock` it holds; WHO is a hash of the person's key and
 * the message server's, so that handles of anybody may use one directory side by side. In the slot
 * there is one file for each group that has messages, NAME.posts, in order of posting. A message is
 * in the file, as far as the system is concerned, when spool_add returns, and safe from a power cut
 * after spool_sync, also one that an earlier process wrote. A slot whose lock nobody holds is taken
 * by the next handle that is opened, and what is in the others that nobody holds is moved into
 * one's own (spool_left). Bodies are as they were posted, readable for whoever may read the files
 * (mode 0600). Threads: the handle's. Blocking: on the disk only.
 */
#ifndef DISK_SPOOL_H
#define DISK_SPOOL_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/entry.h"
#include "base/status.h"
#include "net/keys.h"

#define SPOOL_QUEUE_MAX (128 * 1024 * 1024) /* bytes of the messages of one group */

#define SPOOL_SLOTS_MAX 64 /* handles of one person side by side */

/* A slot of the directory. */
struct spool {
    char *path; /* of the slot */
    int root;   /* the directory with the slots */
    int fd;     /* the slot */
    int lock;
    unsigned slot;
    uint8_t self[KEY_LEN];
    uint8_t server[KEY_LEN];
};

struct spool_queue; /* opaque: the file of one group; not there while nothing was added */

struct spool_options {
    const char *path;
    const uint8_t *self;   /* KEY_LEN bytes: whose messages they are */
    const uint8_t *server; /* KEY_LEN bytes: of the message server that lists the groups */
};

/* Makes the directory when only its last part is missing. ST_BUSY: all slots are held.
 * ST_DENIED: it is of another user, or others may change it. ST_SYSTEM. */
enum status spool_open(struct spool **out, const struct spool_options *o, struct fault *why);
/* All queues must be closed. */
void spool_close(struct spool *s);
/* Calls visit with the name of each group that has a file. Stops at the first status but ST_OK, and
 * returns it. ST_INVALID: a file with a name that no group has. */
typedef enum status spool_group_visit(void *ctx, const char *group, struct fault *why);
enum status spool_groups(struct spool *s, spool_group_visit *visit, void *ctx, struct fault *why);

/* Calls visit with each group's file in the slots of the same person that nobody holds; from is
 * locked, and closed afterwards. Stops at the first status but ST_OK, and returns it. */
typedef enum status spool_left_visit(void *ctx, struct spool *from, const char *group,
                                     struct fault *why);
enum status spool_left(struct spool *s, spool_left_visit *visit, void *ctx, struct fault *why);

/* A message that is in the file; body is borrowed during the visit. */
typedef enum status spool_message_visit(void *ctx, const struct id *id, struct span body);
/* Visits what is in the file, in order. An unfinished end is cut off. ST_CORRUPT: damaged
 * elsewhere. ST_CONFLICT: messages of somebody else, or for another message server. ST_SYSTEM,
 * ST_NOMEM, or what visit returned. */
enum status spool_queue_open(struct spool_queue **out, struct spool *s, const char *group,
                             spool_message_visit *visit, void *ctx, struct fault *why);
/* What is still in the file stays for the next time; a file with nothing is removed. */
void spool_queue_close(struct spool_queue *q);

/* Behind all others. ST_FULL: SPOOL_QUEUE_MAX or the disk. ST_SYSTEM: the disk; when a sync failed
 * once, always. Nothing was added then. */
enum status spool_add(struct spool_queue *q, const struct id *id, struct span body,
                      struct fault *why);
/* Undo the spool_add before; nothing may have happened to q since. */
void spool_take_back(struct spool_queue *q);
/* All that was added is on disk. ST_SYSTEM: it is not, and spool_add says why from now on. */
enum status spool_sync(struct spool_queue *q);
/* The first n have had their outcome. When this does not reach the disk they are visited once more
 * at the next opening, which does no harm: the group knows their ids. */
void spool_done(struct spool_queue *q, uint32_t n);

#endif
