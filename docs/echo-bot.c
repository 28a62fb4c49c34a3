/* A bot that says again what begins with "!echo ". It misses nothing while it is not running, as
 * its cursor is in a file, and answers nothing twice, as the answer gets the id of the question.
 * Who it is and where its message server is, 'conclave init' has written (see conclave_configure).
 *   cc echo-bot.c $(pkg-config --cflags --libs conclave) -o echo-bot; ./echo-bot dev dev.cursor */
#include <conclave.h>
#include <stdio.h>
#include <string.h>

static const char word[] = "!echo ";

static enum conclave_status
answer(struct conclave *c, const struct conclave_entry *e, const struct conclave_id *self)
{
    size_t len = strlen(word);

    if (e->kind != CONCLAVE_MESSAGE || memcmp(&e->author, self, sizeof *self) == 0 ||
        e->body_len <= len || memcmp(e->body, word, len) != 0)
        return CONCLAVE_OK;
    return conclave_post(c, e->group, e->body + len, e->body_len - len, &e->id, NULL);
}

int
main(int argc, char **argv)
{
    struct conclave_options options = {.server = NULL};
    static struct conclave_configuration configuration;
    char key[CONCLAVE_KEY_LEN + 1], why[400] = "usage: echo-bot GROUP CURSOR-FILE";
    struct conclave_cursor at;
    struct conclave_event e;
    struct conclave_id self;
    struct conclave *c;
    enum conclave_status st, kept;

    if (argc != 3 || conclave_configure(&options, &configuration, why, sizeof why) != CONCLAVE_OK ||
        conclave_open(&c, &options, why, sizeof why) != CONCLAVE_OK)
        return fprintf(stderr, "%s\n", why), CONCLAVE_INVALID;
    conclave_self(c, &self, key);
    st = conclave_join(c, argv[1], "echo", NULL);
    kept = conclave_cursor_load(argv[2], argv[1], &at, why, sizeof why);
    if (st == CONCLAVE_OK)
        st = kept == CONCLAVE_OK ? conclave_follow_after(c, argv[1], &at)
                                 : conclave_follow(c, argv[1]);
    while (st == CONCLAVE_OK && (st = conclave_poll(c, -1, &e)) == CONCLAVE_OK) {
        if (e.type == CONCLAVE_EVENT_STATE && e.state == CONCLAVE_FEED_ENDED)
            break;
        if (e.type == CONCLAVE_EVENT_ENTRY)
            st = answer(c, &e.entry, &self);
        if (conclave_posted(c, NULL) == 0 && conclave_position(c, argv[1], &at))
            conclave_cursor_save(argv[2], argv[1], &at, NULL, 0);
    }
    fprintf(stderr, "%s\n", st == CONCLAVE_OK ? e.text : conclave_error(c));
    conclave_close(c);
    return (int)st;
}
