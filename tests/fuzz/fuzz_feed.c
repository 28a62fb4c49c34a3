#include <stdlib.h>

#include "wire/mp.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_feed first, second;
    struct entry entry;
    struct buf again, packed;
    uint32_t left;
    enum status st = wire_decode_feed(&first, (struct span){data, size});

    if (st != ST_PROTOCOL && !mp_shape_ok((struct span){data, size}, WIRE_DEPTH_MAX, size))
        abort();
    if (st != ST_OK)
        return 0;
    buf_init(&again, 0);
    buf_init(&packed, 0);
    wire_pack_feed(&again, &first);
    if (again.len <= WIRE_REPLY_MAX && wire_decode_feed(&second, buf_span(&again)) != ST_OK)
        abort();
    for (left = first.entries.count; wire_next(&first.entries, &entry); left--)
        wire_pack(&packed, &entry);
    if (left != 0 || first.entries.raw.len != 0 || packed.failed)
        abort();
    buf_clear(&again);
    buf_clear(&packed);
    return 0;
}
