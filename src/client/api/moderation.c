#include "conclave.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/handle.h"

_Static_assert((int)CONCLAVE_MEMBER == ROLE_MEMBER && (int)CONCLAVE_MODERATOR == ROLE_MODERATOR &&
                   (int)CONCLAVE_OWNER == ROLE_OWNER,
               "public roles");

const char *
conclave_role_name(int role)
{
    return role < 0 ? NULL : role_name((unsigned)role);
}

bool
conclave_role_parse(int *role, const char *name)
{
    enum role r = name != NULL ? role_parse(name) : ROLE_COUNT;

    if (r == ROLE_COUNT)
        return false;
    *role = (int)r;
    return true;
}

static struct id
new_change(void)
{
    return id_time_ordered(clock_wall_ns());
}

/* The id in req makes it one change, however often it is asked for. */
static enum conclave_status
change(struct conclave *c, const char *group, struct wire_request *req, uint64_t *last)
{
    enum conclave_status st;
    struct answer a;

    answer_init(&a);
    st = handle_ask_group(c, group, req, &a, NULL);
    if (st == CONCLAVE_OK && last != NULL)
        *last = a.reply.u.removed.last;
    answer_clear(&a);
    return st;
}

static enum conclave_status
on_member(struct conclave *c, enum wire_op op, const char *group, const struct conclave_id *who,
          uint64_t *last)
{
    struct wire_request req = {.op = op};

    req.u.on_member.id = new_change();
    memcpy(req.u.on_member.who.bytes, who->bytes, sizeof who->bytes);
    return change(c, group, &req, last);
}

enum conclave_status
conclave_kick(struct conclave *c, const char *group, const struct conclave_id *who, uint64_t *last)
{
    return on_member(c, OP_KICK_MEMBER, group, who, last);
}

enum conclave_status
conclave_ban(struct conclave *c, const char *group, const struct conclave_id *who, uint64_t *last)
{
    return on_member(c, OP_BAN_MEMBER, group, who, last);
}

enum conclave_status
conclave_unban(struct conclave *c, const char *group, const struct conclave_id *who)
{
    return on_member(c, OP_UNBAN_MEMBER, group, who, NULL);
}

enum conclave_status
conclave_set_role(struct conclave *c, const char *group, const struct conclave_id *who, int role)
{
    struct wire_request req = {.op = OP_SET_ROLE};

    if (conclave_role_name(role) == NULL)
        return handle_error(c, ST_INVALID, "a role is member, moderator or owner");
    req.u.set_role.id = new_change();
    memcpy(req.u.set_role.who.bytes, who->bytes, sizeof who->bytes);
    req.u.set_role.role = (uint64_t)role;
    return change(c, group, &req, NULL);
}

enum conclave_status
conclave_set_topic(struct conclave *c, const char *group, const char *topic)
{
    struct wire_request req = {.op = OP_SET_TOPIC};

    if (topic == NULL || !text_is_line(span_of(topic), TOPIC_MAX_BYTES))
        return handle_error(c, ST_INVALID,
                            "a topic is one line of at most %d bytes of UTF-8 without control "
                            "characters",
                            TOPIC_MAX_BYTES);
    req.u.set_topic.id = new_change();
    req.u.set_topic.topic = span_of(topic);
    return change(c, group, &req, NULL);
}

enum conclave_status
conclave_set_nick(struct conclave *c, const char *group, const char *nick)
{
    struct wire_request req = {.op = OP_SET_NICK};
    enum conclave_status st = handle_check_nick(c, nick);

    if (st != CONCLAVE_OK)
        return st;
    req.u.set_nick.id = new_change();
    req.u.set_nick.nick = span_of(nick);
    return change(c, group, &req, NULL);
}
