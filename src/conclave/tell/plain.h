/*
 * plain - the pieces of lines for people.
 * Failure is in the buf. Threads: any; no state.
 */
#ifndef TELL_PLAIN_H
#define TELL_PLAIN_H

#include <stdarg.h>

#include "tell/tell.h"

/* Select Graphic Rendition, ECMA-48. */
#define PLAIN_OFF   "\033[0m"
#define PLAIN_DIM   "\033[2m"
#define PLAIN_BOLD  "\033[1m"
#define PLAIN_GREEN "\033[32m"
#define PLAIN_RED   "\033[31m"

#define PLAIN_SUCCESS "SUCCESS"
#define PLAIN_HANGING 4 /* blanks before the second line of a sentence or an entry */

/* Our own words, as they are. */
void plain_put(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Words that hold somebody else's: escaped. */
void plain_put_foreign(struct buf *b, const char *text);
void plain_say(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void plain_vsay(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Escaped text, wrapped to the terminal: `at` columns of the line are taken, the next ones are
 * indented. */
void plain_wrap(struct tell *t, const struct buf *text, size_t at, size_t indent);
/* The word that a line begins with, and a blank. */
void plain_begin(struct tell *t, const char *color, const char *word);
/* Where there are colours. */
void plain_put_color(struct tell *t, const char *color);
/* "2026-11-22 10:00:05" */
#define PLAIN_TIME_SIZE 32
void plain_format_time(char text[static PLAIN_TIME_SIZE], int64_t ns);
/* Never NULL. */
const char *plain_role(int role);

#endif
