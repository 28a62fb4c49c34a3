#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/settings.h"

#define ABOUT_TIMES                                                                              \
    "TIME is 2026-11-22 or 2026-11-22T10:00:00, which is local time unless --utc is given or Z " \
    "or an offset follows, a while ago as 10m, 2h or 3d, or @ and nanoseconds since 1970. It "   \
    "may also be an entry: '#120' (in quotes, for the shell)."
#define ABOUT_WHO "WHO is a UUID, or the nick of exactly one member."
#define ABOUT_RANK                                                                         \
    "It is for moderators and owners, and reaches those of a lower role only. The change " \
    "is an entry in the group's log, which everybody sees."

static const struct command table[] = {
    {.id = COMMAND_INIT,
     .name = "init",
     .synopsis = "[--server ADDRESS --server-key KEY] [--nick NAME]",
     .summary = "make an identity and a configuration",
     .help = "Make your identity and your configuration, so that no option is needed from then "
             "on. What is there already stays as it is: only the settings that are given are put "
             "into the configuration.",
     .more = "The identity is identity.key, to be given to others, and identity.key_secret, to be "
             "kept, both beside the configuration. NAME goes into it: it is your nick in groups "
             "that you join; else it is your login name.\n"
             "With an invitation, 'conclave join' does all that by itself.",
     .options = OPTION_NICK,
     .needs = NEEDS_NOTHING},
    {.id = COMMAND_CONFIG,
     .name = "config",
     .synopsis = "check [FILE] | show",
     .summary = "check the configuration, or show what is in force",
     .help = "With check, read the configuration, or FILE, and say what is wrong with it, with "
             "line numbers. With show, print each setting that has a value, and where that comes "
             "from.",
     .more = "The settings are described in conclave.conf(5).",
     .least = 1,
     .most = 2,
     .options = OPTION_NICK | OPTION_THEME | OPTION_NOTIFY,
     .needs = NEEDS_NOTHING},
    {.id = COMMAND_WHOAMI,
     .name = "whoami",
     .synopsis = "",
     .summary = "show who you are",
     .help = "Show your name, UUID, public key and the key's fingerprint.",
     .needs = NEEDS_KEY},
    {.id = COMMAND_GROUPS,
     .name = "groups",
     .synopsis = "",
     .summary = "list the live groups",
     .help = "List the live groups: name, address, number of members, description.",
     .needs = NEEDS_SERVER},
    {.id = COMMAND_JOIN,
     .name = "join",
     .synopsis = "GROUP|INVITE|- [--nick NAME]",
     .summary = "become a member of a group",
     .help = "Become a member of GROUP, or of the group that you were invited to. INVITE is the "
             "text that 'conclave invite' printed; with - it is read from standard input, so that "
             "it stands in no list of processes and no history of a shell.",
     .more = "With INVITE nothing else is needed: an identity is made if there is none, the keys "
             "of the message server and of the group are remembered as the ones to trust, and the "
             "message server is put into the configuration if that names none.",
     .least = 1,
     .most = 1,
     .options = OPTION_NICK,
     .needs = NEEDS_NOTHING,
     .chat = "join",
     .chat_synopsis = "GROUP",
     .chat_summary = "become a member of a group, and show it"},
    {.id = COMMAND_LEAVE,
     .name = "leave",
     .synopsis = "GROUP",
     .summary = "stop being a member",
     .help = "Stop being a member of GROUP. What you said stays in its log.",
     .least = 1,
     .most = 1,
     .needs = NEEDS_SERVER,
     .chat = "leave",
     .chat_synopsis = "[GROUP]",
     .chat_summary = "stop being a member of this group"},
    {.id = COMMAND_CHAT,
     .name = "chat",
     .synopsis = "[GROUP...]",
     .summary = "talk, on the whole terminal",
     .help = "Show groups, their conversation and their members on the whole terminal, and send "
             "what is typed. Without GROUP it shows those that you are a member of.",
     .more = "Type /help there for its commands and keys.",
     .most = COMMAND_ANY_NUMBER,
     .options = OPTION_NICK | OPTION_THEME | OPTION_NOTIFY,
     .needs = NEEDS_NOTHING},
    {.id = COMMAND_SEND,
     .name = "send",
     .synopsis = "GROUP TEXT... | GROUP - | GROUP --file FILE",
     .summary = "send a message, or each line of input",
     .help = "Send one message, the words of TEXT with a space between, to GROUP. With - each "
             "line of standard input is a message, with --file each line of FILE; they keep their "
             "order, and many travel at a time. With --whole all of the input is one message.",
     .more = "Done means stored by the group. Lines are sent again, and stored once, through "
             "restarts of the group, for as long as --timeout says between two answers. An empty "
             "line is an empty message, and a carriage return stays in its line. Interrupted, it "
             "says how many messages are stored, and ends with 1.\n"
             "Put -- before a TEXT that begins with a dash.",
     .least = 1,
     .most = COMMAND_ANY_NUMBER,
     .options = OPTION_FILE | OPTION_WHOLE | OPTION_ALLOW_EMPTY,
     .needs = NEEDS_SERVER,
     .chat = "msg",
     .chat_synopsis = "GROUP TEXT",
     .chat_summary = "send a message to another group"},
    {.id = COMMAND_HISTORY,
     .name = "history",
     .synopsis = "GROUP [--after TIME] [--before TIME] [--last N | --limit N] [--reverse] "
                 "[--follow | --export FILE]",
     .summary = "print what was said",
     .help = "Print the entries of GROUP, oldest first, or with --reverse newest first. With "
             "--last only the last N of them. With --follow go on with what is said from then on. "
             "With --export write them into FILE, which appears when it is whole.",
     .more = "--limit N is the first N of them with --after, and the last N without.\n" ABOUT_TIMES,
     .least = 1,
     .most = 1,
     .options = OPTION_AFTER | OPTION_BEFORE | OPTION_LAST | OPTION_LIMIT | OPTION_REVERSE |
                OPTION_FOLLOW | OPTION_EXPORT,
     .needs = NEEDS_SERVER,
     .chat = "history",
     .chat_synopsis = "DATE",
     .chat_summary = "show what was said then"},
    {.id = COMMAND_FEED,
     .name = "feed",
     .synopsis = "GROUP... [--after TIME | --last N] [--count N] [--wait TIME] [--resume NAME] "
                 "[--exec COMMAND]",
     .summary = "print what is said from now on",
     .help = "Print new entries of one or several groups as they come, until interrupted. With "
             "--after begin with history, with --last with the last N entries of each group, and "
             "go on live without a gap. With --exec run COMMAND "
             "for each entry instead of printing it. With --wait end with status 8 when no entry "
             "came for TIME, such as 5m.",
     .more = "With --resume the place is remembered under NAME after each entry that was printed, "
             "or whose COMMAND ended with 0; the next feed with that NAME begins there, so that "
             "none is missed. The first one begins at --after or --last, or now.\n"
             "COMMAND is run by sh, one at a time, with the entry as JSON on standard input. If it "
             "ends with another status than 0, the feed ends with 1, and with --resume the same "
             "entry comes first next time. To go on regardless: --exec 'COMMAND || "
             "true'.\n" ABOUT_TIMES,
     .least = 1,
     .most = COMMAND_ANY_NUMBER,
     .options =
         OPTION_AFTER | OPTION_LAST | OPTION_COUNT | OPTION_WAIT | OPTION_RESUME | OPTION_EXEC,
     .needs = NEEDS_SERVER},
    {.id = COMMAND_SEARCH,
     .name = "search",
     .synopsis = "GROUP WORDS... [--after TIME] [--from WHO] [--limit N]",
     .summary = "find messages",
     .help = "Print the messages of GROUP that hold every one of WORDS, oldest first. Case does "
             "not matter.",
     .more = ABOUT_WHO "\n" ABOUT_TIMES,
     .least = 2,
     .most = COMMAND_ANY_NUMBER,
     .options = OPTION_AFTER | OPTION_FROM | OPTION_LIMIT,
     .needs = NEEDS_SERVER,
     .chat = "search",
     .chat_synopsis = "WORDS",
     .chat_summary = "find messages that hold all of the words"},
    {.id = COMMAND_MEMBERS,
     .name = "members",
     .synopsis = "GROUP [--past]",
     .summary = "list the members of a group",
     .help = "List the members of GROUP: nick, role, whether they are here now, UUID, since when.",
     .least = 1,
     .most = 1,
     .options = OPTION_PAST,
     .needs = NEEDS_SERVER,
     .chat = "members",
     .chat_synopsis = "",
     .chat_summary = "show or hide the members"},
    {.id = COMMAND_INFO,
     .name = "info",
     .synopsis = "GROUP",
     .summary = "show what a group is like",
     .help = "Show the topic of GROUP, what its members may read, who may come in, your role, how "
             "many members there are, which entries are kept, its key and address.",
     .least = 1,
     .most = 1,
     .needs = NEEDS_SERVER},
    {.id = COMMAND_TOPIC,
     .name = "topic",
     .synopsis = "GROUP [TEXT...]",
     .summary = "show or set the topic",
     .help = "Show the topic of GROUP, or make TEXT the topic; an empty TEXT takes it away.",
     .more = "Setting it is for moderators and owners.",
     .least = 1,
     .most = COMMAND_ANY_NUMBER,
     .needs = NEEDS_SERVER,
     .chat = "topic",
     .chat_synopsis = "[TEXT]",
     .chat_summary = "show or set the topic"},
    {.id = COMMAND_NICK,
     .name = "nick",
     .synopsis = "GROUP NAME",
     .summary = "change your nick",
     .help = "Be called NAME in GROUP from now on. No two members have one nick.",
     .least = 2,
     .most = 2,
     .needs = NEEDS_SERVER,
     .chat = "nick",
     .chat_synopsis = "NAME",
     .chat_summary = "change your nick here"},
    {.id = COMMAND_INVITE,
     .name = "invite",
     .synopsis = "GROUP [--uses N] [--expires TIME]",
     .summary = "make an invitation",
     .help = "Print an invitation to GROUP: one line of text that holds where the message server "
             "and the group are, their keys, and a secret. Whoever has it can join once, or N "
             "times: 'conclave join INVITE'.",
     .more = "Hand it over in a way that nobody else reads. 'conclave revoke' ends it. It is for "
             "moderators and owners.",
     .least = 1,
     .most = 1,
     .options = OPTION_USES | OPTION_EXPIRES,
     .needs = NEEDS_SERVER,
     .chat = "invite",
     .chat_synopsis = "[USES]",
     .chat_summary = "make an invitation to this group"},
    {.id = COMMAND_INVITES,
     .name = "invites",
     .synopsis = "GROUP",
     .summary = "list the invitations",
     .help = "List the invitations to GROUP that can be used: id, uses that are left, when they "
             "end, who made them. It is for moderators and owners.",
     .least = 1,
     .most = 1,
     .needs = NEEDS_SERVER},
    {.id = COMMAND_REVOKE,
     .name = "revoke",
     .synopsis = "GROUP ID",
     .summary = "end an invitation",
     .help =
         "End an invitation to GROUP. ID is its id in 'conclave invites', or the beginning of "
         "one, from 6 characters on; or the invitation's text. It is for moderators and owners.",
     .least = 2,
     .most = 2,
     .needs = NEEDS_SERVER},
    {.id = COMMAND_KICK,
     .name = "kick",
     .synopsis = "GROUP (WHO|--joined-since TIME [--dry-run])",
     .summary = "take somebody out",
     .help = "Take WHO out of GROUP, and say which was the last entry that was published to them. "
             "They get nothing from then on, and may join again. With --joined-since it is "
             "everybody who has come since TIME and is below you in rank; with --dry-run it is "
             "only said who they are.",
     .more = ABOUT_WHO " " ABOUT_RANK "\n" ABOUT_TIMES,
     .least = 1,
     .most = 2,
     .options = OPTION_JOINED_SINCE | OPTION_DRY_RUN,
     .needs = NEEDS_SERVER,
     .chat = "kick",
     .chat_synopsis = "WHO",
     .chat_summary = "take somebody out"},
    {.id = COMMAND_BAN,
     .name = "ban",
     .synopsis = "GROUP WHO",
     .summary = "take somebody out and keep them out",
     .help = "Take WHO out of GROUP, as kick does, and let them in no more. They need not be in: "
             "then WHO is a UUID.",
     .more = ABOUT_WHO " " ABOUT_RANK,
     .least = 2,
     .most = 2,
     .needs = NEEDS_SERVER,
     .chat = "ban",
     .chat_synopsis = "WHO",
     .chat_summary = "take somebody out and keep them out"},
    {.id = COMMAND_UNBAN,
     .name = "unban",
     .synopsis = "GROUP WHO",
     .summary = "let somebody come again",
     .help = "Lift the ban of WHO, who may then join GROUP again.",
     .more = "WHO is a UUID, or the nick of exactly one who is banned. " ABOUT_RANK,
     .least = 2,
     .most = 2,
     .needs = NEEDS_SERVER},
    {.id = COMMAND_BANS,
     .name = "bans",
     .synopsis = "GROUP",
     .summary = "list who is banned",
     .help = "List who is banned from GROUP: nick, UUID, since when, by whom. It is for moderators "
             "and owners.",
     .least = 1,
     .most = 1,
     .needs = NEEDS_SERVER},
    {.id = COMMAND_ROLE,
     .name = "role",
     .synopsis = "GROUP WHO ROLE",
     .summary = "make somebody owner, moderator or member",
     .help = "Give WHO another role in GROUP: owner, moderator or member. A group that has owners "
             "keeps one.",
     .more = ABOUT_WHO " It is for owners.",
     .least = 3,
     .most = 3,
     .needs = NEEDS_SERVER},
    {.id = COMMAND_TRUST,
     .name = "trust",
     .synopsis = "[GROUP]",
     .summary = "accept a key that changed",
     .help = "The first key that a group or the message server shows is remembered, and another "
             "one is refused. This accepts the new key of GROUP, or of the message server, and "
             "shows the fingerprints of both.",
     .more = "Do it only when you know why the key changed: ask the operator, by another way, and "
             "compare the fingerprint aloud.",
     .most = 1,
     .needs = NEEDS_SERVER},
    {.id = COMMAND_DOCTOR,
     .name = "doctor",
     .synopsis = "[GROUP]",
     .summary = "find out what is wrong",
     .help = "Look at each step of the way to the message server, and to GROUP, and say of each "
             "whether it is right, and if not, why and what to do: configuration, key file, "
             "address, connection, keys, admission, list of groups, membership, clocks, live "
             "feed.",
     .more = "It sends nothing into the group. The exit status is that of the first step that "
             "fails; a step that needs it is not looked at.",
     .most = 1,
     .needs = NEEDS_NOTHING},
    {.id = COMMAND_HELP,
     .name = "help",
     .synopsis = "[COMMAND]",
     .summary = "tell more about a command",
     .help = "Tell what a command does and which options it takes.",
     .most = 1,
     .needs = NEEDS_NOTHING,
     .chat = "help",
     .chat_synopsis = "[COMMAND]",
     .chat_summary = "show the commands and keys"},
    {.id = COMMAND_QUIT, .chat = "quit", .chat_synopsis = "", .chat_summary = "end the chat"},
};
#define N_COMMANDS (sizeof(table) / sizeof(table[0]))
_Static_assert(N_COMMANDS == COMMAND_COUNT, "every command has a row");

const struct command *
commands_at(size_t i)
{
    return i < N_COMMANDS ? &table[i] : NULL;
}

const struct command *
commands_find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (table[i].name != NULL && strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

const struct command *
commands_find_chat(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (table[i].chat != NULL && strcmp(table[i].chat, name) == 0)
            return &table[i];
    return NULL;
}

bool
commands_next(size_t i, struct opt_command *out)
{
    const struct command *c = NULL;

    for (size_t at = 0; at < N_COMMANDS && c == NULL; at++)
        if (table[at].name != NULL && i-- == 0)
            c = &table[at];
    if (c == NULL)
        return false;
    *out = (struct opt_command){.name = c->name};
    snprintf(out->program, sizeof out->program, "conclave %s", c->name);
    out->set = (struct opt_set){
        .program = out->program,
        .synopsis = c->synopsis,
        .summary = c->summary,
        .about = c->help,
        .opts = out->rows,
        .n_opts = settings_options(out->rows, c->options, NULL),
        .more = c->more,
    };
    return true;
}
