/* The first byte chooses the operation, the rest is the reply to it. */
#include <stdlib.h>

#include "wire/mp.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
    if (!holds)
        abort();
}

/* Every item that was promised, and nothing behind the last. */
#define WALK(l, type)                             \
    do {                                          \
        struct wire_list *list = (l);             \
        uint32_t left = list->count;              \
        struct type item;                         \
                                                  \
        while (wire_next(list, &item))            \
            left--;                               \
        require(left == 0 && list->raw.len == 0); \
    } while (0)

static void
walk_lists(enum wire_op op, struct wire_reply *r)
{
    switch (op) {
    case OP_GET_GROUP_LIST:
        WALK(&r->u.group_page.groups, wire_group);
        break;
    case OP_GET_MEMBERS:
        WALK(&r->u.member_page.members, wire_member);
        break;
    case OP_SEND_MESSAGE:
        WALK(&r->u.sent.acks, wire_ack);
        break;
    case OP_GET_MESSAGE:
        WALK(&r->u.page.entries, entry);
        break;
    case OP_SEARCH_MESSAGE:
        WALK(&r->u.found.entries, entry);
        break;
    case OP_GET_BANS:
        WALK(&r->u.ban_page.bans, wire_ban);
        break;
    case OP_GET_INVITES:
        WALK(&r->u.invite_page.invites, wire_invite);
        break;
    default:
        break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_reply first, second;
    enum wire_op op;
    struct buf again;
    uint32_t msgid;

    if (size == 0)
        return 0;
    op = (enum wire_op)(data[0] % OP_COUNT);
    if (wire_decode_reply(&first, op, (struct span){data + 1, size - 1}) != ST_OK)
        return 0;
    require(mp_shape_ok((struct span){data + 1, size - 1}, WIRE_DEPTH_MAX, WIRE_REPLY_MAX));
    if (!wire_msgid((struct span){data + 1, size - 1}, WIRE_REPLY, &msgid) || msgid != first.msgid)
        abort();
    if (first.code != CODE_OK)
        return 0;
    buf_init(&again, 0);
    wire_pack_reply(&again, op, &first);
    if (again.len <= WIRE_REPLY_MAX && wire_decode_reply(&second, op, buf_span(&again)) != ST_OK)
        abort();
    buf_clear(&again);
    walk_lists(op, &first);
    return 0;
}
