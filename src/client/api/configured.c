/* What the environment and the configuration of `conclave` say, for programs of others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/zpl.h"
#include "conclave.h"

#define FILE_MAX_BYTES (64 * 1024) /* as the program has it */
#define SCHEME         "tcp://"

_Static_assert(CONCLAVE_PATH_MAX >= PATH_MAX, "a path fits");

/* One setting: where it may stand, and where it goes. */
struct wanted {
    const char *name;
    const char *variable;
    bool is_path;
    char *text;
    size_t size;
};

/* False: it does not fit. */
static bool
put(const struct wanted *w, const char *config, const char *value)
{
    struct path path = {""};

    /* 40 characters are a key. */
    if (w->is_path && strlen(value) != CONCLAVE_KEY_LEN) {
        if (!paths_resolve(&path, config, value))
            return false;
        value = path.text;
    }
    return (size_t)snprintf(w->text, w->size, "%s", value) < w->size;
}

/* What the environment did not say. */
static enum status
read_settings(const struct wanted *wanted, size_t n, const char *config, struct span text,
              struct fault *why)
{
    enum status st = ST_OK;
    struct zpline line;
    struct span next;
    char value[CONCLAVE_PATH_MAX];

    while (st == ST_OK && span_next_line(&next, &text)) {
        if (zpline_read(&line, next) != ZPLINE_ITEM || !line.has_value || line.level > 0)
            continue;
        for (size_t i = 0; i < n; i++) {
            if (wanted[i].text[0] != '\0' || !span_equal(line.name, span_of(wanted[i].name)))
                continue;
            snprintf(value, sizeof value, "%.*s", (int)line.value.len, (const char *)line.value.p);
            if (!put(&wanted[i], config, value))
                st = fault_set(why, ST_INVALID, "%s: %s is too long", config, wanted[i].name);
        }
    }
    return st;
}

/* The rest, as `conclave` has it. */
static void
put_defaults(struct conclave_configuration *out, const char *config, char *state, size_t size)
{
    struct path path;

    if (out->server[0] == '\0')
        snprintf(out->server, sizeof out->server, SCHEME "127.0.0.1:5550");
    if (strncmp(out->server, SCHEME, strlen(SCHEME)) != 0) {
        snprintf(path.text, sizeof path.text, "%s", out->server);
        snprintf(out->server, sizeof out->server, SCHEME "%.*s",
                 (int)(sizeof out->server - sizeof SCHEME), path.text);
    }
    if (out->key[0] == '\0' && paths_beside(&path, config, "identity.key"))
        snprintf(out->key, sizeof out->key, "%s", path.text);
    if (state[0] == '\0' && paths_state(&path))
        snprintf(state, size, "%s", path.text);
}

static enum status
read_all(struct conclave_configuration *out, char *state, size_t size, struct fault *why)
{
    const struct wanted wanted[] = {
        {"server", "CONCLAVE_SERVER", false, out->server, sizeof out->server},
        {"server-key", "CONCLAVE_SERVER_KEY", true, out->server_key, sizeof out->server_key},
        {"key", "CONCLAVE_KEY", true, out->key, sizeof out->key},
        {"state", "CONCLAVE_STATE", true, state, size},
    };
    const size_t n = sizeof wanted / sizeof wanted[0];
    const char *name = getenv("CONCLAVE_CONFIG");
    bool named = name != NULL && name[0] != '\0';
    bool nothing;
    enum status st = ST_OK;
    struct path config;
    struct buf text;

    buf_init(&text, FILE_MAX_BYTES);
    paths_config(&config);
    for (size_t i = 0; i < n; i++) {
        const char *value = getenv(wanted[i].variable);

        snprintf(wanted[i].text, wanted[i].size, "%s", value != NULL ? value : "");
    }
    if (named)
        snprintf(config.text, sizeof config.text, "%s", name);
    nothing = strcmp(config.text, "/dev/null") == 0;
    if (config.text[0] != '\0' && !nothing)
        st = file_read(&text, NULL, config.text, FILE_TRUSTED, why);
    if (st == ST_NOT_FOUND && !named)
        st = ST_OK;
    if (st == ST_OK)
        st = read_settings(wanted, n, config.text, buf_span(&text), why);
    if (nothing)
        paths_config(&config);
    put_defaults(out, config.text, state, size);
    buf_clear(&text);
    return st;
}

enum conclave_status
conclave_configure(struct conclave_options *options, struct conclave_configuration *out, char *why,
                   size_t size)
{
    struct fault fault = {""};
    struct path state = {""};
    struct path known;
    enum status st;

    memset(out, 0, sizeof *out);
    st = read_all(out, state.text, sizeof state.text, &fault);
    if (st == ST_OK && state.text[0] != '\0' && options->known_keys == NULL)
        st = paths_make(state.text, &fault);
    if (st == ST_OK && state.text[0] != '\0' && paths_within(&known, state.text, "known_keys"))
        snprintf(out->known_keys, sizeof out->known_keys, "%s", known.text);
    if (st != ST_OK) {
        if (why != NULL && size > 0)
            snprintf(why, size, "%s", fault.text);
        return CONCLAVE_LOCAL;
    }
    options->server = options->server != NULL ? options->server : out->server;
    options->server_key = options->server_key != NULL ? options->server_key : out->server_key;
    options->key = options->key != NULL ? options->key : out->key;
    if (options->known_keys == NULL && out->known_keys[0] != '\0')
        options->known_keys = out->known_keys;
    return CONCLAVE_OK;
}
