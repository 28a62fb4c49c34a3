#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "honest.h"

#define SILENT_PEERS 100
#define FLOOD        500   /* requests that are sent before an answer is read */
#define GIANT        65000 /* bytes of a request that is not finished */

/* ---- helpers ---- */

/* What goes wrong here is the attacker's problem: they are refused, cut off and too fast. */
static bool
enter(struct attack *a, struct zmtp *z, struct answer *answer)
{
    struct raw_out o;

    if (stage_call(a->stage, DOOR_GROUP, &a->key, a->from, z) != ZMTP_OK)
        return false;
    raw_begin(&o, "join_group", 1);
    raw_str(&o, "uuid");
    raw_bin(&o, a->key.uuid, RAW_ID_LEN);
    honest_ask(z, &o, answer);
    if (answer->status == ZMTP_OK)
        return true;
    zmtp_close(z);
    return false;
}

static bool
get_ticket(struct zmtp *z, uint8_t ticket[static RAW_ID_LEN])
{
    struct answer answer;
    struct raw_out o;
    struct raw_in value;

    raw_begin(&o, "subscribe", 0);
    honest_ask(z, &o, &answer);
    if (answer.status != ZMTP_OK || answer.code[0])
        return false;
    value = raw_field(answer.result, "ticket");
    raw_read_fixed(&value, ticket, RAW_ID_LEN);
    return true;
}

/* ---- attacks ---- */

/* Subscribes to everything, and reads what comes until it is cut off. It must be nothing. That ends
 * in a ban, so each time it is somebody else. */
static void
listen_to_all(struct attack *a)
{
    static struct bytes frame;
    struct zmtp requests, feed;
    struct answer answer;
    uint8_t ticket[RAW_ID_LEN];
    unsigned inner;

    if (a->n_spares > 0)
        a->key = a->spares[--a->n_spares];
    if (!enter(a, &requests, &answer))
        return;
    if (get_ticket(&requests, ticket) &&
        stage_call(a->stage, DOOR_FEED, &a->key, a->from, &feed) == ZMTP_OK) {
        zmtp_send(&feed, 0, "\1", 1);
        if (zmtp_receive(&feed, &inner, &frame, ZMTP_PATIENCE) == ZMTP_OK &&
            memcmp(frame.p, ticket, RAW_ID_LEN) != 0)
            raw_fail("somebody who listens to everybody hears them");
        zmtp_close(&feed);
    }
    zmtp_close(&requests);
}

/* A whole handshake and a request of one connection, byte for byte on another. */
static void
replay(struct attack *a)
{
    static const struct zmtp_claims truth;
    static struct bytes hello, initiate, sealed, empty;
    struct zmtp first, second;

    zmtp_init(&first, "DEALER", &a->key, stage_key_of(a->stage, DOOR_GROUP));
    zmtp_init(&second, "DEALER", &a->key, stage_key_of(a->stage, DOOR_GROUP));
    zmtp_make_hello(&first, &hello);
    if (zmtp_connect(&first, a->stage->ports[DOOR_GROUP], a->from) == ZMTP_OK &&
        zmtp_connect(&second, a->stage->ports[DOOR_GROUP], a->from) == ZMTP_OK &&
        zmtp_greet(&first) == ZMTP_OK && zmtp_greet(&second) == ZMTP_OK) {
        zmtp_write_frame(&first, FRAME_COMMAND, &hello);
        zmtp_write_frame(&second, FRAME_COMMAND, &hello);
        if (zmtp_take_welcome(&first) == ZMTP_OK) {
            zmtp_make_initiate(&first, &truth, &initiate);
            zmtp_write_frame(&first, FRAME_COMMAND, &initiate);
            zmtp_seal(&first, INNER_MORE, &empty, &sealed);
            zmtp_write_frame(&first, 0, &sealed);
        }
        zmtp_write_frame(&second, FRAME_COMMAND, &initiate);
        zmtp_write_frame(&second, 0, &sealed);
        if (zmtp_await_end(&second, ZMTP_PATIENCE) != ZMTP_OK)
            raw_fail("a connection that is another's bytes again does not end");
    }
    zmtp_close(&first);
    zmtp_close(&second);
}

/* A request in the name of the victim, which must be refused. */
static void
ask_as_victim(struct attack *a, struct zmtp *z, const char *method, const char *field)
{
    struct answer answer;
    struct raw_out o;

    raw_begin(&o, method, 1);
    raw_str(&o, field);
    raw_bin(&o, a->victim.uuid, RAW_ID_LEN);
    honest_ask(z, &o, &answer);
    if (answer.status == ZMTP_OK && !answer.code[0])
        raw_fail("%s was done in another's name", method);
}

/* The victim's UUID in fields and in the connection's metadata. */
static void
forge(struct attack *a)
{
    static const char type[] = "DEALER";
    static struct bytes metadata, body;
    const struct zmtp_claims claims = {.metadata = &metadata};
    char identity[32];
    struct zmtp z;

    /* Not one that another connection still has, nor a longer one: both are ignored. */
    snprintf(identity, sizeof identity, "other%u", randombytes_random());
    metadata.len = 0;
    zmtp_add_property(&metadata, "Socket-Type", type);
    zmtp_add_property(&metadata, "User-Id", "somebody else");
    zmtp_add_property(&metadata, "Identity", identity);
    zmtp_init(&z, type, &a->key, stage_key_of(a->stage, DOOR_GROUP));
    if (zmtp_connect(&z, a->stage->ports[DOOR_GROUP], a->from) == ZMTP_OK &&
        zmtp_greet(&z) == ZMTP_OK) {
        zmtp_make_hello(&z, &body);
        zmtp_write_frame(&z, FRAME_COMMAND, &body);
        if (zmtp_take_welcome(&z) == ZMTP_OK) {
            zmtp_make_initiate(&z, &claims, &body);
            zmtp_write_frame(&z, FRAME_COMMAND, &body);
            if (zmtp_take_ready(&z) == ZMTP_OK) {
                ask_as_victim(a, &z, "leave_group", "uuid");
                ask_as_victim(a, &z, "join_group", "uuid");
            }
        }
    }
    zmtp_close(&z);
}

/* As many requests as go out, then as many answers as come. */
static void
flood(struct attack *a)
{
    static struct bytes reply;
    struct zmtp z;
    struct answer answer;
    struct raw_out o;
    bool open = enter(a, &z, &answer);

    for (int i = 0; open && i < FLOOD; i++) {
        raw_begin(&o, "get_message", 1);
        raw_str(&o, "after_seq");
        raw_uint(&o, 0);
        open = zmtp_send_request(&z, o.bytes, o.len);
    }
    while (open && zmtp_receive_reply(&z, &reply, 200) == ZMTP_OK)
        continue;
    zmtp_close(&z);
}

/* A large request that never ends: the connection is reset in the middle. */
static void
break_off(struct attack *a)
{
    static struct bytes plain, sealed;
    static const uint8_t head[] = {FRAME_LONG, 0, 0, 0, 0, 0, 0, GIANT >> 8, GIANT & 0xff};
    struct zmtp z;

    if (stage_call(a->stage, DOOR_GROUP, &a->key, a->from, &z) != ZMTP_OK)
        return;
    plain.len = 0;
    for (unsigned i = 0; i < GIANT / 2; i++)
        bytes_add_byte(&plain, 0);
    zmtp_seal(&z, 0, &plain, &sealed);
    if (zmtp_send(&z, INNER_MORE, NULL, 0) && zmtp_write(&z, head, sizeof head))
        zmtp_write(&z, sealed.p, sealed.len);
    zmtp_reset(&z);
}

static void
come_and_go(struct attack *a)
{
    struct zmtp z;
    struct answer answer;
    struct raw_out o;

    if (!enter(a, &z, &answer))
        return;
    raw_begin(&o, "leave_group", 1);
    raw_str(&o, "uuid");
    raw_bin(&o, a->key.uuid, RAW_ID_LEN);
    honest_ask(&z, &o, &answer);
    zmtp_close(&z);
}

/* Peers that connect to every door and say nothing, until the service has enough of them. */
static void
say_nothing(struct attack *a)
{
    static struct zmtp peers[SILENT_PEERS];

    for (int i = 0; i < SILENT_PEERS; i++) {
        zmtp_init(&peers[i], "DEALER", &a->key, stage_key_of(a->stage, DOOR_GROUP));
        zmtp_connect(&peers[i], a->stage->ports[i % DOOR_COUNT], a->from);
    }
    for (int i = 0; i < SILENT_PEERS; i++) {
        if (peers[i].fd >= 0 && zmtp_await_end(&peers[i], ZMTP_PATIENCE) != ZMTP_OK)
            raw_fail("a silent peer may stay");
        zmtp_close(&peers[i]);
    }
}

/* A key that is on no list. */
static void
knock(struct attack *a)
{
    struct zmtp z;

    zmtp_key_make(&a->key);
    if (stage_call(a->stage, DOOR_GROUP, &a->key, a->from, &z) == ZMTP_OK)
        raw_fail("a key that is on no list comes in");
}

const struct attack_kind attack_kinds[] = {
    {"listened to everybody", listen_to_all, 2000},
    {"replayed a connection", replay, 0},
    {"forged whom it is from", forge, 0},
    {"flooded with requests", flood, 0},
    {"reset within a large request", break_off, 0},
    {"joined and left", come_and_go, 0},
    {"kept silent with many connections", say_nothing, 0},
    {"knocked with an unknown key", knock, 0},
};
const unsigned n_attack_kinds = sizeof attack_kinds / sizeof *attack_kinds;
