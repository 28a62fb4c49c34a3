/* Joins a group, says a line, prints all that was said and what is said from now on, so many
 * messages in all. CONCLAVE_SERVER, CONCLAVE_SERVER_KEY and CONCLAVE_KEY say where and as whom.
 *   cc example.c $(pkg-config --cflags --libs conclave) -o example; ./example dev hello 10 */
#include <conclave.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
    struct conclave_options options = {.server = getenv("CONCLAVE_SERVER"),
                                       .server_key = getenv("CONCLAVE_SERVER_KEY"),
                                       .key = getenv("CONCLAVE_KEY")};
    struct conclave_event e;
    struct conclave *c;
    char why[400];
    enum conclave_status st = conclave_open(&c, &options, why, sizeof why);

    if (argc != 4 || st != CONCLAVE_OK) {
        fprintf(stderr, "%s\n", argc != 4 ? "usage: example GROUP LINE COUNT" : why);
        return CONCLAVE_INVALID;
    }
    st = conclave_join(c, argv[1], NULL, NULL);
    if (st == CONCLAVE_OK)
        st = conclave_send(c, argv[1], argv[2], strlen(argv[2]), NULL, NULL);
    if (st == CONCLAVE_OK)
        st = conclave_follow_after_time(c, argv[1], 0);
    for (int left = atoi(argv[3]); st == CONCLAVE_OK && left > 0;) {
        st = conclave_poll(c, -1, &e);
        if (st == CONCLAVE_OK && e.type == CONCLAVE_EVENT_ENTRY &&
            e.entry.kind == CONCLAVE_MESSAGE && left-- > 0)
            printf("%llu %s: %.*s\n", (unsigned long long)e.entry.seq, e.entry.nick,
                   (int)e.entry.body_len, (const char *)e.entry.body);
    }
    if (st != CONCLAVE_OK)
        fprintf(stderr, "%s\n", conclave_error(c));
    conclave_close(c);
    return (int)st;
}
