/* What fsync was asked for. The program is linked with --wrap=fsync. */
#ifndef SYNCED_H
#define SYNCED_H

#include <stdbool.h>

/* Forget what was synced, and let the n-th fsync from now on fail with EIO; 0: none. */
void synced_reset(unsigned failing);
unsigned synced_count(void);
/* Was that file, or directory, the last one? */
bool synced_last(const char *path);

#endif
