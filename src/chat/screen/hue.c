#include "screen/hue.h"

#include "screen/grid.h"

#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

uint8_t
hue_of(const struct conclave_id *id)
{
    uint32_t hash = FNV_BASIS;

    for (size_t i = 0; i < sizeof id->bytes; i++)
        hash = (hash ^ id->bytes[i]) * FNV_PRIME;
    return (uint8_t)((hash ^ (hash >> 16)) % HUES);
}
