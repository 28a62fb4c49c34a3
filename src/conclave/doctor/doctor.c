#include <stdio.h>

#include "base/clock.h"
#include "doctor/doctor.h"

#define NET_END_MS 500

enum step_id {
    STEP_CONFIG,
    STEP_KEY,
    STEP_ADDRESS,
    STEP_HOST,
    STEP_CONNECT,
    STEP_HANDSHAKE,
    STEP_ACCEPTED,
    STEP_PROTOCOL,
    STEP_PINNED,
    STEP_GROUPS,
    STEP_LISTED,
    STEP_GROUP_HOST,
    STEP_GROUP_CONNECT,
    STEP_GROUP_HANDSHAKE,
    STEP_GROUP_ACCEPTED,
    STEP_GROUP_PINNED,
    STEP_MEMBER,
    STEP_CLOCK,
    STEP_FEED,
    STEP_COUNT
};
#define NEEDS(step)  (1u << (step))
#define IN_GROUP(id) ((id) >= STEP_LISTED)

static const struct {
    const char *name; /* in JSON; stays as it is */
    const char *title;
    doctor_step *run;
    unsigned needs; /* steps without which this one cannot be done */
} steps[STEP_COUNT] = {
    [STEP_CONFIG] = {"config", "configuration", doctor_config, 0},
    [STEP_KEY] = {"key", "your key file", doctor_key, 0},
    [STEP_ADDRESS] = {"address", "server address", doctor_address, 0},
    [STEP_HOST] = {"host", "server host", doctor_server_host, NEEDS(STEP_ADDRESS)},
    [STEP_CONNECT] = {"connect", "server connection", doctor_server_connect, NEEDS(STEP_HOST)},
    [STEP_HANDSHAKE] = {"handshake", "server key", doctor_server_key,
                        NEEDS(STEP_KEY) | NEEDS(STEP_CONNECT)},
    [STEP_ACCEPTED] = {"accepted", "server admission", doctor_server_accepted,
                       NEEDS(STEP_HANDSHAKE)},
    [STEP_PROTOCOL] = {"protocol", "protocol", doctor_protocol, NEEDS(STEP_ACCEPTED)},
    [STEP_PINNED] = {"pinned", "server key remembered", doctor_server_pin, NEEDS(STEP_PROTOCOL)},
    [STEP_GROUPS] = {"groups", "list of groups", doctor_groups, NEEDS(STEP_PINNED)},
    [STEP_LISTED] = {"listed", "group", doctor_listed, NEEDS(STEP_GROUPS)},
    [STEP_GROUP_HOST] = {"group_host", "group host", doctor_group_host, NEEDS(STEP_LISTED)},
    [STEP_GROUP_CONNECT] = {"group_connect", "group connection", doctor_group_connect,
                            NEEDS(STEP_GROUP_HOST)},
    [STEP_GROUP_HANDSHAKE] = {"group_handshake", "group key", doctor_group_key,
                              NEEDS(STEP_GROUP_CONNECT)},
    [STEP_GROUP_ACCEPTED] = {"group_accepted", "group admission", doctor_group_accepted,
                             NEEDS(STEP_GROUP_HANDSHAKE)},
    [STEP_GROUP_PINNED] = {"group_pinned", "group key remembered", doctor_group_pin,
                           NEEDS(STEP_GROUP_ACCEPTED)},
    [STEP_MEMBER] = {"member", "membership", doctor_member, NEEDS(STEP_GROUP_PINNED)},
    [STEP_CLOCK] = {"clock", "clock", doctor_clock, NEEDS(STEP_MEMBER)},
    [STEP_FEED] = {"feed", "live feed", doctor_feed, NEEDS(STEP_MEMBER)},
};

/* How far the steps have come. */
struct doctor_progress {
    unsigned done;
    size_t skipped;
    enum step_id causes[STEP_COUNT]; /* the failure because of which a step is not done */
    enum conclave_status exit;       /* of the first failure; CONCLAVE_OK: none */
};

/* The first step that this one needs and that did not succeed; STEP_COUNT: none. */
static enum step_id
find_lacking(unsigned needs, unsigned done)
{
    enum step_id id = STEP_CONFIG;

    while (id < STEP_COUNT && (needs & ~done & NEEDS(id)) == 0)
        id++;
    return id;
}

static void
skip(struct doctor_progress *p, enum step_id id, enum step_id lacking, struct finding *f)
{
    p->causes[id] = p->causes[lacking];
    p->skipped++;
    finding_skip(f, "not looked at, because of \"%s\"", steps[p->causes[id]].title);
}

static void
take_step(struct doctor *d, enum step_id id, struct doctor_progress *p)
{
    enum step_id lacking = find_lacking(steps[id].needs, p->done);
    struct finding f = {.kind = FINDING_OK};
    int64_t began_ms = clock_mono_ms();

    p->causes[id] = id;
    if (lacking == STEP_COUNT)
        steps[id].run(d, &f);
    else
        skip(p, id, lacking, &f);
    if (f.kind == FINDING_OK || f.kind == FINDING_WARN)
        p->done |= NEEDS(id);
    if (f.kind == FINDING_FAIL && p->exit == CONCLAVE_OK)
        p->exit = f.exit;
    doctor_tell(&d->c->out, &(struct doctor_line){.step = steps[id].name,
                                                  .title = steps[id].title,
                                                  .finding = &f,
                                                  .ms = clock_mono_ms() - began_ms});
}

int
cmd_doctor(struct cmd *c)
{
    struct doctor d = {.c = c, .group = c->n_args > 0 ? c->args[0] : NULL};
    struct doctor_progress p = {.exit = CONCLAVE_OK};

    snprintf(d.server.what, sizeof d.server.what, "the message server");
    snprintf(d.at_group.what, sizeof d.at_group.what, "the group \"%.*s\"", CONCLAVE_NAME_MAX,
             d.group != NULL ? d.group : "");
    for (enum step_id id = STEP_CONFIG; id < STEP_COUNT; id++)
        if (!IN_GROUP(id) || d.group != NULL)
            take_step(&d, id, &p);
    doctor_tell_end(&c->out, p.exit == CONCLAVE_OK, p.skipped);
    net_close_within(d.net, NET_END_MS);
    keypair_clear(&d.keys);
    return (int)p.exit;
}
