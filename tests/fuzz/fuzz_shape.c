/* What mp_shape_ok accepts, msgpack-c must read too, and use up to the last byte. */
#include <msgpack.h>
#include <stdlib.h>

#include "wire/limits.h"
#include "wire/mp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads one object with the typed readers. */
static void
read_anything(struct mp *m)
{
    struct span bytes;
    uint32_t count;
    uint64_t u;
    int64_t n;
    bool b;
    size_t nodes = 16;

    if (mp_nil(m) || mp_bool(m, &b) || mp_uint(m, &u) || mp_int(m, &n) || mp_str(m, &bytes) ||
        mp_bin(m, &bytes) || mp_array(m, &count) || mp_map(m, &count))
        return;
    if (!mp_skip(m, 2, &nodes))
        m->p = m->end;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span frame = {data, size};
    struct mp m = mp_of(frame);

    if (mp_shape_ok(frame, WIRE_DEPTH_MAX, WIRE_NODES_MAX)) {
        msgpack_unpacked result;
        size_t at = 0;

        msgpack_unpacked_init(&result);
        if (msgpack_unpack_next(&result, (const char *)data, size, &at) != MSGPACK_UNPACK_SUCCESS ||
            at != size)
            abort();
        msgpack_unpacked_destroy(&result);
    }
    while (mp_left(&m) > 0)
        read_anything(&m);
    return 0;
}
