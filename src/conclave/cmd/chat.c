#include <unistd.h>

#include "chat/chat.h"
#include "cmd/cmd.h"

#define REASON_MAX 512

/* The commands of the chat are rows of the one table. Returns how many. */
static size_t
take_verbs(struct chat_verb verbs[static COMMAND_COUNT])
{
    const struct command *command;
    size_t n = 0;

    for (size_t i = 0; (command = commands_at(i)) != NULL; i++)
        if (command->chat != NULL)
            verbs[n++] =
                (struct chat_verb){command->chat, command->chat_synopsis, command->chat_summary};
    return n;
}

int
cmd_chat(struct cmd *c)
{
    struct chat_verb verbs[COMMAND_COUNT];
    struct chat_options options = {.verbs = verbs, .n_verbs = take_verbs(verbs)};
    struct cmd_client client;
    struct path state;
    char why[REASON_MAX] = "";
    enum conclave_status st;
    int end;

    if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
        return cmd_misuse(c, "the chat needs a terminal; scripts have send, history and feed");
    end = cmd_prepare(c, NEEDS_SPOOL, &client);
    if (end >= 0)
        return end;
    options.client = client.options;
    if (c->state.text[0] != '\0' && paths_within(&state, c->state.text, "chat"))
        options.state = state.text;
    options.nick = c->set.nick;
    options.groups = c->args;
    options.n_groups = c->n_args;
    options.colours = c->out.color;
    options.theme = c->set.theme;
    /* The table of options lets only these values through. */
    notify_parse(&options.notify, c->set.notify);
    st = chat_run(&options, why, sizeof why);
    return st == CONCLAVE_OK ? CONCLAVE_OK : cmd_fail(c, st, "local", "%s", why);
}
