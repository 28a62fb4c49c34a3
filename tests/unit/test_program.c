/* What every program does before anything else. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "cli/program.h"

static void
program_is_hardened_at_its_start(void **state)
{
    struct rlimit core = {1, 1};
    struct sigaction action;

    (void)state;
    umask(022);
    program_harden("test");
    assert_int_equal(umask(077), 077);
    assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
    assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
    assert_int_equal(core.rlim_cur, 0);
    assert_int_equal(core.rlim_max, 0);
    assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
    assert_ptr_equal(action.sa_handler, SIG_IGN);
    assert_int_equal(sigaction(SIGXFSZ, NULL, &action), 0);
    assert_ptr_equal(action.sa_handler, SIG_IGN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(program_is_hardened_at_its_start)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
