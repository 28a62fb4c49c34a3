#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "net/keys.h"

#define SCHEME     "conclave:"
#define REASON_MAX 512
#define INPUT_MAX  (2 * CONCLAVE_INVITE_MAX) /* with line breaks that mail put in */

/* What we are called in a group; NULL: that was not told. Valid until the next list of members. */
static const char *
own_nick(struct cmd *c, const char *group)
{
    char key[CONCLAVE_KEY_LEN + 1];
    struct conclave_member m;
    struct conclave_id self;

    conclave_self(c->client, &self, key);
    if (conclave_list_members(c->client, group, false) != CONCLAVE_OK)
        return NULL;
    while (conclave_next_member(c->client, &m) == CONCLAVE_OK)
        if (memcmp(m.uuid.bytes, self.bytes, sizeof self.bytes) == 0)
            return m.nick;
    return NULL;
}

static int
tell(struct cmd *c, const char *group, bool already)
{
    const char *nick = NULL;

    if (already && c->given.nick != NULL)
        nick = own_nick(c, group);
    if (nick != NULL && strcmp(nick, c->given.nick) == 0)
        nick = NULL;
    tell_joined(&c->out, group, already, nick);
    return CONCLAVE_OK;
}

static int
join_group(struct cmd *c, const char *group)
{
    bool already = false;
    enum conclave_status st;
    int end = cmd_connect(c, NEEDS_SERVER);

    if (end >= 0)
        return end;
    st = conclave_join(c->client, group, c->set.nick, &already);
    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, group);
    return tell(c, group, already);
}

/* ---- by invitation ---- */

/* The message server of the invitation is ours from now on, unless we have one. */
static int
keep_server(struct cmd *c, const struct conclave_invite *invite)
{
    const struct config_change changes[] = {{"server", invite->server},
                                            {"server-key", invite->server_key}};
    uint8_t key[KEY_LEN];
    struct cert own;
    struct fault why;

    if (c->set.server_key == NULL && c->config_file.text[0] != '\0') {
        if (config_save(c->config_file.text, changes, 2, &why) != ST_OK)
            return cmd_fail(c, CONCLAVE_LOCAL, "local", "you are in, but: %s", why.text);
        return CONCLAVE_OK;
    }
    if (c->set.server_key != NULL && key_from_z85(key, invite->server_key) == ST_OK &&
        cert_from_option(&own, c->set.server_key, &why) == ST_OK &&
        memcmp(own.key, key, sizeof key) != 0)
        tell_remark(&c->err, "this group is on another message server than the one you are set up "
                             "for: name that with --server and --server-key");
    return CONCLAVE_OK;
}

static int
use_invite(struct cmd *c, const struct conclave_invite *invite)
{
    bool already = false;
    enum conclave_status st;
    int end = cmd_make_identity(c, c->set.nick, NULL);

    if (end < 0)
        end = cmd_open(c, NEEDS_SERVER, invite->server, invite->server_key);
    if (end >= 0)
        return end;
    st = conclave_join_invite(c->client, invite, c->set.nick, &already);
    /* A group that waits for nobody keeps its door shut to all whom it does not know. */
    if (st == CONCLAVE_OWN_KEY)
        return cmd_fail(c, CONCLAVE_OWN_KEY, "own_key",
                        "%s; the invitation may be used up, revoked or over, or you were "
                        "banned, and then no invitation helps",
                        conclave_error(c->client));
    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, invite->group);
    tell(c, invite->group, already);
    return keep_server(c, invite);
}

static int
join_by_text(struct cmd *c, char *text)
{
    struct conclave_invite invite;
    char why[REASON_MAX];
    bool good = conclave_invite_parse(&invite, text, why, sizeof why);
    int end;

    /* The list of processes shows an argument for as long as it is there. */
    sodium_memzero(text, strlen(text));
    if (good)
        end = use_invite(c, &invite);
    else
        end = cmd_fail(c, CONCLAVE_INVALID, "bad_invite", "%s", why);
    sodium_memzero(&invite, sizeof invite);
    return end;
}

/* From standard input up to its end or, at a terminal, that of the line. */
static int
join_by_input(struct cmd *c)
{
    char text[INPUT_MAX + 1] = "";
    size_t len = 0;
    ssize_t n = 1;
    bool typed = isatty(STDIN_FILENO) == 1;
    int end;

    if (typed)
        fputs("Invitation: ", stderr);
    while (n > 0 && len < INPUT_MAX && !(typed && len > 0 && text[len - 1] == '\n')) {
        n = read(STDIN_FILENO, text + len, INPUT_MAX - len);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            len += (size_t)n;
    }
    text[len] = '\0';
    end = n < 0 ? cmd_fail(c, CONCLAVE_LOCAL, "local", "cannot read the invitation: %s",
                           strerror(errno))
                : join_by_text(c, text);
    sodium_memzero(text, sizeof text);
    return end;
}

int
cmd_join(struct cmd *c)
{
    char *what = c->args[0];

    if (strcmp(what, "-") == 0)
        return join_by_input(c);
    if (strncmp(what, SCHEME, strlen(SCHEME)) != 0)
        return join_group(c, what);
    return join_by_text(c, what);
}
