/*
 * writer - sends messages until it has sent enough or gets SIGTERM, and records what it sent and
 * what became of it. Ends with 0 when every message was answered.
 * Usage: writer -s SERVER ... [-n COUNT] [-w WINDOW] [-R RATE] [-z BYTES] [-t TEXT]
 *   -w   so many under way at once (conclave_post); 0: one at a time (conclave_send)
 *   -R   at most so many a second
 *   -z   bytes of a message
 *   -t   the text of a message, instead of one that is made up
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actor.h"

#define POLL_MS    20
#define REFUSED_MS 100 /* after a refusal: do not fill the record with more of them */
#define MS_IN_S    1000

struct writer {
    struct actor actor;
    long count; /* to be sent; 0: until told to end */
    long window;
    long rate; /* a second; 0: as fast as possible */
    size_t size;
    const char *text;

    long sent;
    long under_way;
    int64_t begun_ms;
    int64_t resume_ms;
    char body[CONCLAVE_BODY_MAX];
};

static size_t
make_body(struct writer *w)
{
    int n;

    if (w->text != NULL) {
        size_t len = strnlen(w->text, sizeof w->body);

        memcpy(w->body, w->text, len);
        return len;
    }
    n = snprintf(w->body, sizeof w->body, "%s %ld ", w->actor.o.key, w->sent);
    if (n < 0 || (size_t)n >= sizeof w->body)
        actor_die("the key's path is too long");
    if ((size_t)n < w->size)
        memset(w->body + n, 'x', w->size - (size_t)n);
    return (size_t)n < w->size ? w->size : (size_t)n;
}

/* ---- records ---- */

static void
record_sent(struct writer *w, const struct conclave_id *id, size_t len)
{
    char text[CONCLAVE_UUID_LEN + 1];
    char hash[ACTOR_HASH_LEN + 1];

    conclave_id_format(id, text);
    actor_hash(w->body, len, hash);
    fprintf(w->actor.record, "sent %s %s\n", text, hash);
    w->sent++;
}

static void
record_acked(struct writer *w, const struct conclave_ack *ack)
{
    char text[CONCLAVE_UUID_LEN + 1];

    conclave_id_format(&ack->id, text);
    fprintf(w->actor.record, "acked %s %llu %lld\n", text, (unsigned long long)ack->seq,
            (long long)ack->ts);
}

static void
record_refused(struct writer *w, const struct conclave_id *id, const char *code)
{
    char text[CONCLAVE_UUID_LEN + 1];

    conclave_id_format(id, text);
    fprintf(w->actor.record, "refused %s %s\n", text, code);
    w->resume_ms = actor_now_ms() + REFUSED_MS;
}

/* ---- sending ---- */

static bool
wants_more(const struct writer *w)
{
    return !actor_told_to_end() && !actor_is_late(&w->actor) &&
           (w->count == 0 || w->sent < w->count);
}

static bool
may_send(const struct writer *w)
{
    int64_t now = actor_now_ms();

    if (!wants_more(w) || now < w->resume_ms || (w->window > 0 && w->under_way >= w->window))
        return false;
    return w->rate == 0 || w->sent * MS_IN_S <= w->rate * (now - w->begun_ms);
}

static void
post(struct writer *w)
{
    struct conclave_id id = conclave_id_new();
    size_t len = make_body(w);

    record_sent(w, &id, len);
    if (conclave_post(w->actor.c, w->actor.o.group, w->body, len, &id, NULL) == CONCLAVE_OK)
        w->under_way++;
    else
        record_refused(w, &id, conclave_error_code(w->actor.c));
}

static void
take_events(struct writer *w)
{
    struct conclave_event e;
    int wait_ms = may_send(w) ? 0 : POLL_MS;

    while (conclave_poll(w->actor.c, wait_ms, &e) == CONCLAVE_OK) {
        wait_ms = 0;
        if (e.type == CONCLAVE_EVENT_ACK)
            record_acked(w, &e.ack);
        else if (e.type == CONCLAVE_EVENT_REFUSED)
            record_refused(w, &e.ack.id, e.code);
        else
            continue;
        w->under_way--;
    }
}

static void
send_posts(struct writer *w)
{
    while (wants_more(w) || (w->under_way > 0 && !actor_is_late(&w->actor))) {
        while (may_send(w))
            post(w);
        take_events(w);
    }
}

/* Whoever gets no answer does not know: the same message again, until one comes. */
static void
send_one(struct writer *w)
{
    struct conclave_id id = conclave_id_new();
    size_t len = make_body(w);
    struct conclave_ack ack;
    enum conclave_status st;

    record_sent(w, &id, len);
    do
        st = conclave_send(w->actor.c, w->actor.o.group, w->body, len, &id, &ack);
    while (st == CONCLAVE_UNREACHABLE && !actor_is_late(&w->actor));
    if (st == CONCLAVE_OK)
        record_acked(w, &ack);
    else if (st == CONCLAVE_UNREACHABLE)
        w->under_way++;
    else
        record_refused(w, &id, conclave_error_code(w->actor.c));
}

static void
send_in_turn(struct writer *w)
{
    struct conclave_event none;

    while (wants_more(w)) {
        if (may_send(w))
            send_one(w);
        else
            conclave_poll(w->actor.c, POLL_MS, &none);
    }
}

int
main(int argc, char **argv)
{
    static struct writer w = {.window = 100, .size = 100};
    struct actor_options o = {0};
    int letter;

    while ((letter = getopt(argc, argv, ACTOR_SHORT_OPTIONS "n:w:R:z:t:")) != -1) {
        if (actor_option(&o, letter, optarg))
            continue;
        if (letter == 'n')
            w.count = actor_number(optarg);
        else if (letter == 'w')
            w.window = actor_number(optarg);
        else if (letter == 'R')
            w.rate = actor_number(optarg);
        else if (letter == 'z')
            w.size = (size_t)actor_number(optarg);
        else if (letter == 't')
            w.text = optarg;
        else
            actor_die("usage: writer %s [-n COUNT] [-w WINDOW] [-R RATE] [-z BYTES] [-t TEXT]",
                      ACTOR_USAGE);
    }
    if (w.size > sizeof w.body)
        actor_die("a message has at most %zu bytes", sizeof w.body);
    actor_open(&w.actor, &o);
    actor_record_self(&w.actor, "writer");
    w.begun_ms = actor_now_ms();
    if (w.window > 0)
        send_posts(&w);
    else
        send_in_turn(&w);
    fprintf(w.actor.record, "end\n");
    actor_close(&w.actor);
    return w.under_way > 0 ? 1 : 0;
}
