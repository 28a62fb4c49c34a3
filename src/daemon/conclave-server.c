/*
 * conclave-server - the message server: the directory of live groups.
 */
#include "daemon/daemon.h"
#include "server/host.h"

#define PROGRAM "conclave-server"

static struct server_host_options host;
static const char *log_level, *lease, *rate, *burst;
static bool open_groups, open_users;

static const struct opt opts[] = {
    {.name = "key",
     .arg = "FILE",
     .env = "CONCLAVE_KEY",
     .value = &host.key,
     .help = "this server's certificate, made by conclave-keygen"},
    {.name = "listen",
     .arg = "ADDRESS",
     .env = "CONCLAVE_LISTEN",
     .fallback = "tcp://127.0.0.1:5550",
     .value = &host.listen,
     .help = "where to serve"},
    {.name = "data",
     .arg = "DIR",
     .env = "CONCLAVE_DATA",
     .value = &host.data,
     .help = "where to remember which key a name belongs to"},
    {.name = "groups",
     .arg = "DIR",
     .env = "CONCLAVE_GROUPS",
     .value = &host.groups,
     .help = "public certificates of the groups that may register"},
    {.name = "open-groups",
     .env = "CONCLAVE_OPEN_GROUPS",
     .on = &open_groups,
     .help = "let every group register"},
    {.name = "users",
     .arg = "DIR",
     .env = "CONCLAVE_USERS",
     .value = &host.users,
     .help = "public certificates of the users who may list groups"},
    {.name = "open-users",
     .env = "CONCLAVE_OPEN_USERS",
     .on = &open_users,
     .help = "let every user list groups"},
    {.name = "lease",
     .arg = "TIME",
     .env = "CONCLAVE_LEASE",
     .fallback = "15s",
     .value = &lease,
     .help = "a group that was silent for so long is dropped"},
    DAEMON_RATE_OPTION(rate),
    DAEMON_BURST_OPTION(burst),
    DAEMON_LOG_OPTION(log_level),
};

static const struct opt_set set = {
    .program = PROGRAM,
    .synopsis = "--key FILE --data DIR (--groups DIR|--open-groups) (--users DIR|--open-users)",
    .about = "The message server: keeps the list of live groups and their addresses.",
    .opts = opts,
    .n_opts = sizeof opts / sizeof *opts,
    .more = "SIGHUP reads the lists again; SIGTERM ends it.",
};

int
main(int argc, char **argv)
{
    static const char *const required[] = {"key", "data"};
    struct fault why = {0};
    int status = daemon_start(&set, argc, argv, &log_level);

    if (status < 0)
        status = daemon_required(&set, required, 2);
    if (status < 0)
        status = daemon_one_of(PROGRAM, host.groups, "groups", open_groups, "open-groups");
    if (status < 0)
        status = daemon_one_of(PROGRAM, host.users, "users", open_users, "open-users");
    if (status < 0 && (!opts_duration_ms(lease, &host.lease_ms) || host.lease_ms < 1000 ||
                       host.lease_ms > 3600000))
        status = opts_misuse(PROGRAM, "--lease \"%s\" is not a time from 1s to 1h", lease);
    if (status < 0)
        status = daemon_pace(PROGRAM, rate, burst, &host.pace);
    if (status >= 0)
        return status;
    return daemon_end(PROGRAM, server_host_run(&host, &why), &why);
}
