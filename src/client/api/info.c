#include "conclave.h"

#include <stdio.h>
#include <string.h>

#include "client/handle.h"

/* Cut to its size. */
static void
copy_text(char *dst, size_t size, struct span text)
{
    size_t len = text.len < size ? text.len : size - 1;

    if (len > 0)
        memcpy(dst, text.p, len);
    dst[len] = '\0';
}

enum conclave_status
conclave_get_info(struct conclave *c, const char *group, struct conclave_info *out)
{
    struct wire_request req = {.op = OP_GET_INFO};
    const struct wire_info *info;
    struct info_text *text = &c->info;
    enum conclave_status st;
    struct remote *k = NULL;
    struct answer a;

    answer_init(&a);
    st = handle_ask_group(c, group, &req, &a, &k);
    if (st == CONCLAVE_OK) {
        info = &a.reply.u.info;
        copy_text(text->topic, sizeof text->topic, info->topic);
        copy_text(text->history, sizeof text->history, info->history);
        copy_text(text->admission, sizeof text->admission, info->admission);
        key_to_z85(k->session.key, text->key);
        snprintf(text->address, sizeof text->address, "%s", k->session.address);
        *out = (struct conclave_info){
            .first = info->first,
            .head = info->head,
            .topic = text->topic,
            .history = text->history,
            .admission = text->admission,
            .role = (int)info->role,
            .members = info->members,
            .here = info->here,
            .now = info->now,
            .key = text->key,
            .address = text->address,
        };
        memcpy(out->log.bytes, info->log.bytes, sizeof out->log.bytes);
    }
    answer_clear(&a);
    return st;
}
