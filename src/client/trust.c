#include "conclave.h"

#include <stdio.h>

#include "engine.h"

enum conclave_status
engine_online(struct conclave *c)
{
    if (c->directory.address[0] == '\0')
        return engine_error(c, ST_INVALID,
                            "this needs a message server: say its address and its key");
    if (!c->server_changed)
        return CONCLAVE_OK;
    refusal_set(&c->error, KEY_CHANGED, c->changed_why.text);
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
        return engine_error(c, ST_SYSTEM, "%s", why.text);
    refusal_set(&c->error, KEY_CHANGED, why.text);
    return CONCLAVE_SERVER_KEY;
}

enum conclave_status
engine_pin(struct conclave *c, const char *group, const uint8_t key[static KEY_LEN])
{
    struct pin_place place = known_place(&c->directory, group);

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
engine_check_server(struct conclave *c, struct fault *why)
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
engine_remember_server(struct conclave *c)
{
    struct pin_place place = server_place(c);
    enum conclave_status st = CONCLAVE_OK;

    if (!c->server_remembered)
        st = check(c, &place, c->directory.key);
    c->server_remembered = st == CONCLAVE_OK;
    return st;
}

enum conclave_status
conclave_accept_key(struct conclave *c, const char *group)
{
    enum conclave_status st = engine_online(c);
    struct pin_place place;
    struct known *k = NULL;
    struct fault why;
    enum status did;

    if (st == CONCLAVE_INVALID || (st != CONCLAVE_OK && group != NULL))
        return st;
    place = group != NULL ? known_place(&c->directory, group) : server_place(c);
    did = pin_file_accept(c->pins, &place, &why);
    if (did == ST_NOT_FOUND)
        return CONCLAVE_NONE;
    if (did == ST_OK && group == NULL)
        did = engine_check_server(c, &why);
    if (did != ST_OK)
        return engine_error(c, ST_SYSTEM, "%s", why.text);
    if (group != NULL)
        k = engine_find(c, group);
    if (k != NULL)
        known_locate_new(k);
    return CONCLAVE_OK;
}
