#include "cli/complete.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

#define SHOWN_MAX 512
#define TOKEN_MAX 64

void
complete_offer(struct complete *c, const char *word, const char *about)
{
    char shown[SHOWN_MAX];

    text_escape_fixed(shown, sizeof shown, word);
    if (strncmp(word, c->typed, strlen(c->typed)) == 0 && strcmp(shown, word) == 0)
        fprintf(c->out, "%.*s%s%s%s\n", (int)c->glued_len, c->glued, word,
                about[0] != '\0' ? "\t" : "", about);
}

static void
offer_option(struct complete *c, const struct opt *opt)
{
    char name[TOKEN_MAX];

    snprintf(name, sizeof name, "--%s", opt->name);
    complete_offer(c, name, opt->help);
    snprintf(name, sizeof name, "-%c", opt->letter);
    if (opt->letter != 0)
        complete_offer(c, name, opt->help);
}

static void
offer_options(struct complete *c, const struct opt_set *set)
{
    static const struct opt own[] = {
        {.name = "help", .letter = 'h', .help = "print help and exit"},
        {.name = "version", .help = "print the version and exit"},
    };

    for (size_t i = 0; i < set->n_opts; i++)
        if (set->command == NULL || set->opts[i].common)
            offer_option(c, &set->opts[i]);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        offer_option(c, &own[i]);
}

static void
offer_commands(struct complete *c)
{
    struct opt_command command;

    for (size_t i = 0; c->set->command(i, &command); i++)
        complete_offer(c, command.name, command.set.summary);
}

/* What has a name in a synopsis. */
static void
offer_named(struct complete *c, const char *arg, const char *what)
{
    if (strncmp(arg, "FILE", 4) == 0)
        fputs(":files\n", c->out);
    else if (strcmp(arg, "DIR") == 0)
        fputs(":dirs\n", c->out);
    else if (c->names != NULL)
        c->names(c, what);
}

static void
offer_value(struct complete *c, const struct opt *opt)
{
    if (opt->choices == NULL)
        offer_named(c, opt->arg, opt->name);
    for (size_t i = 0; opt->choices != NULL && opt->choices[i] != NULL; i++)
        complete_offer(c, opt->choices[i], "");
}

/* ---- operands ---- */

/* The next word of a synopsis but for options with what follows them. False: no more. */
static bool
next_token(const char **at, char token[static TOKEN_MAX])
{
    size_t len;

    for (;;) {
        *at += strspn(*at, " []()");
        len = strcspn(*at, " []()");
        if (strncmp(*at, "--", 2) != 0 && strncmp(*at, "OPTION", 6) != 0)
            break;
        *at += len;
        if (at[0][0] == ' ' && isupper((unsigned char)at[0][1]))
            *at += 1 + strcspn(*at + 1, " []()");
    }
    snprintf(token, TOKEN_MAX, "%.*s", (int)len, *at);
    *at += len;
    return len > 0;
}

/* What several forms of the command have in one place is looked for once. */
static void
offer_token(struct complete *c, char *token, char asked[static TOKEN_MAX])
{
    char *rest;

    for (char *part = strtok_r(token, "|.", &rest); part != NULL;
         part = strtok_r(NULL, "|.", &rest)) {
        if (islower((unsigned char)part[0])) {
            complete_offer(c, part, "");
        } else if (strcmp(part, "COMMAND") == 0) {
            offer_commands(c);
        } else if (isupper((unsigned char)part[0]) && strcmp(part, asked) != 0) {
            snprintf(asked, TOKEN_MAX, "%s", part);
            offer_named(c, part, part);
        }
    }
}

/* Forms of a command are parted by "|"; those that begin with another word than the line do not
 * count. */
static void
offer_operand(struct complete *c, const struct opt_set *set)
{
    const char *at = set->synopsis;
    char asked[TOKEN_MAX] = "";
    char token[TOKEN_MAX];
    size_t place = 0;
    bool fits = true;

    while (next_token(&at, token)) {
        bool again = strstr(token, "...") != NULL;

        if (strcmp(token, "|") == 0) {
            place = 0;
            fits = true;
            continue;
        }
        if (fits && (place == c->n_operands || (again && place < c->n_operands)))
            offer_token(c, token, asked);
        else if (islower((unsigned char)token[0]) && place < c->n_operands)
            fits = fits && strcmp(token, c->operands[place]) == 0;
        place++;
    }
}

/* ---- the line ---- */

/* bash parts --NAME=VALUE into three words. Returns how many are left. */
static size_t
drop_equals(char **words, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        bool glue =
            kept > 0 && strcmp(words[i], "=") == 0 && strncmp(words[kept - 1], "--", 2) == 0;

        if (!glue)
            words[kept++] = words[i];
        else if (i + 1 == n)
            words[kept++] = words[i] + 1;
    }
    return kept;
}

/* Options give their values away, the rest is gathered. Returns the option whose value the last
 * word is, or NULL. */
static const struct opt *
take_words(struct complete *c, char **words, size_t n, bool *only_operands)
{
    const struct opt *opt = NULL;

    for (size_t i = 0; i < n; i++) {
        const char *value = words[i];

        if (opt == NULL) {
            if (*only_operands || words[i][0] != '-' || words[i][1] == '\0') {
                c->operands[c->n_operands++] = words[i];
                continue;
            }
            *only_operands = strcmp(words[i], "--") == 0;
            opt = *only_operands ? NULL : opts_with_value(c->set, words[i], &value);
        }
        if (opt != NULL && value != NULL) {
            if (opt->value != NULL)
                *opt->value = value;
            opt = NULL;
        }
    }
    return opt;
}

/* The set that the rest of the line is of; NULL: no such command. */
static const struct opt_set *
find_command(struct complete *c, struct opt_command *command)
{
    if (c->set->command == NULL || c->n_operands == 0)
        return c->set;
    for (size_t i = 0; c->set->command(i, command); i++)
        if (strcmp(command->name, c->operands[0]) == 0) {
            c->command = command->name;
            c->operands++;
            c->n_operands--;
            return &command->set;
        }
    return NULL;
}

int
complete_line(struct complete *c, char **words, size_t n)
{
    struct opt_command command;
    const struct opt_set *set;
    const struct opt *opt;
    const char *value = NULL;
    bool only_operands = false;

    n = drop_equals(words, n);
    c->operands = words;
    c->glued = c->typed = n > 0 ? words[n - 1] : "";
    opt = take_words(c, words, n > 0 ? n - 1 : 0, &only_operands);
    set = find_command(c, &command);
    if (opt == NULL && !only_operands && c->typed[0] == '-') {
        opt = opts_with_value(c->set, c->typed, &value);
        opt = value != NULL ? opt : NULL;
        c->typed = value != NULL ? value : c->typed;
        c->glued_len = (size_t)(c->typed - c->glued);
        if (opt == NULL && set != NULL)
            offer_options(c, set);
    } else if (opt == NULL && set != NULL && set->command != NULL) {
        offer_commands(c);
    } else if (opt == NULL && set != NULL) {
        offer_operand(c, set);
    }
    if (opt != NULL)
        offer_value(c, opt);
    return fflush(c->out) == 0 && !ferror(c->out) ? CONCLAVE_OK : CONCLAVE_LOCAL;
}
