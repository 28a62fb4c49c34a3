/*
 * text - what others wrote: is it valid, and how may it be shown.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* Well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, surrogates or values above
 * 10FFFF. NUL is valid UTF-8. */
bool text_is_utf8(struct span text);

/* Fit for a name: 1 to max bytes of UTF-8, no control characters (C0, DEL, C1), no
 * bidirectional controls, no line or paragraph separators, no leading or trailing space. */
bool text_is_name(struct span text, size_t max);

/* A name without white space. */
bool text_is_word(struct span text, size_t max);

/* A word that also works on a command line and as a file name: no slash, not beginning with '-'
 * or '.'. At most NAME_MAX_BYTES. */
bool text_is_group_name(struct span text);

/* The same as text_is_name for free text such as a description: may be empty, may hold leading
 * spaces. */
bool text_is_line(struct span text, size_t max);

/* Append text to out so that a terminal shows all of it and does nothing else: controls,
 * bidirectional controls, what is invisible and bytes that are not UTF-8 become \n, \t, \xNN or
 * \u{NNNN}; a backslash becomes two. What is invisible stays where writing needs it: joiners
 * between letters of the scripts that have them and within emoji, variation selectors behind what
 * they vary. With keep_newlines, a newline stays. Failure is in out->failed. */
void text_escape(struct buf *out, struct span text, bool keep_newlines);

/* The same for one line into fixed memory (size >= 1), cut at a whole character and
 * NUL-terminated; allocates nothing. A backslash stays one, so that text which was escaped
 * before reads the same afterwards. Returns the length. */
size_t text_escape_fixed(char *out, size_t size, const char *text);

/* Equal without regard to ASCII case. */
bool text_equal_nocase(struct span a, struct span b);

#endif
