/* fastclock - preloaded into a service: its wall clock is ahead, by FASTCLOCK_AHEAD seconds or a
 * minute. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AHEAD_S 60 /* unless the environment says more */

typedef int get_time(clockid_t, struct timespec *);

static time_t
ahead(void)
{
    const char *text = getenv("FASTCLOCK_AHEAD");

    return text ? (time_t)strtoll(text, NULL, 10) : AHEAD_S;
}

int
clock_gettime(clockid_t clock, struct timespec *out)
{
    void *symbol = dlsym(RTLD_NEXT, "clock_gettime");
    get_time *real;
    int result;

    memcpy(&real, &symbol, sizeof real);
    result = real(clock, out);
    if (result == 0 && clock == CLOCK_REALTIME)
        out->tv_sec += ahead();
    return result;
}
