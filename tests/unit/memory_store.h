/*
 * memory_store - a store that keeps its log in memory: an engine of the simplest kind, which tests
 * of the group are quick on, and with which they compare what SQLite does.
 */
#ifndef MEMORY_STORE_H
#define MEMORY_STORE_H

#include "store/store.h"

/* Of store_keep.bytes, bodies and exts count. ST_NOMEM. */
enum status memory_store_open(struct store **out);

#endif
