/* The text of a known_keys file: what is accepted is written the same, byte for byte. */
#include <stdlib.h>

#include "disk/pins.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
    if (!holds)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {data, size};
    struct pins pins = {0};
    struct fault why;
    struct buf again;

    if (pins_parse(&pins, text, &why) == ST_OK) {
        buf_init(&again, 0);
        pins_format(&again, &pins);
        require(!again.failed && span_equal(buf_span(&again), text));
        for (size_t i = 0; i < pins.n; i++)
            require(pins_find(&pins, &pins.items[i].place) == &pins.items[i]);
        buf_clear(&again);
    } else {
        require(pins.n == 0);
    }
    pins_clear(&pins);
    return 0;
}
