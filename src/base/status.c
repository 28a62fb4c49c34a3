#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

const char *
status_name(enum status st)
{
    static const char *const names[] = {
        [ST_OK] = "ok",
        [ST_AGAIN] = "again",
        [ST_NOMEM] = "nomem",
        [ST_SYSTEM] = "system",
        [ST_INVALID] = "invalid",
        [ST_NOT_FOUND] = "not_found",
        [ST_EXISTS] = "exists",
        [ST_CONFLICT] = "conflict",
        [ST_ORDER] = "order",
        [ST_FULL] = "full",
        [ST_CORRUPT] = "corrupt",
        [ST_BUSY] = "busy",
        [ST_DENIED] = "denied",
        [ST_TIMEOUT] = "timeout",
        [ST_UNREACHABLE] = "unreachable",
        [ST_SERVER_KEY] = "server_key",
        [ST_OWN_KEY] = "own_key",
        [ST_PROTOCOL] = "protocol",
        [ST_CLOSED] = "closed",
    };

    if ((unsigned)st >= sizeof names / sizeof names[0])
        return "unknown";
    return names[st];
}

enum status
fault_set(struct fault *why, enum status st, const char *format, ...)
{
    char plain[FAULT_TEXT_MAX];
    va_list args;

    if (why == NULL)
        return st;
    va_start(args, format);
    if (vsnprintf(plain, sizeof plain, format, args) < 0)
        plain[0] = '\0';
    va_end(args);
    text_escape_fixed(why->text, sizeof why->text, plain);
    return st;
}
