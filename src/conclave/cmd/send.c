#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/sending.h"

/* ---- one message ---- */

static int
send_one(struct cmd *c, struct span body)
{
    const char *group = c->args[0];
    struct conclave_ack ack;
    enum conclave_status st;

    if (body.len == 0 && !c->set.allow_empty)
        return cmd_fail(c, EXIT_USAGE, "empty",
                        "the message is empty; to send it all the same: --allow-empty");
    if (body.len > CONCLAVE_BODY_MAX)
        return cmd_fail(c, EXIT_USAGE, "too_large",
                        "the message has %zu bytes; at most %d are possible", body.len,
                        CONCLAVE_BODY_MAX);
    st = conclave_send(c->client, group, body.p, body.len, NULL, &ack);
    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, group);
    tell_sent(&c->out, group, &ack);
    return EXIT_DONE;
}

static int
send_words(struct cmd *c)
{
    struct buf body;
    int status;

    buf_init(&body, 0);
    cmd_join_words(c, 1, &body);
    status = body.failed ? cmd_fail(c, EXIT_LOCAL, "local", "out of memory")
                         : send_one(c, buf_span(&body));
    buf_clear(&body);
    return status;
}

/* ---- input ---- */

/* The last newline ends the input; it is not part of the message, as with lines. */
static int
send_whole(struct cmd *c, int input)
{
    uint8_t text[CONCLAVE_BODY_MAX + 2];
    size_t len = 0;
    ssize_t n = 1;

    while (n > 0 && len < sizeof text) {
        n = read(input, text + len, sizeof text - len);
        if (n > 0)
            len += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    if (n < 0)
        return cmd_fail(c, EXIT_LOCAL, "local", "cannot read the input: %s", strerror(errno));
    if (len > 0 && text[len - 1] == '\n')
        len--;
    if (len > CONCLAVE_BODY_MAX)
        return cmd_fail(c, EXIT_USAGE, "too_large",
                        "the input has more than %d bytes; without --whole each line is a message",
                        CONCLAVE_BODY_MAX);
    return send_one(c, (struct span){text, len});
}

static int
send_input(struct cmd *c, int input)
{
    return c->set.whole ? send_whole(c, input) : sending_lines(c, c->args[0], input);
}

static int
send_file(struct cmd *c, const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    int status;

    if (fd < 0)
        return cmd_fail(c, EXIT_LOCAL, "local", "cannot open %s: %s", file, strerror(errno));
    status = send_input(c, fd);
    close(fd);
    return status;
}

int
cmd_send(struct cmd *c)
{
    bool dash = c->n_args == 2 && strcmp(c->args[1], "-") == 0;
    bool input = c->set.file != NULL || c->set.whole || dash;

    if (input && c->n_args > 1 && !dash)
        return cmd_misuse(c, "the message is either TEXT or input");
    if (!input && c->n_args < 2)
        return cmd_misuse(c, "an argument is missing; needed: %s", c->command->synopsis);
    if (!input)
        return send_words(c);
    if (c->set.file != NULL && strcmp(c->set.file, "-") != 0)
        return send_file(c, c->set.file);
    return send_input(c, STDIN_FILENO);
}
