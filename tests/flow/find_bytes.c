/*
 * find_bytes - is it in there?
 * Usage: find_bytes FILE text|hex NEEDLE; 0: found, 1: not, 2: something is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEEDLE_MAX 256

static size_t
from_hex(unsigned char *out, const char *digits)
{
    size_t len = strlen(digits) / 2;

    for (size_t i = 0; i < len; i++) {
        char pair[3] = {digits[2 * i], digits[2 * i + 1], 0};
        char *end;

        out[i] = (unsigned char)strtoul(pair, &end, 16);
        if (*end)
            return 0;
    }
    return len;
}

static char *
read_all(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t cap = 0, n;

    *len = 0;
    if (!file)
        return NULL;
    do {
        char *more;

        cap += 1 << 20;
        more = realloc(bytes, cap);
        if (!more)
            break;
        bytes = more;
        n = fread(bytes + *len, 1, cap - *len, file);
        *len += n;
    } while (*len == cap);
    fclose(file);
    return bytes;
}

int
main(int argc, char **argv)
{
    unsigned char needle[NEEDLE_MAX];
    size_t len = 0, size;
    char *bytes;
    int status;

    if (argc == 4 && strlen(argv[3]) <= NEEDLE_MAX) {
        if (strcmp(argv[2], "hex") == 0) {
            len = from_hex(needle, argv[3]);
        } else if (strcmp(argv[2], "text") == 0) {
            len = strlen(argv[3]);
            memcpy(needle, argv[3], len);
        }
    }
    bytes = len ? read_all(argv[1], &size) : NULL;
    if (!bytes) {
        fprintf(stderr, "usage: find_bytes FILE text|hex NEEDLE\n");
        return 2;
    }
    status = memmem(bytes, size, needle, len) ? 0 : 1;
    free(bytes);
    return status;
}
