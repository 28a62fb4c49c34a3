/* An invitation as text, and, behind a first byte that is odd, what that text holds before it is
 * encoded. What is accepted is written and read the same. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/invite.h"

#define PREFIX     "conclave:"
#define PACKED_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
    if (!holds)
        abort();
}

static void
check(struct span text)
{
    struct invite first, second;
    char again[CONCLAVE_INVITE_MAX + 1];
    struct fault why;

    if (invite_parse(&first, text, &why) != ST_OK) {
        require(sodium_is_zero((const unsigned char *)&first, sizeof first));
        return;
    }
    require(invite_format(&first, again) == ST_OK && strlen(again) <= CONCLAVE_INVITE_MAX);
    require(invite_parse(&second, span_of(again), &why) == ST_OK);
    require(strcmp(first.server, second.server) == 0 && strcmp(first.group, second.group) == 0 &&
            strcmp(first.address, second.address) == 0 &&
            memcmp(first.server_key, second.server_key, KEY_LEN) == 0 &&
            memcmp(first.group_key, second.group_key, KEY_LEN) == 0 &&
            memcmp(first.secret, second.secret, INVITE_SECRET_LEN) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[sizeof PREFIX + 2 * PACKED_MAX];

    if (size == 0 || size > PACKED_MAX)
        return 0;
    if (data[0] % 2 == 0) {
        check((struct span){data + 1, size - 1});
        return 0;
    }
    strcpy(text, PREFIX);
    sodium_bin2base64(text + strlen(PREFIX), 2 * PACKED_MAX, data + 1, size - 1,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    check(span_of(text));
    return 0;
}
