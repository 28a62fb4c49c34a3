/* A directory of those who may come in: one certificate that is right beside one that is not known.
 * Either all of it is accepted, or none. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/cert.h"
#include "net/keys.h"

/* The public key of the example in libzmq's manual. */
#define GOOD "curve\n    public-key = \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64];
static char good[96];
static char other[96];

static void
require(bool holds)
{
    if (!holds)
        abort();
}

static void
write_file(const char *path, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    require(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    close(fd);
}

static void
clean_up(void)
{
    unlink(good);
    unlink(other);
    rmdir(dir);
}

/* In memory where there is such a directory: a run must not wait for a disk. */
static void
set_up(void)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    snprintf(dir, sizeof dir, "%s/conclave-fuzz-XXXXXX", base);
    require(mkdtemp(dir) != NULL);
    snprintf(good, sizeof good, "%s/good.key", dir);
    snprintf(other, sizeof other, "%s/other.key", dir);
    write_file(good, GOOD, strlen(GOOD));
    write_file(other, "", 0);
    atexit(clean_up);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keyset *set;
    struct cert cert;
    struct fault why;
    bool is_cert;

    if (!*dir)
        set_up();
    write_file(other, data, size);
    is_cert = cert_load(&cert, other, &why) == ST_OK;
    if (keyset_load(&set, dir, &why) == ST_OK) {
        require(is_cert && keyset_has(set, cert.key));
        require(keyset_count(set) >= 1 && keyset_count(set) <= 2);
        keyset_free(set);
    } else {
        require(!is_cert);
    }
    return 0;
}
