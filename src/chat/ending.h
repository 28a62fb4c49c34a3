/*
 * ending - SIGTERM, SIGHUP and SIGINT end the chat, also while its terminal takes nothing and it
 * waits for it to do so: a connection that stands still, a terminal that is stopped.
 * Threads: one of its own, which reads these signals, and ends the program when whoever began
 * it has not ended it ENDING_MS after the first.
 */
#ifndef CHAT_ENDING_H
#define CHAT_ENDING_H

#include <pthread.h>
#include <stdbool.h>

#define ENDING_MS 400

struct ending {
    int asked; /* can be read as soon as one of the signals came */
    int over;
    int signals;
    bool started;
    pthread_t thread;
};

/* The signals must be blocked, by all threads. False: there are no descriptors or threads;
 * ending_stop is needed then, too. */
bool ending_start(struct ending *e);
/* One of the signals came, or is on its way to the thread. */
bool ending_is_asked(const struct ending *e);
/* From now on the caller ends by itself. */
void ending_stop(struct ending *e);

#endif
