/* The side of the samples that calls the code under test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire_samples.h"

static bool
take_item(struct wire_list *list, enum wire_item item)
{
    struct wire_group group;
    struct wire_member member;
    struct wire_ban ban;
    struct wire_invite invite;
    struct wire_message message;
    struct wire_ack ack;
    struct entry entry;

    switch (item) {
    case ITEM_GROUP:
        return wire_next(list, &group);
    case ITEM_MEMBER:
        return wire_next(list, &member);
    case ITEM_BAN:
        return wire_next(list, &ban);
    case ITEM_INVITE:
        return wire_next(list, &invite);
    case ITEM_MESSAGE:
        return wire_next(list, &message);
    case ITEM_ACK:
        return wire_next(list, &ack);
    default:
        return wire_next(list, &entry);
    }
}

static bool
walk_list(struct wire_list list, enum wire_item item)
{
    uint32_t i, count = list.count;

    for (i = 0; i < count; i++)
        if (!take_item(&list, item))
            return false;
    return list.raw.len == 0 && list.count == 0;
}

static bool
walk_lists(const struct wire_row *row, const void *base)
{
    size_t i;

    for (i = 0; i < row->count; i++)
        if (row->fields[i].type == TYPE_LIST) {
            struct wire_list list;

            memcpy(&list, (const char *)base + row->fields[i].offset, sizeof list);
            if (!walk_list(list, row->fields[i].item))
                return false;
        }
    return true;
}

int
subject_decode(const struct subject *s, struct span frame, union decoded *out, struct fault *why)
{
    int code;

    if (s->kind == SUBJECT_REQUEST) {
        code = wire_decode_request(&out->request, frame, why);
        if (code == CODE_OK && !walk_lists(wire_request_row(out->request.op), &out->request.u))
            return CODE_COUNT;
        return code;
    }
    if (s->kind == SUBJECT_EVENT) {
        if (wire_decode_feed(&out->feed, frame) != ST_OK)
            return CODE_MALFORMED;
        return walk_lists(wire_event_row(out->feed.event), &out->feed) ? CODE_OK : CODE_COUNT;
    }
    if (wire_decode_reply(&out->reply, subject_op(s), frame) != ST_OK)
        return CODE_MALFORMED;
    if (out->reply.code == CODE_OK && !walk_lists(wire_result_row(subject_op(s)), &out->reply.u))
        return CODE_COUNT;
    return CODE_OK;
}

int
subject_decode_exact(const struct subject *s, const char *bytes, size_t len, struct fault *why)
{
    char *copy = malloc(len > 0 ? len : 1);
    union decoded decoded;
    int code;

    if (copy == NULL)
        abort();
    memcpy(copy, bytes, len);
    code = subject_decode(s, (struct span){(const uint8_t *)copy, len}, &decoded, why);
    free(copy);
    return code;
}

static bool
encode_item_alone(struct buf *out, enum wire_item item, struct wire_list list)
{
    struct wire_group group;
    struct wire_member member;
    struct wire_ban ban;
    struct wire_invite invite;

    if (item == ITEM_GROUP && wire_next(&list, &group))
        wire_pack(out, &group);
    else if (item == ITEM_MEMBER && wire_next(&list, &member))
        wire_pack(out, &member);
    else if (item == ITEM_BAN && wire_next(&list, &ban))
        wire_pack(out, &ban);
    else if (item == ITEM_INVITE && wire_next(&list, &invite))
        wire_pack(out, &invite);
    else
        return false;
    return true;
}

static void
encode_item(struct buf *out, const struct subject *s, const union decoded *in)
{
    const struct wire_field *field = wire_result_row(subject_op(s))->fields;
    struct wire_reply r = in->reply;
    struct wire_list list;
    struct buf item;

    buf_init(&item, 0);
    memcpy(&list, (const char *)&r.u + field->offset, sizeof list);
    if (encode_item_alone(&item, (enum wire_item)s->index, list)) {
        list = (struct wire_list){.raw = buf_span(&item), .count = 1};
        memcpy((char *)&r.u + field->offset, &list, sizeof list);
    }
    wire_pack_reply(out, subject_op(s), &r);
    buf_clear(&item);
}

void
subject_encode(struct buf *out, const struct subject *s, const union decoded *in)
{
    char text[WIRE_ERROR_TEXT_MAX + 1];

    switch (s->kind) {
    case SUBJECT_REQUEST:
        wire_pack_request(out, &in->request);
        break;
    case SUBJECT_RESULT:
        wire_pack_reply(out, subject_op(s), &in->reply);
        break;
    case SUBJECT_ERROR:
        snprintf(text, sizeof text, "%.*s", (int)in->reply.text.len,
                 (const char *)in->reply.text.p);
        wire_pack_error(out, in->reply.msgid, in->reply.code, text);
        break;
    case SUBJECT_EVENT:
        wire_pack_feed(out, &in->feed);
        break;
    default:
        encode_item(out, s, in);
        break;
    }
}
