/*
 * ballast - a file that only takes up room, to be given back when the disk is full.
 * Threads: one.
 */
#ifndef SQLITE_BALLAST_H
#define SQLITE_BALLAST_H

#include <stdbool.h>
#include <stdint.h>

#include "sqlite/datadir.h"

struct ballast {
    const struct datadir *dir;
    int64_t size; /* as wanted; 0: none */
    bool there;
};

/* See what is there, and make the file, or remove the one that is not wanted. A disk without room
 * for twice its size is no failure: then it is not there. dir is borrowed. */
enum status ballast_open(struct ballast *b, const struct datadir *dir, int64_t size,
                         struct fault *why);
/* If the disk is full, give it back. True: its room is free now. */
bool ballast_give(struct ballast *b);
/* Give it back whatever room there is: what found too little took much, and has taken it back. */
bool ballast_give_up(struct ballast *b);
/* Make it again where that leaves as much room free. */
void ballast_refill(struct ballast *b);
/* It was given back, and what it was for needs all that is left: less than half of its size is
 * free. */
bool ballast_is_needed(const struct ballast *b);

#endif
