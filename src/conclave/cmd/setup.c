/* What a command works with: configuration, identity, a handle. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/entry.h"
#include "base/text.h"
#include "cmd/cmd.h"

#define REASON_MAX 512

static int
fail_open(struct cmd *c, enum conclave_status st, const char *why)
{
    return cmd_fail(c, st, st == CONCLAVE_INVALID ? "invalid" : "local", "%s", why);
}

static bool
is_there(const char *path)
{
    return access(path, F_OK) == 0 || errno != ENOENT;
}

int
cmd_make_identity(struct cmd *c, const char *nick, bool *made)
{
    char secret[PATH_MAX + sizeof "_secret"];
    const struct passwd *login = nick == NULL ? getpwuid(getuid()) : NULL;
    char reason[REASON_MAX];
    enum conclave_status st;
    struct fault why;

    if (c->key_file.text[0] == '\0')
        return cmd_misuse(c, "there is no home directory for your identity; name it with --key");
    snprintf(secret, sizeof secret, "%s_secret", c->key_file.text);
    if (made != NULL)
        *made = false;
    if (is_there(secret))
        return -1;
    if (paths_make_for(c->key_file.text, &why) != ST_OK)
        return cmd_fail(c, CONCLAVE_LOCAL, "local", "%s", why.text);
    /* One that cannot be a nick is no name; the beginning of the UUID will do. */
    if (login != NULL && text_is_name(span_of(login->pw_name), NAME_MAX_BYTES))
        nick = login->pw_name;
    st = conclave_make_key(c->key_file.text, nick, reason, sizeof reason);
    if (st != CONCLAVE_OK)
        return fail_open(c, st, reason);
    if (made != NULL)
        *made = true;
    return -1;
}

/* Where things are remembered. -1, or the exit status. */
static int
find_state(struct cmd *c, enum command_needs needs, struct cmd_client *out)
{
    struct fault why;

    if (c->state.text[0] == '\0')
        return cmd_misuse(c, "there is no home directory to remember keys in; name one with "
                             "--state DIR");
    if (!paths_within(&out->known_keys, c->state.text, "known_keys") ||
        !paths_within(&out->spool, c->state.text, "spool"))
        return cmd_misuse(c, "--state: the path is too long");
    if (paths_make(c->state.text, &why) != ST_OK ||
        (needs == NEEDS_SPOOL && paths_make(out->spool.text, &why) != ST_OK))
        return cmd_fail(c, CONCLAVE_LOCAL, "local", "%s; --state DIR names another place",
                        why.text);
    out->options.known_keys = out->known_keys.text;
    if (needs == NEEDS_SPOOL)
        out->options.spool = out->spool.text;
    return -1;
}

static int
fill_client(struct cmd *c, enum command_needs needs, struct cmd_client *out)
{
    *out = (struct cmd_client){.options = {.server = c->set.server,
                                           .server_key = c->set.server_key,
                                           .key = c->key_file.text,
                                           .timeout_ms = c->timeout_ms}};
    if (needs != NEEDS_KEY)
        return find_state(c, needs, out);
    /* A handle has to have a server. Where none is needed, it is one that is not used. */
    out->options.server = "tcp://127.0.0.1:1";
    out->options.server_key = c->key_file.text;
    return -1;
}

/* Are the values there that are needed? -1: yes. */
static int
check_needs(struct cmd *c, enum command_needs needs)
{
    if (c->key_file.text[0] == '\0' ||
        (c->set.key == NULL && access(c->key_file.text, F_OK) != 0 && errno == ENOENT))
        return cmd_misuse(c, "you have no identity yet; make one with: conclave init (or name its "
                             "certificate with --key or CONCLAVE_KEY)");
    if (c->set.server_key == NULL && needs != NEEDS_KEY)
        return cmd_misuse(
            c, "--server-key or CONCLAVE_SERVER_KEY is needed: ask the operator of the message "
               "server for its public certificate, and keep it with: conclave init --server "
               "ADDRESS --server-key FILE");
    return -1;
}

int
cmd_prepare(struct cmd *c, enum command_needs needs, struct cmd_client *out)
{
    int end = check_needs(c, needs);

    return end < 0 ? fill_client(c, needs, out) : end;
}

static int
open_client(struct cmd *c, const struct cmd_client *with)
{
    char why[REASON_MAX];
    enum conclave_status st = conclave_open(&c->client, &with->options, why, sizeof why);

    return st == CONCLAVE_OK ? -1 : fail_open(c, st, why);
}

int
cmd_connect(struct cmd *c, enum command_needs needs)
{
    struct cmd_client with;
    int end = cmd_prepare(c, needs, &with);

    return end < 0 ? open_client(c, &with) : end;
}

int
cmd_open(struct cmd *c, enum command_needs needs, const char *server, const char *server_key)
{
    struct cmd_client with;
    int end = fill_client(c, needs, &with);

    if (end >= 0)
        return end;
    with.options.server = server;
    with.options.server_key = server_key;
    return open_client(c, &with);
}

void
cmd_identity(struct cmd *c, struct tell_identity *out, struct cmd_identity_text *text)
{
    conclave_self(c->client, &out->uuid, text->key);
    cmd_fingerprint(text->key, text->fingerprint);
    out->name = conclave_self_name(c->client);
    out->key = text->key;
    out->fingerprint = text->fingerprint;
}
