#include "cmd/cmd.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "net/keys.h"

/* ---- failures ---- */

static int
fail(struct cmd *c, enum conclave_status status, const char *code, const char *text)
{
    c->err.json = c->set.json;
    tell_flush(&c->out);
    tell_failure(&c->err, &(struct tell_failure){.code = code, .text = text, .exit = status});
    tell_flush(&c->err);
    return (int)status;
}

int
cmd_misuse(struct cmd *c, const char *format, ...)
{
    char text[FAULT_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (c->set.json)
        return fail(c, CONCLAVE_INVALID, "usage", text);
    return opts_misuse(c->program, "%s", text);
}

int
cmd_fail(struct cmd *c, enum conclave_status status, const char *code, const char *format, ...)
{
    char text[FAULT_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fail(c, status, code, text);
}

/* A group's key that changed is refused with the command that accepts it. */
static int
fail_key_changed(struct cmd *c, enum conclave_status st, const char *group)
{
    return cmd_fail(c, st, "key_changed",
                    "%s; if you know why it changed, accept it with: conclave trust %s",
                    conclave_error(c->client), group);
}

/* What to do about it, where the library's sentence does not say. */
static const struct {
    const char *code;
    const char *advice;
    bool names_group; /* behind it, when it is known */
} advices[] = {
    {"unreachable", "to look at each step: conclave doctor", true},
    {"timeout", "to look at each step: conclave doctor", true},
    {"protocol", "to look at each step: conclave doctor", true},
    {"other_key", "if you know that the server's key changed, accept it with: conclave trust",
     false},
    {"server_key", "ask its operator for the fingerprint of its key", false},
    {"own_key", "ask who runs it to let you in, or for an invitation, unless you were banned",
     false},
    {"unknown_method", "is that another kind of service, or an older one?", false},
    {"not_found", "those that are live: conclave groups", false},
    {"nick_taken", "choose another one", false},
    {"storage_full", "ask its operator for more room", false},
    {"banned", "an invitation does not help; its owners and moderators can lift the ban", false},
    {"bad_invite", "ask for a new one", false},
    {"went_backwards", "ask its operator why; to read it anew, resume by another name", false},
    {"log_changed", "ask its operator why; to read it anew, resume by another name", false},
};

/* group NULL: none is known. */
static int
fail_with_advice(struct cmd *c, enum conclave_status st, const char *group)
{
    const char *code = conclave_error_code(c->client);

    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
        if (strcmp(advices[i].code, code) == 0) {
            bool named = advices[i].names_group && group != NULL;
            return cmd_fail(c, st, code, "%s; %s%s%s", conclave_error(c->client), advices[i].advice,
                            named ? " " : "", named ? group : "");
        }
    return fail(c, st, code, conclave_error(c->client));
}

int
cmd_fail_client(struct cmd *c, enum conclave_status st)
{
    return fail_with_advice(c, st, NULL);
}

int
cmd_fail_group(struct cmd *c, enum conclave_status st, const char *group)
{
    const char *code = conclave_error_code(c->client);

    if (strcmp(code, "key_changed") == 0)
        return fail_key_changed(c, st, group);
    if (strcmp(code, "not_member") == 0)
        return cmd_fail(c, CONCLAVE_REFUSED, code,
                        "you are not a member of \"%s\"; join it with: conclave join %s", group,
                        group);
    if (strcmp(code, "not_allowed") == 0)
        return cmd_fail(c, CONCLAVE_REFUSED, code,
                        "your role in \"%s\" does not allow that; who is moderator or owner: "
                        "conclave members %s",
                        group, group);
    return fail_with_advice(c, st, group);
}

/* ---- interrupts ---- */

static void
interrupts(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
}

int
cmd_open_interrupts(void)
{
    struct sigaction hangup;
    sigset_t set;
    int fd;

    interrupts(&set);
    /* Under nohup it is ignored, and is to stay so. */
    if (sigaction(SIGHUP, NULL, &hangup) != 0 || hangup.sa_handler == SIG_IGN)
        sigdelset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        sigprocmask(SIG_UNBLOCK, &set, NULL);
    return fd;
}

bool
cmd_is_interrupted(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) > 0;
}

/* ---- values ---- */

bool
cmd_moment(struct cmd *c, const char *option, const char *value, struct moment *out)
{
    struct fault why;
    long long seq = 0;

    *out = (struct moment){.given = value != NULL};
    if (value == NULL)
        return true;
    if (value[0] != '#') {
        if (time_parse(&out->ns, value, clock_wall_ns(), &why) == ST_OK)
            return true;
        cmd_misuse(c, "--%s: %s", option, why.text);
        return false;
    }
    out->by_seq = opts_number(value + 1, 0, INT64_MAX, &seq);
    out->seq = (uint64_t)seq;
    if (!out->by_seq)
        cmd_misuse(c, "--%s: \"#\" needs the number of an entry", option);
    return out->by_seq;
}

uint64_t
cmd_number(const char *text)
{
    long long n = 0;

    if (text != NULL)
        opts_number(text, 1, INT64_MAX, &n);
    return (uint64_t)n;
}

void
cmd_join_words(const struct cmd *c, size_t first, struct buf *out)
{
    for (size_t i = first; i < c->n_args; i++) {
        if (i > first)
            buf_append(out, " ", 1);
        buf_append(out, c->args[i], strlen(c->args[i]));
    }
}

void
cmd_fingerprint(const char *z85, char text[static CMD_FINGERPRINT_SIZE])
{
    uint8_t key[KEY_LEN];

    _Static_assert(CMD_FINGERPRINT_SIZE == FINGERPRINT_LEN + 1, "a fingerprint fits");
    text[0] = '\0';
    if (key_from_z85(key, z85) == ST_OK)
        key_fingerprint(key, text);
}
