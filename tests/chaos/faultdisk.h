/*
 * faultdisk - what the preload library writes down and powercut reads: the way back to what was
 * last synced. For each file of the data directory INODE.undo: records, newest last, that hold
 * what each write replaced; emptied by the file's fsync. For the directory names.undo: records of
 * files made, renamed and removed; emptied by the directory's fsync. A removed or replaced file
 * stays beside them as INODE.kept.
 */
#ifndef FAULTDISK_H
#define FAULTDISK_H

#include <stdint.h>

#define FAULTDISK_NAME_MAX 64

/* Then len bytes, which were at offset before; the file was `size` long. */
struct undo_write {
    uint64_t offset;
    uint64_t size;
    uint64_t len;
};

enum undo_what { UNDO_MADE, UNDO_REMOVED, UNDO_RENAMED };

struct undo_name {
    uint64_t what;
    uint64_t kept; /* inode that had the name (REMOVED), or had the new name (RENAMED); 0: none */
    char name[FAULTDISK_NAME_MAX];
    char to[FAULTDISK_NAME_MAX]; /* RENAMED */
};

#endif
