#include "cmd/cmd.h"

#define TOPIC_MAX 4096

static int
show_current(struct cmd *c)
{
    struct conclave_info info;
    enum conclave_status st = conclave_get_info(c->client, c->args[0], &info);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    if (info.topic[0] != '\0' || c->set.json)
        tell_topic(&c->out, c->args[0], info.topic);
    else
        tell_remark(&c->err, "there is no topic");
    return CONCLAVE_OK;
}

static int
set(struct cmd *c, const char *topic)
{
    const char *group = c->args[0];
    const struct tell_change change = {.group = group, .topic = topic};
    enum conclave_status st = conclave_set_topic(c->client, group, topic);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, group);
    if (topic[0] == '\0')
        tell_change(&c->out, &change, "%s has no topic now", group);
    else
        tell_change(&c->out, &change, "the topic of %s is now: %s", group, topic);
    return CONCLAVE_OK;
}

int
cmd_topic(struct cmd *c)
{
    struct buf words;
    int status;

    if (c->n_args == 1)
        return show_current(c);
    buf_init(&words, TOPIC_MAX);
    cmd_join_words(c, 1, &words);
    buf_append(&words, "", 1);
    status = words.failed ? cmd_misuse(c, "the topic is too long") : set(c, (const char *)words.p);
    buf_clear(&words);
    return status;
}
