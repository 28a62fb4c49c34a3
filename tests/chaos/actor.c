#include "actor.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CALL_MS     5000
#define AGAIN_MS    100
#define DEADLINE_MS 60000
#define MS_IN_S     1000
#define HASH_START  UINT64_C(14695981039346656037) /* FNV-1a */
#define HASH_FACTOR UINT64_C(1099511628211)
#define NS_IN_MS    1000000

static volatile sig_atomic_t told_to_end;

static void
on_signal(int signo)
{
    (void)signo;
    told_to_end = 1;
}

void
actor_die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(2);
}

int64_t
actor_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MS_IN_S + now.tv_nsec / NS_IN_MS;
}

long
actor_number(const char *text)
{
    char *end;
    long n;

    errno = 0;
    n = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || n < 0)
        actor_die("\"%s\" is no number", text);
    return n;
}

bool
actor_option(struct actor_options *o, int letter, const char *value)
{
    switch (letter) {
    case 's':
        o->server = value;
        return true;
    case 'S':
        o->server_key = value;
        return true;
    case 'k':
        o->key = value;
        return true;
    case 'g':
        o->group = value;
        return true;
    case 'r':
        o->record = value;
        return true;
    case 'd':
        o->deadline_ms = actor_now_ms() + actor_number(value) * MS_IN_S;
        return true;
    default:
        return false;
    }
}

/* ---- life ---- */

static void
open_record(struct actor *a)
{
    a->record = fopen(a->o.record, "ae");
    if (a->record == NULL)
        actor_die("%s: %s", a->o.record, strerror(errno));
    setvbuf(a->record, NULL, _IOLBF, BUFSIZ);
}

/* The last part of a path: the person's nick, too. */
static const char *
name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void
open_handle(struct actor *a)
{
    struct conclave_options o = {.server = a->o.server,
                                 .server_key = a->o.server_key,
                                 .key = a->o.key,
                                 .timeout_ms = CALL_MS};
    char why[256] = "";

    if (access(a->o.key, F_OK) != 0 &&
        conclave_make_key(a->o.key, name_of(a->o.key), why, sizeof why) != CONCLAVE_OK)
        actor_die("%s", why);
    if (conclave_open(&a->c, &o, why, sizeof why) != CONCLAVE_OK)
        actor_die("%s", why);
}

static void
join(struct actor *a)
{
    static const struct timespec a_while = {.tv_nsec = AGAIN_MS * NS_IN_MS};

    enum conclave_status st;

    while ((st = conclave_join(a->c, a->o.group, NULL, NULL)) != CONCLAVE_OK) {
        bool passes =
            st == CONCLAVE_UNREACHABLE || strcmp(conclave_error_code(a->c), "not_found") == 0;

        if (!passes || actor_is_late(a))
            actor_die("cannot join %s: %s", a->o.group, conclave_error(a->c));
        nanosleep(&a_while, NULL);
    }
}

void
actor_open(struct actor *a, const struct actor_options *o)
{
    struct sigaction action = {.sa_handler = on_signal};

    *a = (struct actor){.o = *o};
    if (!o->server || !o->server_key || !o->key || !o->group || !o->record)
        actor_die("needed: %s", ACTOR_USAGE);
    if (a->o.deadline_ms == 0)
        a->o.deadline_ms = actor_now_ms() + DEADLINE_MS;
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    open_handle(a);
    join(a);
    open_record(a);
}

void
actor_close(struct actor *a)
{
    conclave_close(a->c);
    if (fclose(a->record) != 0)
        actor_die("%s: %s", a->o.record, strerror(errno));
}

bool
actor_told_to_end(void)
{
    return told_to_end != 0;
}

bool
actor_is_late(const struct actor *a)
{
    return actor_now_ms() >= a->o.deadline_ms;
}

/* ---- records ---- */

void
actor_hash(const void *bytes, size_t len, char text[static ACTOR_HASH_LEN + 1])
{
    const uint8_t *p = bytes;
    uint64_t h = HASH_START;

    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * HASH_FACTOR;
    snprintf(text, ACTOR_HASH_LEN + 1, "%016llx", (unsigned long long)h);
}

void
actor_record_entry(struct actor *a, const char *word, const struct conclave_entry *e)
{
    char author[CONCLAVE_UUID_LEN + 1];
    char id[CONCLAVE_UUID_LEN + 1];
    char hash[ACTOR_HASH_LEN + 1];

    conclave_id_format(&e->author, author);
    conclave_id_format(&e->id, id);
    actor_hash(e->body, e->body_len, hash);
    fprintf(a->record, "%s %llu %lld %s %s %s %s\n", word, (unsigned long long)e->seq,
            (long long)e->ts, conclave_kind_name(e->kind), author, id, hash);
}

void
actor_record_self(struct actor *a, const char *word)
{
    char key[CONCLAVE_KEY_LEN + 1];
    char text[CONCLAVE_UUID_LEN + 1];
    struct conclave_id self;

    conclave_self(a->c, &self, key);
    conclave_id_format(&self, text);
    fprintf(a->record, "%s %s\n", word, text);
}
