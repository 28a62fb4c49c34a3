/*
 * search_fixture - what the tests of search share, on top of a store's fixture. A call that fails,
 * fails the test.
 */
#ifndef SEARCH_FIXTURE_H
#define SEARCH_FIXTURE_H

#include "search/index.h"
#include "store_fixture.h"

#define ROWS 100 /* in a step of catch_up */

struct search *open_index(struct fixture *f);
void catch_up(struct fixture *f, struct search *x);
/* max_rows 0: as many as a page holds; next may be NULL. */
struct page search_page(struct fixture *f, struct search *x, struct search_ask ask, uint64_t *next);
/* bodies: of all messages with these words, one after another with a '|' behind each. */
void assert_finds(struct fixture *f, struct search *x, const char *words, const char *bodies);
/* A message under an id of its own. */
void say(struct fixture *f, unsigned author, const char *body);

#endif
