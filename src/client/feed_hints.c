#include "client/feed_hints.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 256 /* a key's first byte is as good as random */

struct feed_hint {
    uint8_t key[KEY_LEN];
    char address[ENDPOINT_MAX + 1];
    char feed[ENDPOINT_MAX + 1];
};

struct feed_hints {
    pthread_mutex_t lock;
    struct feed_hint *slots[SLOTS];
};

struct feed_hints *
feed_hints_new(void)
{
    struct feed_hints *p = calloc(1, sizeof *p);

    if (p != NULL)
        pthread_mutex_init(&p->lock, NULL);
    return p;
}

void
feed_hints_free(struct feed_hints *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        free(p->slots[i]);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void
feed_hints_put(struct feed_hints *p, const uint8_t key[static KEY_LEN], const char *address,
               const char *feed)
{
    struct feed_hint **slot;

    if (p == NULL)
        return;
    slot = &p->slots[key[0]];
    pthread_mutex_lock(&p->lock);
    if (*slot == NULL)
        *slot = malloc(sizeof **slot);
    if (*slot != NULL) {
        memcpy((*slot)->key, key, KEY_LEN);
        snprintf((*slot)->address, sizeof(*slot)->address, "%s", address);
        snprintf((*slot)->feed, sizeof(*slot)->feed, "%s", feed);
    }
    pthread_mutex_unlock(&p->lock);
}

bool
feed_hints_get(struct feed_hints *p, const uint8_t key[static KEY_LEN], const char *address,
               char feed[static ENDPOINT_MAX + 1])
{
    const struct feed_hint *one;
    bool found;

    if (p == NULL)
        return false;
    pthread_mutex_lock(&p->lock);
    one = p->slots[key[0]];
    found =
        one != NULL && memcmp(one->key, key, KEY_LEN) == 0 && strcmp(one->address, address) == 0;
    if (found)
        memcpy(feed, one->feed, sizeof one->feed);
    pthread_mutex_unlock(&p->lock);
    return found;
}
