#include "cli/completion.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const char completion_groups[] =
    "sed -n 's/^group [^ ]* \\([^ ]*\\) .*/\\1/p' "
    "\"${CONCLAVE_STATE:-${XDG_STATE_HOME:-$HOME/.local/state}/conclave}/known_keys\" 2>/dev/null";

void
completion_put(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text));
}

void
completion_function(char name[static COMPLETION_NAME_MAX], const char *program)
{
    snprintf(name, COMPLETION_NAME_MAX, "_%s", program);
    for (char *p = name; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p))
            *p = '_';
}

enum takes
completion_takes(const struct opt *opt)
{
    if (opt->choices != NULL)
        return TAKES_CHOICE;
    if (strncmp(opt->arg, "FILE", 4) == 0)
        return TAKES_FILE;
    return strcmp(opt->arg, "DIR") == 0 ? TAKES_DIR : TAKES_OTHER;
}

bool
completion_takes_groups(const char *synopsis)
{
    return strncmp(synopsis, "GROUP", 5) == 0 || strncmp(synopsis, "[GROUP", 6) == 0;
}

void
completion_put_choices(struct buf *out, const struct opt *opt)
{
    for (size_t i = 0; opt->choices[i] != NULL; i++) {
        completion_put(out, i > 0 ? " " : "");
        completion_put(out, opt->choices[i]);
    }
}

const struct opt completion_own[COMPLETION_OWN] = {
    {.name = "help", .letter = 'h', .help = "print help and exit"},
    {.name = "version", .help = "print the version and exit"},
};
