/* What is on this machine: configuration, identity, the address and key of the message server. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor/doctor.h"

/* ---- the configuration ---- */

struct problems {
    size_t n;
    unsigned line;
    char first[FAULT_TEXT_MAX];
};

static void
keep_first(void *ctx, unsigned line, const char *text)
{
    struct problems *p = ctx;

    if (p->n++ > 0)
        return;
    p->line = line;
    snprintf(p->first, sizeof p->first, "%s", text);
}

static void
no_config(const struct doctor *d, struct finding *f, const char *why)
{
    if (d->c->set.config != NULL)
        finding_fail(f, CONCLAVE_LOCAL, "config", "%s", why);
    else
        finding_ok(f, "there is none; options and the environment say all");
}

void
doctor_config(struct doctor *d, struct finding *f)
{
    const char *path = d->c->config_file.text;
    struct problems problems = {0};
    struct config config = {0};
    struct fault why = {0};
    enum status st = ST_NOT_FOUND;

    if (path[0] != '\0')
        st = config_load(&config, path, keep_first, &problems, &why);
    config_clear(&config);
    if (problems.n > 0)
        finding_fail(f, CONCLAVE_LOCAL, "config",
                     "%s, line %u: %s; all that is wrong is told by: conclave config check", path,
                     problems.line, problems.first);
    else if (st == ST_NOT_FOUND)
        no_config(d, f, why.text);
    else if (st != ST_OK)
        finding_fail(f, CONCLAVE_LOCAL, "config", "%s",
                     why.text[0] != '\0' ? why.text : "out of memory");
    else
        finding_ok(f, "%s is right", path);
}

/* ---- the identity ---- */

static bool
is_missing(const char *path)
{
    return access(path, F_OK) != 0 && errno == ENOENT;
}

void
doctor_key(struct doctor *d, struct finding *f)
{
    const char *path = d->c->key_file.text;
    char fingerprint[FINGERPRINT_LEN + 1];
    struct fault why;

    if (path[0] == '\0' || (d->c->set.key == NULL && is_missing(path))) {
        finding_fail(f, CONCLAVE_INVALID, "usage",
                     "you have no identity yet; make one with: conclave init");
    } else if (sodium_init() < 0) {
        finding_fail(f, CONCLAVE_LOCAL, "local", "libsodium does not start");
    } else if (keypair_load(&d->keys, path, &why) != ST_OK) {
        finding_fail(f, CONCLAVE_LOCAL, "local", "%s", why.text);
    } else {
        key_fingerprint(d->keys.cert.key, fingerprint);
        finding_ok(f, "%s, fingerprint %s", path, fingerprint);
    }
}

/* ---- the message server ---- */

void
doctor_address(struct doctor *d, struct finding *f)
{
    const struct settings *set = &d->c->set;
    char fingerprint[FINGERPRINT_LEN + 1];
    struct cert cert;
    struct fault why;

    if (set->server_key == NULL) {
        finding_fail(f, CONCLAVE_INVALID, "usage",
                     "no key of the message server is set; ask its operator for its public "
                     "certificate, and keep it with: conclave init --server ADDRESS --server-key "
                     "FILE");
        return;
    }
    if (endpoint_check(set->server, false, &why) != ST_OK) {
        finding_fail(f, CONCLAVE_INVALID, "invalid", "%s", why.text);
        return;
    }
    if (cert_from_option(&cert, set->server_key, &why) != ST_OK) {
        finding_fail(f, CONCLAVE_LOCAL, "local", "%s", why.text);
        return;
    }
    snprintf(d->server.address, sizeof d->server.address, "%s", set->server);
    memcpy(d->server.key, cert.key, KEY_LEN);
    key_fingerprint(cert.key, fingerprint);
    finding_ok(f, "%s, whose key should have the fingerprint %s", set->server, fingerprint);
}
