/*
 * reading - the history of a group, page by page, as the options of a command say.
 */
#ifndef CMD_READING_H
#define CMD_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/cmd.h"

struct reading {
    const char *group;
    struct moment after; /* what is wanted lies between these two */
    struct moment before;
    bool from_end;  /* and is only the last `left` of it */
    bool reverse;   /* newest first */
    uint64_t left;  /* entries still wanted; 0 with `all` */
    bool all;       /* no limit */
    bool begun;     /* it is known where to begin */
    bool by_cursor; /* go on at cursor; else begin at `after`, with `reverse` at `before` */
    struct conclave_cursor cursor;
    bool end;
    uint64_t given;              /* entries so far */
    struct conclave_entry *page; /* to turn it round */
    uint64_t last;               /* seq of the last that was given */
    bool whole; /* stop where entries are missing: lost_from to lost_to, 0 if none are */
    uint64_t lost_from, lost_to;
};

/* From --after, --before, --last, --limit and --reverse. -1, or the exit status of what was
 * reported. */
int reading_start(struct reading *r, struct cmd *c, const char *group);
/* Find out where it begins, which for the last so many means to ask. */
enum conclave_status reading_begin(struct reading *r, struct cmd *c);
/* Print the next page to s. CONCLAVE_NONE: the reading is over. */
enum conclave_status reading_page(struct reading *r, struct cmd *c, struct tell *t);
void reading_clear(struct reading *r);

/* The place in front of the last n entries. CONCLAVE_NONE: there is no entry. */
enum conclave_status reading_last(struct cmd *c, const char *group, uint64_t n,
                                  struct conclave_cursor *out);

/* All of it into a file; the exit status. */
int reading_export(struct cmd *c, struct reading *r, const char *file);

#endif
