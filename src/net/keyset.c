#include "net/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/log.h"

#define SUFFIX     ".key"
#define SUFFIX_LEN (sizeof SUFFIX - 1)
#define KEYSET_MAX 65536 /* certificates in a directory */

/* Sorted keys, one behind the other. */
struct keyset {
    struct buf keys;
};

static int
compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, KEY_LEN);
}

/* Not what an editor leaves (NAME.key~), nor what was put out of use (NAME.key.off). */
static bool
is_for_us(const char *name)
{
    size_t len = strlen(name);

    return name[0] != '.' && len > SUFFIX_LEN && strcmp(name + len - SUFFIX_LEN, SUFFIX) == 0;
}

/* A certificate without the suffix is rather a mistake; secret halves and folders are not. */
static bool
is_worth_telling(DIR *listing, const char *name)
{
    static const char half[] = "_secret";
    size_t len = strlen(name);
    struct stat info;

    if (name[0] == '.' || (len >= sizeof half && strcmp(name + len - sizeof half + 1, half) == 0))
        return false;
    return fstatat(dirfd(listing), name, &info, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(info.st_mode);
}

static void
tell_of_others(const char *dir, size_t n, const char *one)
{
    if (n == 0)
        return;
    log_warn("%s: %s does not count, since its name does not end in " SUFFIX, dir, one);
    if (n > 1)
        log_warn("%s: nor do %zu more", dir, n - 1);
}

static enum status
add_file(struct keyset *set, const char *dir, const char *name, struct fault *why)
{
    char path[PATH_MAX];
    struct cert cert;
    enum status st;
    int n;

    n = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return fault_set(why, ST_INVALID, "a path in %s is too long", dir);
    st = cert_load(&cert, path, why);
    if (st != ST_OK)
        return st;
    st = buf_append(&set->keys, cert.key, KEY_LEN);
    if (st != ST_OK)
        return fault_set(why, st, "%s: no room for more than %zu certificates", dir,
                         keyset_count(set));
    return ST_OK;
}

static enum status
add_all(struct keyset *set, DIR *listing, const char *dir, struct fault *why)
{
    enum status st = file_check_directory(dirfd(listing), dir, why);
    char other[NAME_MAX + 1] = "";
    size_t others = 0;

    while (st == ST_OK) {
        const struct dirent *entry;

        errno = 0;
        entry = readdir(listing);
        if (entry == NULL && errno != 0)
            return fault_set(why, ST_SYSTEM, "%s: %s", dir, strerror(errno));
        if (entry == NULL)
            break;
        if (is_for_us(entry->d_name))
            st = add_file(set, dir, entry->d_name, why);
        else if (is_worth_telling(listing, entry->d_name) && others++ == 0)
            snprintf(other, sizeof other, "%s", entry->d_name);
    }
    tell_of_others(dir, others, other);
    return st;
}

/* Sort, and keep one of each. */
static void
settle(struct keyset *set)
{
    uint8_t *keys = set->keys.p;
    size_t count = keyset_count(set);
    size_t kept = 0;

    if (count == 0)
        return;
    qsort(keys, count, KEY_LEN, compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (compare_keys(keys + kept * KEY_LEN, keys + i * KEY_LEN) != 0)
            memmove(keys + ++kept * KEY_LEN, keys + i * KEY_LEN, KEY_LEN);
    }
    set->keys.len = (kept + 1) * KEY_LEN;
}

enum status
keyset_load(struct keyset **out, const char *dir, struct fault *why)
{
    DIR *listing = opendir(dir);
    struct keyset *set;
    enum status st;

    if (listing == NULL)
        return fault_set(why, errno == ENOENT ? ST_NOT_FOUND : ST_SYSTEM,
                         "the directory of certificates %s: %s", dir, strerror(errno));
    set = calloc(1, sizeof *set);
    if (set == NULL) {
        closedir(listing);
        return fault_set(why, ST_NOMEM, "%s: out of memory", dir);
    }
    buf_init(&set->keys, (size_t)KEYSET_MAX * KEY_LEN);
    st = add_all(set, listing, dir, why);
    closedir(listing);
    if (st != ST_OK) {
        keyset_free(set);
        return st;
    }
    settle(set);
    *out = set;
    return ST_OK;
}

void
keyset_free(struct keyset *set)
{
    if (set == NULL)
        return;
    buf_clear(&set->keys);
    free(set);
}

bool
keyset_has(const struct keyset *set, const uint8_t key[static KEY_LEN])
{
    size_t count = keyset_count(set);

    return count > 0 && bsearch(key, set->keys.p, count, KEY_LEN, compare_keys) != NULL;
}

size_t
keyset_count(const struct keyset *set)
{
    return set->keys.len / KEY_LEN;
}
