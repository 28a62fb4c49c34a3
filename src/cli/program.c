#include "cli/program.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cli/opts.h"

/* A core dump or a debugger would hand out the secret key. */
static bool
forbid_dumps(void)
{
    const struct rlimit none = {0, 0};

    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* A peer that went away and a file at its limit are results of write, not the end. */
static bool
ignore_signals(void)
{
    return signal(SIGPIPE, SIG_IGN) != SIG_ERR && signal(SIGXFSZ, SIG_IGN) != SIG_ERR;
}

void
program_harden(const char *program)
{
    umask(077);
    errno = 0;
    if (forbid_dumps() && ignore_signals() && sodium_init() >= 0)
        return;
    fprintf(stderr, "%s: cannot start safely: %s\n", program,
            errno != 0 ? strerror(errno) : "libsodium does not start");
    exit(CONCLAVE_LOCAL);
}
