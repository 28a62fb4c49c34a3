/*
 * plain_put - the pieces of plain lines.
 * Failure is in the buf. Threads: any; no state.
 */
#ifndef TELL_PLAIN_PUT_H
#define TELL_PLAIN_PUT_H

#include "tell/show.h"

/* Select Graphic Rendition, ECMA-48. */
#define PLAIN_OFF   "\033[0m"
#define PLAIN_DIM   "\033[2m"
#define PLAIN_BOLD  "\033[1m"
#define PLAIN_GREEN "\033[32m"
#define PLAIN_RED   "\033[31m"

/* Our own words, at most 200 bytes. */
void plain_put(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Somebody else's, escaped. */
void plain_put_foreign(struct buf *b, const char *text);
void plain_put_id(struct buf *b, const struct conclave_id *id);
/* The same, wrapped to the terminal: `at` columns of the line are taken, the next ones are
 * indented. */
void plain_put_wrapped(struct show *s, const char *text, size_t at, size_t indent);
/* Where the show has colours. */
void plain_put_color(struct show *s, const char *color);
/* "2026-11-22 10:00:05" */
#define PLAIN_TIME_SIZE 32
void plain_format_time(char text[static PLAIN_TIME_SIZE], int64_t ns);
void plain_put_time(struct buf *b, int64_t ns);
/* Never NULL. */
const char *plain_role(int role);

#endif
