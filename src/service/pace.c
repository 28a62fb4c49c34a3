#include "service/pace.h"

#include <stdlib.h>

#define ASKED 0 /* the buckets: requests, and being told that they were too many */
#define TOLD  1
#define TENTH 10

struct pace {
    struct meter *meter;
    struct rate asking;
    struct rate telling;
};

enum status
pace_new(struct pace **out, const struct pace_options *o)
{
    uint32_t rate = o->rate ? o->rate : PACE_RATE;
    uint32_t burst = o->burst ? o->burst : PACE_BURST;
    struct pace *p = calloc(1, sizeof *p);
    enum status st = p != NULL ? meter_new(&p->meter, PACE_KEYS) : ST_NOMEM;

    *out = NULL;
    if (st != ST_OK) {
        free(p);
        return st;
    }
    p->asking = rate_of(rate, 1000, burst);
    p->telling = rate_of(rate / TENTH + 1, 1000, burst / TENTH + 1);
    *out = p;
    return ST_OK;
}

void
pace_free(struct pace *p)
{
    if (p == NULL)
        return;
    meter_free(p->meter);
    free(p);
}

enum pace_verdict
pace_ask(struct pace *p, const uint8_t key[static KEY_LEN], size_t bytes, int64_t now_ns,
         unsigned **in_work)
{
    struct account *a = meter_account(p->meter, key);
    int64_t token_ns = p->asking.token_ns;
    int64_t cost_ns = token_ns + (int64_t)bytes * token_ns / PACE_TOKEN_BYTES;

    *in_work = NULL;
    if (a == NULL)
        return PACE_DROP;
    if (a->in_use < PACE_IN_WORK && account_take(a, ASKED, &p->asking, cost_ns, now_ns)) {
        a->in_use++;
        *in_work = &a->in_use;
        return PACE_GO;
    }
    return account_take(a, TOLD, &p->telling, p->telling.token_ns, now_ns) ? PACE_TOO_FAST
                                                                           : PACE_DROP;
}
