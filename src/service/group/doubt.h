/*
 * doubt - may the wall clock be believed when it says what is old. Others to compare it with: the
 * newest entry at the start, and the message server. Against all three being wrong together helps
 * only time: for its first hour a process believes none.
 * Threads: none. Both clocks are parameters; the monotonic one counts.
 */
#ifndef GROUP_DOUBT_H
#define GROUP_DOUBT_H

#include <stdbool.h>
#include <stdint.h>

#define DOUBT_FIRST_MS  INT64_C(3600000)        /* in which no clock is believed */
#define DOUBT_AGAIN_MS  INT64_C(3600000)        /* between two warnings */
#define DOUBT_ENTRY_NS  INT64_C(86400000000000) /* from the newest entry: a day */
#define DOUBT_SERVER_NS INT64_C(600000000000)   /* from the message server: ten minutes */

struct doubt {
    bool right;        /* somebody says that the clock is right */
    int64_t newest_ns; /* when the newest entry was written that was there at the start; 0: none */
    int64_t start_ms;
    bool started;
    int64_t server_ns; /* what the message server said */
    int64_t server_ms; /* and when */
    bool asked;
    struct doubt_told {
        int64_t ms;
        bool told;
    } of_entry, of_server;
};

/* newest_ns: of the newest entry; 0: there is none. right: --clock-is-right. */
void doubt_init(struct doubt *d, int64_t newest_ns, bool right);
void doubt_server(struct doubt *d, int64_t server_ns, int64_t mono_ms);
/* Call it about once a second. True: nothing may be called old by wall_ns. Logs why, at once and
 * again each hour, and when it is over. `ages`: something is to be called old. */
bool doubt_clock(struct doubt *d, int64_t wall_ns, int64_t mono_ms, bool ages);

#endif
