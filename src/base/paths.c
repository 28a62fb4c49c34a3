#include "base/paths.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool __attribute__((format(printf, 2, 3)))
format_path(struct path *out, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(out->text, sizeof out->text, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof out->text)
        return true;
    out->text[0] = '\0';
    return false;
}

/* The specification: a relative path there is not to be followed. */
static bool
xdg(struct path *out, const char *variable, const char *in_home, const char *rest)
{
    const char *dir = getenv(variable);
    const char *home = getenv("HOME");

    out->text[0] = '\0';
    if (dir != NULL && dir[0] == '/')
        return format_path(out, "%s/%s", dir, rest);
    return home != NULL && home[0] == '/' && format_path(out, "%s/%s/%s", home, in_home, rest);
}

bool
paths_config(struct path *out)
{
    return xdg(out, "XDG_CONFIG_HOME", ".config", "conclave/conclave.conf");
}

bool
paths_state(struct path *out)
{
    return xdg(out, "XDG_STATE_HOME", ".local/state", "conclave");
}

bool
paths_within(struct path *out, const char *dir, const char *name)
{
    return format_path(out, "%s/%s", dir, name);
}

bool
paths_beside(struct path *out, const char *beside, const char *name)
{
    const char *slash = strrchr(beside, '/');
    int len = slash != NULL ? (int)(slash - beside) + 1 : 0;

    return format_path(out, "%.*s%s", len, beside, name);
}

bool
paths_resolve(struct path *out, const char *base, const char *text)
{
    const char *home = getenv("HOME");

    if (text[0] == '/')
        return format_path(out, "%s", text);
    if (text[0] == '~' && text[1] == '/')
        return home != NULL && format_path(out, "%s/%s", home, text + 2);
    return paths_beside(out, base, text);
}

static bool
is_dir(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

enum status
paths_make(const char *dir, struct fault *why)
{
    struct path path;

    if (!format_path(&path, "%s", dir))
        return fault_set(why, ST_INVALID, "the path is too long");
    for (char *at = path.text;; at++) {
        char kept = *at;

        if (kept != '\0' && (kept != '/' || at == path.text))
            continue;
        *at = '\0';
        if (mkdir(path.text, 0700) != 0 && errno != EEXIST && !is_dir(path.text))
            return fault_set(why, ST_SYSTEM, "cannot make the directory %s: %s", path.text,
                             strerror(errno));
        *at = kept;
        if (kept == '\0')
            break;
    }
    if (!is_dir(dir))
        return fault_set(why, ST_SYSTEM, "%s is not a directory", dir);
    return ST_OK;
}

enum status
paths_make_for(const char *file, struct fault *why)
{
    struct path dir;
    const char *slash = strrchr(file, '/');

    if (slash == NULL || slash == file)
        return ST_OK;
    if (!format_path(&dir, "%.*s", (int)(slash - file), file))
        return fault_set(why, ST_INVALID, "the path is too long");
    return paths_make(dir.text, why);
}
