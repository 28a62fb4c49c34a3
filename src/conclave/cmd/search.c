#include <string.h>

#include "cmd/cmd.h"

#define WORDS_MAX 4096

struct searching {
    struct conclave_query query;
    struct conclave_id from;
    uint64_t left; /* entries still wanted; 0 with `all` */
    bool all;
    bool end;
};

/* -1: go on. */
static int
start(struct cmd *c, struct searching *s)
{
    enum conclave_status st;
    struct moment after;

    s->left = cmd_number(c->set.limit);
    s->all = s->left == 0;
    if (!cmd_moment(c, "after", c->set.after, &after))
        return CONCLAVE_INVALID;
    s->query.after_time = after.given && !after.by_seq;
    s->query.time = after.ns;
    s->query.seq = after.seq;
    if (c->set.from == NULL)
        return -1;
    s->query.from = &s->from;
    if (conclave_id_parse(&s->from, c->set.from))
        return -1;
    st = conclave_find_member(c->client, c->args[0], c->set.from, &s->from);
    return st == CONCLAVE_OK ? -1 : cmd_fail_group(c, st, c->args[0]);
}

/* Prints a page. False: the search is over. */
static bool
show_page(struct cmd *c, struct searching *s)
{
    struct conclave_entry e;

    while ((s->all || s->left > 0) && conclave_next_entry(c->client, &e) == CONCLAVE_OK) {
        if (!tell_entry(&c->out, &e))
            return false;
        s->left -= s->all ? 0 : 1;
    }
    return tell_flush(&c->out) && !s->end && (s->all || s->left > 0);
}

static int
search(struct cmd *c, struct searching *s)
{
    enum conclave_status st;
    uint64_t next = 0;

    do {
        st = conclave_search(c->client, c->args[0], &s->query, s->all ? 0 : (size_t)s->left, &next,
                             &s->end);
        s->query.after_time = false;
        s->query.seq = next;
    } while (st == CONCLAVE_OK && show_page(c, s));
    return st == CONCLAVE_OK ? CONCLAVE_OK : cmd_fail_group(c, st, c->args[0]);
}

int
cmd_search(struct cmd *c)
{
    struct searching s = {.all = false};
    struct buf words;
    int end;

    buf_init(&words, WORDS_MAX);
    cmd_join_words(c, 1, &words);
    buf_append(&words, "", 1);
    s.query.words = (const char *)words.p;
    end = words.failed ? cmd_misuse(c, "these are too many words") : start(c, &s);
    if (end < 0)
        end = search(c, &s);
    buf_clear(&words);
    return end;
}
