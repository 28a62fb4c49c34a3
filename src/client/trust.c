#include "conclave.h"

#include <stdio.h>

#include "client/handle.h"

enum conclave_status
handle_online(struct conclave *c)
{
    if (c->directory.address[0] == '\0')
        return handle_error(c, ST_INVALID,
                            "this needs a message server: say its address and its key");
    if (!c->server_changed)
        return CONCLAVE_OK;
    refusal_set(&c->error, KEY_OTHER, c->changed_why.text);
    return CONCLAVE_SERVER_KEY;
}

static enum conclave_status
check(struct conclave *c, const struct pin_place *place, const uint8_t key[static KEY_LEN])
{
    struct fault why;
    enum status st = pin_file_check(c->pins, place, key, true, &why);

    if (st == ST_OK)
        return CONCLAVE_OK;
    if (st != ST_SERVER_KEY)
        return handle_error(c, ST_SYSTEM, "%s", why.text);
    refusal_set(&c->error, KEY_CHANGED, why.text);
    return CONCLAVE_SERVER_KEY;
}

enum conclave_status
handle_pin(struct conclave *c, const char *group, const uint8_t key[static KEY_LEN])
{
    struct pin_place place = remote_place(&c->directory, group);

    return check(c, &place, key);
}

static struct pin_place
server_place(const struct conclave *c)
{
    struct pin_place place = {.kind = PIN_SERVER};

    snprintf(place.name, sizeof place.name, "%s", c->directory.address);
    return place;
}

enum status
handle_check_server(struct conclave *c, struct fault *why)
{
    struct pin_place place = server_place(c);
    enum status st;

    c->server_remembered = pin_file_has(c->pins, &place);
    st = pin_file_check(c->pins, &place, c->directory.key, false, why);
    c->server_changed = st == ST_SERVER_KEY;
    if (!c->server_changed)
        return st;
    c->changed_why = *why;
    return ST_OK;
}

enum conclave_status
handle_remember_server(struct conclave *c)
{
    struct pin_place place = server_place(c);
    enum conclave_status st = CONCLAVE_OK;

    if (!c->server_remembered)
        st = check(c, &place, c->directory.key);
    c->server_remembered = st == CONCLAVE_OK;
    return st;
}

/* It has the key with which the handle was opened: it answers one request. */
static enum conclave_status
prove_server(struct conclave *c)
{
    struct wire_request req = {.op = OP_GET_GROUP_LIST};
    enum conclave_status st;
    struct answer answer;

    answer_init(&answer);
    st = handle_ask(c, &c->directory, &req, handle_deadline(c), &answer);
    answer_clear(&answer);
    return st;
}

static enum conclave_status
accept_key(struct conclave *c, const struct pin_place *place)
{
    struct fault why;
    enum status st = pin_file_accept(c->pins, place, &why);

    if (st == ST_NOT_FOUND)
        return CONCLAVE_NONE;
    if (st == ST_OK && place->kind == PIN_SERVER)
        st = handle_check_server(c, &why);
    return st == ST_OK ? CONCLAVE_OK : handle_error(c, ST_SYSTEM, "%s", why.text);
}

static enum conclave_status
accept_server(struct conclave *c)
{
    struct pin_place place = server_place(c);
    enum conclave_status st = c->server_changed ? prove_server(c) : CONCLAVE_NONE;

    return st == CONCLAVE_OK ? accept_key(c, &place) : st;
}

static enum conclave_status
accept_group(struct conclave *c, const char *group)
{
    struct pin_place place = remote_place(&c->directory, group);
    enum conclave_status st = accept_key(c, &place);
    struct remote *k = st == CONCLAVE_OK ? handle_find(c, group) : NULL;

    if (k != NULL)
        remote_locate_new(k);
    return st;
}

enum conclave_status
conclave_accept_key(struct conclave *c, const char *group)
{
    enum conclave_status st = handle_online(c);

    if (st == CONCLAVE_INVALID || (st != CONCLAVE_OK && group != NULL))
        return st;
    return group != NULL ? accept_group(c, group) : accept_server(c);
}
