#include "run.h"

#include <string.h>
#include <uuid.h>

#include "steps.h"

static const char *const fields[] = {"name",  "doors", "who",   "start", "hello",  "initiate",
                                     "in",    "out",   "reply", "says",  "result", "events",
                                     "hears", "mute",  "ends",  "then",  "alone",  "why"};
static const char *const starts[] = {"tcp", "greeting", "welcome", "ready"};

static const char *
text_of(const json_t *one, const char *field, const char *otherwise)
{
    const json_t *value = json_object_get(one, field);

    return json_is_string(value) ? json_string_value(value) : otherwise;
}

static bool
is_one_of(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* ---- about a case ---- */

static const char *
who(const json_t *one)
{
    return text_of(one, "who", "member");
}

bool
run_needs(const json_t *one, enum list list)
{
    static const char *const outside[] = {"stranger", "group"};

    if (list == LIST_GROUPS)
        return strcmp(who(one), "group") == 0;
    return !is_one_of(who(one), outside, 2);
}

bool
run_is_alone(const json_t *one)
{
    return json_is_true(json_object_get(one, "alone"));
}

const char *
run_complaint(const json_t *one)
{
    static const char *const people[] = {"stranger", "group",     "listed",
                                         "member",   "moderator", "owner"};
    const char *key;
    const json_t *value;

    if (!json_is_object(one) || !json_is_string(json_object_get(one, "name")))
        return "a case without a name";
    json_object_foreach(
        (json_t *)(uintptr_t)one, key,
        value) if (!is_one_of(key, fields,
                              sizeof fields / sizeof *fields)) return "a field that no case has";
    if (json_array_size(json_object_get(one, "doors")) == 0)
        return "no doors";
    if (!json_is_boolean(json_object_get(one, "ends")))
        return "it does not say whether the connection ends";
    if (!is_one_of(text_of(one, "start", "ready"), starts, 4))
        return "no such start";
    if (!is_one_of(who(one), people, 6))
        return "no such person";
    return NULL;
}

/* ---- running it ---- */

/* What the names in a case's bytes stand for. */
static bool
look_up(void *ctx, const char *name, struct bytes *out)
{
    const struct act *a = ctx;
    const struct {
        const char *name;
        const uint8_t *p;
        size_t len;
    } known[] = {
        {"me", a->run->key.uuid, RAW_ID_LEN},
        {"key", a->run->key.public_key, ZMTP_KEY},
        {"other", a->run->witness.uuid, RAW_ID_LEN},
        {"owner", a->run->stage->owner.uuid, RAW_ID_LEN},
        {"server", a->wire.server, ZMTP_KEY},
        {"brief", a->wire.brief.public_key, ZMTP_KEY},
        {"id", a->id, RAW_ID_LEN},
        {"ticket", a->me.ticket, RAW_ID_LEN},
        {"foreign", a->witness.ticket, RAW_ID_LEN},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0) {
            bytes_add(out, known[i].p, known[i].len);
            return true;
        }
    return false;
}

/* The group's owner makes the run's person one who may do more. */
static void
promote(struct run *r, unsigned role)
{
    static struct honest owner;
    struct answer answer;
    struct raw_out o;
    uuid_t id;

    uuid_generate_random(id);
    honest_join(&owner, r->stage, &r->stage->owner, r->witness_from);
    raw_begin(&o, "set_role", 3);
    raw_str(&o, "id");
    raw_bin(&o, id, sizeof id);
    raw_str(&o, "who");
    raw_bin(&o, r->key.uuid, RAW_ID_LEN);
    raw_str(&o, "role");
    raw_uint(&o, role);
    honest_ask(&owner.requests, &o, &answer);
    if (answer.status != ZMTP_OK || answer.code[0])
        raw_fail("the owner gives no role: %s, %s", zmtp_status_name(answer.status), answer.code);
    honest_leave_sockets(&owner);
}

/* Who plays a member, joins; at the feed, both have tickets, and the honest one follows. */
static void
prepare(struct act *a)
{
    static const char *const members[] = {"member", "moderator", "owner"};
    struct run *r = a->run;
    bool moderator = strcmp(who(r->one), "moderator") == 0;
    bool owner = strcmp(who(r->one), "owner") == 0;
    bool member = is_one_of(who(r->one), members, 3) && r->door != DOOR_SERVER;

    uuid_generate_random(a->id);
    a->me.feed.fd = a->witness.feed.fd = a->me.requests.fd = a->witness.requests.fd = -1;
    if (member)
        honest_join(&a->me, r->stage, &r->key, r->from);
    if (moderator || owner)
        promote(r, moderator ? 1 : 2);
    if (r->door == DOOR_FEED || moderator || owner)
        honest_join(&a->witness, r->stage, &r->witness, r->witness_from);
    if (r->door == DOOR_FEED) {
        honest_follow(&a->witness);
        if (member)
            honest_subscribe(&a->me);
    }
    zmtp_init(&a->wire, stage_type_for(r->door), &r->key, stage_key_of(r->stage, r->door));
    if (zmtp_connect(&a->wire, r->stage->ports[r->door], r->from) != ZMTP_OK)
        raw_fail("nobody listens");
}

static void
check_standing(struct act *a)
{
    const char *expected = text_of(a->run->one, "then", NULL);

    if (expected)
        act_check_standing(a, strcmp(expected, "member") == 0);
}

void
run_case(struct run *r)
{
    static struct act a;
    size_t start;

    a = (struct act){.run = r, .look_up = look_up};
    prepare(&a);
    for (start = 0; strcmp(starts[start], text_of(r->one, "start", "ready")) != 0;)
        start++;
    act_open(&a, (enum start)start);
    if (start == START_READY)
        act_talk(&a);
    else
        act_raw(&a, (enum start)start);
    check_standing(&a);
    honest_check(r->stage, &r->witness, r->witness_from);
    act_close(&a);
}
