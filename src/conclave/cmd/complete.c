/* Names for the completion of shells. */
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "disk/pin_file.h"

#define PATIENCE_MS 300 /* of who waits for a shell */

/* ---- what is remembered ---- */

/* The keys that were met; NULL: there are none. */
static struct pin_file *
open_pins(struct cmd *c)
{
    struct pin_file *pins = NULL;
    struct path path;
    struct fault why;

    if (c->state.text[0] == '\0' || !paths_within(&path, c->state.text, "known_keys") ||
        pin_file_open(&pins, path.text, &why) != ST_OK)
        return NULL;
    return pins;
}

static void
offer_pins(struct cmd *c, struct complete *at, enum pin_kind kind)
{
    struct pin_file *pins = open_pins(c);
    const struct pin *pin;

    for (size_t i = 0; pins != NULL && (pin = pin_file_at(pins, i)) != NULL; i++)
        if (pin->place.kind == kind)
            complete_offer(at, pin->place.name, "");
    pin_file_close(pins);
}

static bool
is_known(const struct pin_file *pins, const char *group)
{
    const struct pin *pin;

    for (size_t i = 0; pins != NULL && (pin = pin_file_at(pins, i)) != NULL; i++)
        if (pin->place.kind == PIN_GROUP && strcmp(pin->place.name, group) == 0)
            return true;
    return false;
}

static void
offer_servers(struct cmd *c, struct complete *at)
{
    offer_pins(c, at, PIN_SERVER);
}

static void
offer_places(struct cmd *c, struct complete *at)
{
    const struct dirent *entry;
    struct path path;
    DIR *dir = NULL;

    if (paths_within(&path, c->state.text, "cursors"))
        dir = opendir(path.text);
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            complete_offer(at, entry->d_name, "");
    if (dir != NULL)
        closedir(dir);
}

static void
offer_roles(struct cmd *c, struct complete *at)
{
    (void)c;
    for (int role = CONCLAVE_MEMBER; role <= CONCLAVE_OWNER; role++)
        complete_offer(at, conclave_role_name(role), "");
}

/* ---- what others know ---- */

static void
give_up(int signal)
{
    (void)signal;
    _exit(CONCLAVE_OK);
}

/* From here on the process may end at any time. */
static bool
ask(struct cmd *c, struct complete *at)
{
    const struct itimerval patience = {.it_value.tv_usec = PATIENCE_MS * 1000};

    fflush(at->out);
    c->timeout_ms = CONCLAVE_ONCE;
    return signal(SIGALRM, give_up) != SIG_ERR && setitimer(ITIMER_REAL, &patience, NULL) == 0 &&
           cmd_connect(c, NEEDS_SERVER) < 0;
}

static void
offer_groups(struct cmd *c, struct complete *at)
{
    struct conclave_group group;
    struct pin_file *pins;

    offer_pins(c, at, PIN_GROUP);
    if (c->command->id != COMMAND_JOIN || !ask(c, at) ||
        conclave_list_groups(c->client) != CONCLAVE_OK)
        return;
    pins = open_pins(c);
    while (conclave_next_group(c->client, &group) == CONCLAVE_OK)
        if (!is_known(pins, group.name))
            complete_offer(at, group.name, group.description);
    pin_file_close(pins);
}

/* A group whose key was never met is not met by a key of the keyboard. */
static const char *
ask_group(struct cmd *c, struct complete *at)
{
    const char *group = at->n_operands > 0 ? at->operands[0] : "";
    struct pin_file *pins = open_pins(c);
    bool known = is_known(pins, group);

    pin_file_close(pins);
    return known && ask(c, at) ? group : NULL;
}

static void
offer_people(struct cmd *c, struct complete *at)
{
    const char *group = ask_group(c, at);
    struct conclave_banned banned;
    struct conclave_member member;

    if (group == NULL)
        return;
    if (c->command->id == COMMAND_UNBAN && conclave_list_bans(c->client, group) == CONCLAVE_OK)
        while (conclave_next_ban(c->client, &banned) == CONCLAVE_OK)
            complete_offer(at, banned.nick, "");
    if (c->command->id != COMMAND_UNBAN &&
        conclave_list_members(c->client, group, false) == CONCLAVE_OK)
        while (conclave_next_member(c->client, &member) == CONCLAVE_OK)
            complete_offer(at, member.nick, conclave_role_name(member.role));
}

static void
offer_invites(struct cmd *c, struct complete *at)
{
    const char *group = ask_group(c, at);
    struct conclave_invitation invite;

    if (group == NULL || conclave_list_invites(c->client, group) != CONCLAVE_OK)
        return;
    while (conclave_next_invite(c->client, &invite) == CONCLAVE_OK)
        complete_offer(at, invite.id, "");
}

void
cmd_offer_names(struct cmd *c, struct complete *at, const char *what)
{
    static const struct {
        const char *what;
        void (*offer)(struct cmd *c, struct complete *at);
    } sources[] = {
        {"GROUP", offer_groups},   {"WHO", offer_people}, {"from", offer_people},
        {"ROLE", offer_roles},     {"ID", offer_invites}, {"resume", offer_places},
        {"server", offer_servers},
    };

    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        if (strcmp(sources[i].what, what) == 0)
            sources[i].offer(c, at);
    conclave_close(c->client);
    c->client = NULL;
}
