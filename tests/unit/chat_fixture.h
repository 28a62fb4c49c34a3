/*
 * chat_fixture - people, entries and drawn grids for the tests of the chat.
 */
#ifndef CHAT_FIXTURE_H
#define CHAT_FIXTURE_H

#include "model/model.h"
#include "screen/grid.h"
#include "screen/view.h"

/* 2026-11-23 10:00:00 UTC; the tests set TZ to UTC. */
#define MORNING INT64_C(1795428000000000000)
#define MINUTE  INT64_C(60000000000)

enum { ME, ALICE, BOB, CAROL };
extern const char *const fixture_nicks[];

struct conclave_id fixture_id(int who);
/* A message of that person at MORNING and so many minutes. Borrowed text. */
struct conclave_entry fixture_message(uint64_t seq, int who, int minute, const char *text);
struct conclave_entry fixture_event(uint64_t seq, int who, int minute, int kind);
/* A model of ME with the group "dev" shown; ME, ALICE and BOB are in, BOB is not here. */
struct model *fixture_model(struct talk **dev);

/* The view of it as text, a line each without trailing spaces. Free it. */
char *fixture_draw(const struct model *m, const char *input, int rows, int cols);
/* Fails the test with both when the text differs. */
void fixture_expect(const struct model *m, const char *input, int rows, int cols,
                    const char *expected);

#endif
