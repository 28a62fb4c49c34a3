#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "net/keys.h"

#define CHANGES_MAX 4

/* What is to be put into the configuration. */
struct changes {
    struct config_change items[CHANGES_MAX];
    size_t n;
    char server_key[KEY_Z85_LEN + 1];
    char key[PATH_MAX];
};

static void
add(struct changes *changes, const char *name, const char *value)
{
    if (value != NULL)
        changes->items[changes->n++] = (struct config_change){name, value};
}

/* The key itself, so that the certificate may go away. */
static int
take_server_key(struct cmd *c, struct changes *changes)
{
    struct cert cert;
    struct fault why;

    if (c->given.server_key == NULL)
        return -1;
    if (cert_from_option(&cert, c->given.server_key, &why) != ST_OK)
        return cmd_fail(c, CONCLAVE_LOCAL, "local", "%s", why.text);
    key_to_z85(cert.key, changes->server_key);
    add(changes, "server-key", changes->server_key);
    return -1;
}

static int
take_key(struct cmd *c, struct changes *changes)
{
    if (c->given.key == NULL)
        return -1;
    if (realpath(c->given.key, changes->key) == NULL || strpbrk(changes->key, "\"\n") != NULL)
        return cmd_fail(c, CONCLAVE_LOCAL, "local", "the path of the key cannot be kept: %s",
                        c->given.key);
    add(changes, "key", changes->key);
    return -1;
}

/* What the command line names is kept; the rest of the configuration stays as it is. */
static int
save_settings(struct cmd *c)
{
    struct changes changes = {.n = 0};
    struct fault why;
    int end;

    if (c->config_file.text[0] == '\0')
        return cmd_misuse(c, "there is no home directory for the configuration; name it with "
                             "--config");
    if (c->given.nick != NULL && strchr(c->given.nick, '"') != NULL)
        return cmd_misuse(c, "--nick: a name without quotes is needed");
    add(&changes, "server", c->given.server != NULL ? c->set.server : NULL);
    end = take_server_key(c, &changes);
    if (end < 0)
        end = take_key(c, &changes);
    if (end >= 0)
        return end;
    add(&changes, "nick", c->given.nick);
    if (config_save(c->config_file.text, changes.items, changes.n, &why) != ST_OK)
        return cmd_fail(c, CONCLAVE_LOCAL, "local", "%s", why.text);
    return -1;
}

/* Loads the identity, new or old, so that one that is of no use is told now. */
static int
tell(struct cmd *c, bool made)
{
    struct cmd_identity_text text;
    struct tell_setup setup = {
        .key_file = c->key_file.text,
        .config_file = c->config_file.text,
        .server = c->set.server_key != NULL ? c->set.server : NULL,
        .made = made,
    };
    int end = cmd_open(c, NEEDS_KEY, "tcp://127.0.0.1:1", c->key_file.text);

    if (end >= 0)
        return end;
    cmd_identity(c, &setup.self, &text);
    tell_setup(&c->out, &setup);
    return CONCLAVE_OK;
}

int
cmd_init(struct cmd *c)
{
    bool made = false;
    int end = -1;

    if ((c->given.server == NULL) != (c->given.server_key == NULL))
        return cmd_misuse(c, "--server and --server-key belong together");
    end = cmd_make_identity(c, c->set.nick, &made);
    if (end < 0)
        end = save_settings(c);
    return end < 0 ? tell(c, made) : end;
}
