/*
 * clock - the two clocks, and times as people write them.
 * The wall clock only stamps entries; every rule about time uses the monotonic one. Code that
 * decides by time takes the time as a parameter, so that tests need not wait.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/status.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* Nanoseconds since the Unix epoch; may jump either way. */
int64_t clock_wall_ns(void);
/* Milliseconds of CLOCK_MONOTONIC. */
int64_t clock_mono_ms(void);

/* "2026-11-22T10:00:00.123456789Z" and NUL. ns before 1970 or after 9999 is clamped. */
#define TIME_TEXT_LEN 30
void time_format_utc(int64_t ns, char text[static TIME_TEXT_LEN + 1]);

/* Reads a time as users give it: RFC 3339 (date alone; date and time with 'T' or a space,
 * seconds optional, up to 9 fraction digits, Z or an offset; without either, the local zone),
 * "10s" "10m" "2h" "3d" "1w" (that long before now_ns), or "@" and nanoseconds since the epoch.
 * Strict: no other text, real calendar dates only, leap second 60 reads as 59.999999999.
 * ST_INVALID with the reason. */
enum status time_parse(int64_t *out_ns, const char *text, int64_t now_ns, struct fault *why);

#endif
