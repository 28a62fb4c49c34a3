#include "key_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

int
enter_directory(void **state)
{
    char *dir = strdup("/tmp/conclave-keys-XXXXXX");

    if (dir == NULL || mkdtemp(dir) == NULL || chdir(dir) != 0)
        return -1;
    umask(022);
    *state = dir;
    return 0;
}

int
leave_directory(void **state)
{
    char command[64];
    char *dir = *state;
    int result;

    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    result = chdir("/") != 0 || system(command) != 0 ? -1 : 0;
    free(dir);
    return result;
}

void
write_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

mode_t
mode_of(const char *path)
{
    struct stat info;

    assert_int_equal(lstat(path, &info), 0);
    return info.st_mode & 07777;
}
