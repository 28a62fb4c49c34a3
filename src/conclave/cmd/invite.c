#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/host.h"

#define SENTENCE_MAX 512

/* Seconds; 0: without end. The value fits. */
static int64_t
lifetime(const char *text)
{
    long long ms = 0;

    if (strcmp(text, "never") != 0)
        opts_duration_ms(text, &ms);
    return ms / 1000;
}

/* Whoever is invited must reach both. */
static void
warn_of_loopback(struct cmd *c, const char *text)
{
    char sentence[SENTENCE_MAX];
    struct conclave_invite i;

    if (!conclave_invite_parse(&i, text, NULL, 0))
        return;
    if (host_leads_home(i.server))
        snprintf(sentence, sizeof sentence,
                 "it is of use on this machine only, as the message server's address in it is %s; "
                 "--server names another",
                 i.server);
    else if (host_leads_home(i.address))
        snprintf(sentence, sizeof sentence,
                 "it is of use on this machine only, as the group's address in it is %s; "
                 "its operator gives it another with --advertise HOST",
                 i.address);
    else
        sentence[0] = '\0';
    if (sentence[0] != '\0')
        show_remark(&c->err, sentence);
    sodium_memzero(&i, sizeof i);
}

int
cmd_invite(struct cmd *c)
{
    char text[CONCLAVE_INVITE_MAX + 1];
    struct show_invite invite = {.group = c->args[0], .text = text};
    enum conclave_status st = conclave_make_invite(c->client, invite.group, cmd_number(c->set.uses),
                                                   lifetime(c->set.expires), text, &invite.made);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, invite.group);
    show_invite(&c->out, &invite);
    if (show_flush(&c->out)) {
        show_remark(&c->err, "whoever has this text can join: let nobody else read it");
        warn_of_loopback(c, text);
    }
    sodium_memzero(text, sizeof text);
    return EXIT_DONE;
}

int
cmd_invites(struct cmd *c)
{
    struct conclave_invitation i;
    enum conclave_status st = conclave_list_invites(c->client, c->args[0]);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, c->args[0]);
    while (conclave_next_invite(c->client, &i) == CONCLAVE_OK && show_invitation(&c->out, &i))
        continue;
    return EXIT_DONE;
}

int
cmd_revoke(struct cmd *c)
{
    const char *group = c->args[0];
    char sentence[SENTENCE_MAX];
    enum conclave_status st = conclave_revoke_invite(c->client, group, c->args[1]);

    if (st != CONCLAVE_OK)
        return cmd_fail_group(c, st, group);
    snprintf(sentence, sizeof sentence, "that invitation to %s is of no use any more", group);
    show_change(&c->out, &(struct show_change){.sentence = sentence, .group = group});
    return EXIT_DONE;
}
