/* Times and durations as users write them. What is read as a time is in range, and reads the same
 * when it is printed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/opts.h"

#define NOW INT64_C(1795345200123456789)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char printed[TIME_TEXT_LEN + 1];
    char *text = strndup((const char *)data, size);
    struct fault why;
    int64_t ns, again;
    long long n;

    require(text != NULL);
    if (time_parse(&ns, text, NOW, &why) == ST_OK) {
        require(ns >= 0);
        time_format_utc(ns, printed);
        require(strlen(printed) == TIME_TEXT_LEN);
        require(time_parse(&again, printed, NOW, &why) == ST_OK && again == ns);
    }
    if (opts_duration_ms(text, &n))
        require(n >= 0);
    if (opts_number(text, -5, 5, &n))
        require(n >= -5 && n <= 5);
    free(text);
    return 0;
}
