#include "entry.h"

const char *
entry_kind_name(uint8_t kind)
{
    static const char *const names[] = {
        [ENTRY_MESSAGE] = "message",
        [ENTRY_JOINED] = "joined",
        [ENTRY_LEFT] = "left",
        [ENTRY_KICKED] = "kicked",
    };

    if (kind >= sizeof names / sizeof names[0] || names[kind] == NULL)
        return "unknown";
    return names[kind];
}
