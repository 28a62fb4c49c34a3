/*
 * reading - the history of a group, page by page, as the options of a command say.
 */
#ifndef READING_H
#define READING_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd.h"

struct reading {
    const char *group;
    uint64_t left;  /* entries still wanted; 0 with `all` */
    bool all;       /* no limit */
    bool by_cursor; /* go on at cursor; else start after the time */
    int64_t after;
    struct conclave_cursor cursor;
    bool end;
    uint64_t given; /* entries so far */
};

/* From --after and --limit. -1, or the exit status of what was reported. */
int reading_start(struct reading *r, struct cmd *c, const char *group);
/* Print the next page to s. CONCLAVE_NONE: the reading is over. */
enum conclave_status reading_page(struct reading *r, struct cmd *c, struct show *s);

/* All of it into a file; the exit status. */
int reading_export(struct cmd *c, struct reading *r, const char *file);

#endif
