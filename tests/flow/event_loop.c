/*
 * event_loop GROUP COUNT: posts COUNT messages and follows the group, waiting with poll(2) on
 * conclave_fd only, as a program with an event loop of its own does. Exits with 0 when every
 * message was acknowledged and seen once, in order, and a watched pipe woke it up too.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conclave.h"

#define PATIENCE_S 20

struct tally {
    unsigned acked;
    unsigned seen;
    unsigned woken;
    unsigned wrong;
    unsigned naps; /* waits that were over before anything had come */
};

static void
take(struct tally *t, const struct conclave_event *e, int pipe_end)
{
    char number[16], byte;

    if (e->type == CONCLAVE_EVENT_ACK) {
        t->acked++;
    } else if (e->type == CONCLAVE_EVENT_FD) {
        t->woken += read(pipe_end, &byte, 1) == 1;
    } else if (e->type == CONCLAVE_EVENT_ENTRY && e->entry.kind == CONCLAVE_MESSAGE) {
        int len = snprintf(number, sizeof number, "%u", t->seen++);

        if (e->entry.body_len != (size_t)len || memcmp(e->entry.body, number, (size_t)len) != 0)
            t->wrong++;
    } else if (e->type == CONCLAVE_EVENT_REFUSED || e->type == CONCLAVE_EVENT_GAP) {
        t->wrong++;
    }
}

static void
post_numbers(struct conclave *c, const char *group, unsigned from, unsigned to)
{
    char number[16];

    for (unsigned i = from; i < to; i++) {
        int len = snprintf(number, sizeof number, "%u", i);

        conclave_post(c, group, number, (size_t)len, NULL, NULL);
    }
}

static void
run(struct conclave *c, const char *group, unsigned count, struct tally *t)
{
    struct pollfd wait = {.fd = conclave_fd(c), .events = POLLIN};
    time_t end = time(NULL) + PATIENCE_S;
    struct conclave_event e;
    unsigned posted = 0;
    int ends[2];

    if (pipe(ends) != 0 || conclave_follow(c, group) != CONCLAVE_OK)
        return;
    conclave_watch(c, ends[0]);
    while ((t->acked < count || t->seen < count || !t->woken) && time(NULL) < end) {
        unsigned before = t->acked + t->seen;

        if (posted < count && t->acked == posted) {
            post_numbers(c, group, posted, posted + count / 4);
            posted += count / 4;
        }
        while (conclave_poll(c, 0, &e) == CONCLAVE_OK)
            take(t, &e, ends[0]);
        if (t->seen == count && !t->woken && write(ends[1], "x", 1) != 1)
            break;
        /* Nothing but the descriptor may end this wait. */
        if (t->acked + t->seen == before && poll(&wait, 1, 5000) == 0)
            t->naps++;
    }
    close(ends[0]);
    close(ends[1]);
}

int
main(int argc, char **argv)
{
    struct conclave_options options = {.server = getenv("CONCLAVE_SERVER"),
                                       .server_key = getenv("CONCLAVE_SERVER_KEY"),
                                       .key = getenv("CONCLAVE_KEY")};
    unsigned count = argc == 3 ? (unsigned)atoi(argv[2]) / 4 * 4 : 0;
    struct tally t = {0};
    struct conclave *c;
    char why[400];

    if (count == 0 || conclave_open(&c, &options, why, sizeof why) != CONCLAVE_OK)
        return 2;
    if (conclave_join(c, argv[1], NULL, NULL) == CONCLAVE_OK)
        run(c, argv[1], count, &t);
    conclave_close(c);
    printf("%u acknowledged, %u seen, %u wrong, %u woken, %u naps\n", t.acked, t.seen, t.wrong,
           t.woken, t.naps);
    return t.acked != count || t.seen != count || t.wrong || !t.woken || t.naps;
}
