/* fastclock - preloaded into a service: its wall clock is a minute ahead. */
#include <dlfcn.h>
#include <string.h>
#include <time.h>

#define AHEAD_S 60

typedef int get_time(clockid_t, struct timespec *);

int
clock_gettime(clockid_t clock, struct timespec *out)
{
    void *symbol = dlsym(RTLD_NEXT, "clock_gettime");
    get_time *real;
    int result;

    memcpy(&real, &symbol, sizeof real);
    result = real(clock, out);
    if (result == 0 && clock == CLOCK_REALTIME)
        out->tv_sec += AHEAD_S;
    return result;
}
