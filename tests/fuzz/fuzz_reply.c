/* The first byte chooses the operation, the rest is the reply to it. */
#include <stdlib.h>

#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_walk(uint32_t left, const struct wire_list *list)
{
    if (left != 0 || list->raw.len != 0)
        abort();
}

static void
walk_lists(enum wire_op op, struct wire_reply *r)
{
    struct wire_list *list = NULL;
    struct wire_group group;
    struct wire_member member;
    struct wire_ack ack;
    struct entry entry;
    uint32_t left = 0;

    if (op == OP_GET_GROUP_LIST)
        for (list = &r->u.group_page.groups, left = list->count; wire_next_group(list, &group);)
            left--;
    else if (op == OP_GET_MEMBERS)
        for (list = &r->u.member_page.members, left = list->count; wire_next_member(list, &member);)
            left--;
    else if (op == OP_SEND_MESSAGE)
        for (list = &r->u.sent.acks, left = list->count; wire_next_ack(list, &ack);)
            left--;
    else if (op == OP_GET_MESSAGE)
        for (list = &r->u.page.entries, left = list->count; wire_next_entry(list, &entry);)
            left--;
    if (list != NULL)
        check_walk(left, list);
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
    if (!wire_reply_msgid((struct span){data + 1, size - 1}, &msgid) || msgid != first.msgid)
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
