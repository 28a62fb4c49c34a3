/*
 * conclave-group - one group: its members, its log of messages, its live feed.
 */
#include <stdio.h>
#include <string.h>

#include "base/entry.h"
#include "base/text.h"
#include "daemon/daemon.h"
#include "daemon/tools.h"
#include "group/group.h"
#include "group/host.h"

#define PROGRAM "conclave-group"

static struct group_host_options host;
static const char *log_level;
static bool open_to_all;
static const char *keep_days;
static const char *keep_messages;
static const char *keep_bytes;
static const char *quota;
static const char *ballast;
static const char *owners[GROUP_OWNERS_MAX];
static struct opt_list owner_list = {.values = owners, .most = GROUP_OWNERS_MAX};
static const char *owner;
static const char *history;
static const char *max_members;
static const char *join_rate;
static const char *join_burst;
static const char *max_messages;
static const char *rate;
static const char *burst;

/* In the order of enum group_history. */
static const char *const histories[] = {"all", "since-join", "while-member", NULL};

static const struct opt opts[] = {
    {.name = "name",
     .arg = "NAME",
     .env = "CONCLAVE_NAME",
     .value = &host.name,
     .help = "the group's name on the list"},
    {.name = "key",
     .arg = "FILE",
     .env = "CONCLAVE_KEY",
     .value = &host.key,
     .help = "the group's certificate, made by conclave-keygen"},
    {.name = "listen",
     .arg = "ADDRESS",
     .env = "CONCLAVE_LISTEN",
     .fallback = "tcp://127.0.0.1:5561",
     .value = &host.listen,
     .help = "where to serve requests"},
    {.name = "feed",
     .arg = "ADDRESS",
     .env = "CONCLAVE_FEED",
     .fallback = "tcp://127.0.0.1:5562",
     .value = &host.feed,
     .help = "where to publish new messages"},
    {.name = "advertise",
     .arg = "HOST",
     .env = "CONCLAVE_ADVERTISE",
     .value = &host.advertise,
     .help = "host name or address that members use to reach this group"},
    {.name = "server",
     .arg = "ADDRESS",
     .env = "CONCLAVE_SERVER",
     .fallback = "tcp://127.0.0.1:5550",
     .value = &host.server,
     .help = "the message server"},
    {.name = "server-key",
     .arg = "FILE|Z85",
     .env = "CONCLAVE_SERVER_KEY",
     .value = &host.server_key,
     .help = "the message server's public certificate or key"},
    {.name = "data",
     .arg = "DIR",
     .env = "CONCLAVE_DATA",
     .value = &host.data,
     .help = "where members and messages are stored; one group a directory"},
    {.name = "members",
     .arg = "DIR",
     .env = "CONCLAVE_MEMBERS",
     .value = &host.members,
     .help = "public certificates of those who may join"},
    {.name = "open", .env = "CONCLAVE_OPEN", .on = &open_to_all, .help = "let everybody join"},
    {.name = "owner",
     .arg = "FILE",
     .env = "CONCLAVE_OWNER",
     .value = &owner,
     .all = &owner_list,
     .help = "public certificate of an owner; may be given several times"},
    {.name = "history",
     .arg = "WHICH",
     .env = "CONCLAVE_HISTORY",
     .fallback = "all",
     .choices = histories,
     .value = &history,
     .help = "what members may read: all, since-join or while-member"},
    {.name = "max-members",
     .arg = "N",
     .env = "CONCLAVE_MAX_MEMBERS",
     .value = &max_members,
     .help = "most members at once; owners and moderators always find a place"},
    {.name = "join-rate",
     .arg = "N",
     .env = "CONCLAVE_JOIN_RATE",
     .fallback = "20",
     .value = &join_rate,
     .help = "keys that are neither listed nor invited and join in a second, at most"},
    {.name = "join-burst",
     .arg = "N",
     .env = "CONCLAVE_JOIN_BURST",
     .fallback = "200",
     .value = &join_burst,
     .help = "and so many at once"},
    {.name = "description",
     .arg = "TEXT",
     .env = "CONCLAVE_DESCRIPTION",
     .value = &host.description,
     .help = "one line for the list of groups"},
    {.name = "take-over",
     .env = "CONCLAVE_TAKE_OVER",
     .on = &host.take_over,
     .help = "where another process of this group lives, that one ends"},
    {.name = "keep-days",
     .arg = "N",
     .env = "CONCLAVE_KEEP_DAYS",
     .value = &keep_days,
     .help = "remove entries that are older"},
    {.name = "clock-is-right",
     .env = "CONCLAVE_CLOCK_IS_RIGHT",
     .on = &host.clock_is_right,
     .help = "believe the clock, whatever the message server and the entries say"},
    {.name = "keep-messages",
     .arg = "N",
     .env = "CONCLAVE_KEEP_MESSAGES",
     .value = &keep_messages,
     .help = "remove all but the last N entries"},
    {.name = "keep-bytes",
     .arg = "BYTES",
     .env = "CONCLAVE_KEEP_BYTES",
     .value = &keep_bytes,
     .help = "remove the oldest entries so that not more of DIR/group.db is in use"},
    {.name = "quota",
     .arg = "BYTES",
     .env = "CONCLAVE_QUOTA",
     .value = &quota,
     .help = "largest size of DIR/group.db; beyond it messages are refused"},
    {.name = "max-messages",
     .arg = "N",
     .env = "CONCLAVE_MAX_MESSAGES",
     .value = &max_messages,
     .help = "most entries that are held; then messages are refused"},
    {.name = "ballast",
     .arg = "BYTES",
     .env = "CONCLAVE_BALLAST",
     .fallback = "4M",
     .value = &ballast,
     .help = "room kept for leaving and removing on a full disk; 0: none"},
    {.name = "restored",
     .on = &host.restored,
     .help = "once, when a backup was put into DIR: tells members what it lacks"},
    DAEMON_RATE_OPTION(rate),
    DAEMON_BURST_OPTION(burst),
    DAEMON_LOG_OPTION(log_level),
};

static const struct opt_set set = {
    .program = PROGRAM,
    .synopsis = "--name NAME --key FILE --server-key FILE|Z85 --data DIR (--members DIR|--open)",
    .about = "One group: stores its messages in order and publishes them to its members.",
    .opts = opts,
    .n_opts = sizeof opts / sizeof *opts,
    .more = "BYTES may end in K, M or G. Each --keep-... is a bound of its own.\n"
            "SIGHUP reads the list of members again; SIGTERM ends it.\n\n"
            "Tools for a group's data (see each one's --help):\n"
            "  " PROGRAM " verify          check it, offline\n"
            "  " PROGRAM " backup FILE     copy it, while the group runs or not",
};

#define DAY_NS      INT64_C(86400000000000)
#define DAYS_MAX    36500
#define ENTRIES_MAX INT64_MAX
#define BYTES_MAX   (INT64_C(1) << 50)
#define BALLAST_MAX (INT64_C(1) << 30)
#define JOINS_MAX   1000000

/* "1048576", "1024K", "1M", "2G". */
static bool
read_bytes(const char *text, long long least, long long most, long long *out)
{
    static const char units[] = "KMG";
    size_t len = strlen(text);
    const char *unit = len > 0 ? strchr(units, text[len - 1]) : NULL;
    unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
    char digits[24];

    if (unit != NULL)
        len--;
    if (len >= sizeof digits)
        return false;
    memcpy(digits, text, len);
    digits[len] = '\0';
    if (!opts_number(digits, 0, most >> shift, out))
        return false;
    *out <<= shift;
    return *out >= least;
}

static int
read_limits(void)
{
    long long days = 0, entries = 0, kept = 0, room = 0, spare = 0, members = 0, messages = 0;
    long long rate_of_joins = 0, burst_of_joins = 0;
    const struct {
        const char *name;
        const char *text;
        bool (*read)(const char *, long long, long long, long long *);
        long long least;
        long long most;
        long long *out;
    } limits[] = {
        {"keep-days", keep_days, opts_number, 1, DAYS_MAX, &days},
        {"keep-messages", keep_messages, opts_number, 1, ENTRIES_MAX, &entries},
        {"keep-bytes", keep_bytes, read_bytes, STORE_QUOTA_MIN, BYTES_MAX, &kept},
        {"quota", quota, read_bytes, STORE_QUOTA_MIN, BYTES_MAX, &room},
        {"ballast", ballast, read_bytes, 0, BALLAST_MAX, &spare},
        {"max-members", max_members, opts_number, 1, GROUP_MEMBERS_MAX, &members},
        {"join-rate", join_rate, opts_number, 1, JOINS_MAX, &rate_of_joins},
        {"join-burst", join_burst, opts_number, 1, JOINS_MAX, &burst_of_joins},
        {"max-messages", max_messages, opts_number, 1, ENTRIES_MAX, &messages},
    };

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (limits[i].text != NULL &&
            !limits[i].read(limits[i].text, limits[i].least, limits[i].most, limits[i].out))
            return opts_misuse(PROGRAM, "--%s must be a number from %lld to %lld", limits[i].name,
                               limits[i].least, limits[i].most);
    host.keep =
        (struct store_keep){.age_ns = days * DAY_NS, .entries = (uint64_t)entries, .bytes = kept};
    host.quota = room;
    host.ballast = spare;
    host.max_members = (size_t)members;
    host.join_rate = (uint32_t)rate_of_joins;
    host.join_burst = (uint32_t)burst_of_joins;
    host.max_messages = (uint64_t)messages;
    return -1;
}

static void
read_policy(void)
{
    size_t i = 0;

    while (strcmp(histories[i], history) != 0)
        i++;
    host.history = (enum group_history)i;
    host.owners = owners;
    host.n_owners = owner_list.n;
}

static int
check_values(void)
{
    static const char *const required[] = {"name", "key", "server-key", "data"};
    int status = daemon_required(&set, required, 4);

    if (status < 0)
        status = daemon_one_of(PROGRAM, host.members, "members", open_to_all, "open");
    if (status < 0 && !text_is_group_name(span_of(host.name)))
        status = opts_misuse(PROGRAM,
                             "--name must be 1 to %d bytes of text without spaces and "
                             "slashes",
                             NAME_MAX_BYTES);
    if (status < 0 && host.advertise != NULL && strstr(host.advertise, "://") != NULL)
        status = opts_misuse(PROGRAM,
                             "--advertise takes a host name or address, without tcp:// and port");
    if (status < 0 && host.description != NULL && !text_is_line(span_of(host.description), 256))
        status = opts_misuse(PROGRAM, "--description must be one line of up to 256 bytes");
    if (status < 0)
        status = read_limits();
    if (status < 0)
        status = daemon_pace(PROGRAM, rate, burst, &host.pace);
    if (status < 0)
        read_policy();
    return status;
}

int
main(int argc, char **argv)
{
    struct fault why = {0};
    int status = group_tool(argc, argv);

    if (status < 0)
        status = daemon_start(&set, argc, argv, &log_level);
    if (status < 0)
        status = check_values();
    if (status >= 0)
        return status;
    return daemon_end(PROGRAM, group_host_run(&host, &why), &why);
}
