/* Names of commands that are nearly right. */
#include <string.h>

#include "cli/commands.h"

#define NAME_SPACE 32 /* for the names of commands */
#define FAR        3  /* edits that make a name another name */

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance; FAR for a that is no name at all. */
static size_t
edits(const char *a, const char *b)
{
    size_t row[NAME_SPACE + 1];
    size_t b_len = strlen(b);

    if (strlen(a) > NAME_SPACE || b_len > NAME_SPACE)
        return FAR;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < b_len; j++) {
            size_t replaced = diagonal + (a[i] != b[j]);

            diagonal = row[j + 1];
            row[j + 1] = least(replaced, least(row[j], row[j + 1]) + 1);
        }
    }
    return row[b_len];
}

const struct command *
commands_nearest(const char *name)
{
    const struct command *best = NULL;
    const struct command *c;
    size_t best_edits = FAR;

    for (size_t i = 0; (c = commands_at(i)) != NULL; i++) {
        size_t n = c->name != NULL ? edits(name, c->name) : FAR;

        if (n < best_edits) {
            best = c;
            best_edits = n;
        }
    }
    return best;
}
