/* A request that decodes must encode to something that decodes and encodes alike, and its list
 * must hold what it promises. */
#include <stdlib.h>

#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk_messages(struct wire_list list)
{
    struct wire_message message;
    uint32_t count = list.count;

    while (wire_next(&list, &message))
        count--;
    if (count != 0 || list.raw.len != 0)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_request first, second;
    struct fault why;
    struct buf a, b;

    buf_init(&a, 0);
    buf_init(&b, 0);
    if (wire_decode_request(&first, (struct span){data, size}, &why) == CODE_OK) {
        wire_pack_request(&a, &first);
        if (first.op == OP_SEND_MESSAGE)
            walk_messages(first.u.send_message.messages);
        /* Adding `protocol` may lift it over a bound. */
        if (a.failed ||
            (wire_decode_request(&second, buf_span(&a), &why) != CODE_OK && a.len <= size))
            abort();
        if (a.len <= size) {
            wire_pack_request(&b, &second);
            if (!span_equal(buf_span(&a), buf_span(&b)))
                abort();
        }
    }
    buf_clear(&a);
    buf_clear(&b);
    return 0;
}
