#include "cmd/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cli/screen.h"
#include "columns/width.h"

#define FIRST_MS 700 /* what is over sooner needs no line */
#define EVERY_MS 200
#define LEAST    0.002 /* less done than that tells nothing about the time left */
#define ERASE    "\r\033[K"

void
progress_init(struct progress *p, bool quiet, const char *what, int64_t now_ms)
{
    *p = (struct progress){.width = quiet ? 0 : screen_width(STDERR_FILENO),
                           .what = what,
                           .start_ms = now_ms};
}

/* "12345" with a comma before each three digits from the end. */
static void
format_number(char text[static 32], uint64_t n)
{
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    size_t at = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
}

static void
format_left(char text[static 64], int64_t seconds)
{
    if (seconds >= 3600)
        snprintf(text, 64, ", %" PRId64 "h %02" PRId64 "m left", seconds / 3600, seconds / 60 % 60);
    else if (seconds >= 60)
        snprintf(text, 64, ", %" PRId64 "m %02" PRId64 "s left", seconds / 60, seconds % 60);
    else
        snprintf(text, 64, ", %" PRId64 "s left", seconds);
}

void
progress_format(char text[static PROGRESS_TEXT_MAX], const char *what, uint64_t done, double part,
                int64_t elapsed_ms)
{
    char number[32];
    char share[32] = "";
    char left[64] = "";

    format_number(number, done);
    if (part >= 0 && part <= 1)
        snprintf(share, sizeof share, ", %d %%", (int)(part * 100));
    if (part >= LEAST && part <= 1)
        format_left(left, (int64_t)((double)elapsed_ms * (1 - part) / part / 1000 + 0.5));
    snprintf(text, PROGRESS_TEXT_MAX, "%s %s%s%s", number, what, share, left);
}

static void
put(const char *text, size_t len)
{
    /* A line that cannot be drawn is no failure of what it is about. */
    if (write(STDERR_FILENO, text, len) < 0)
        return;
}

void
progress_show(struct progress *p, uint64_t done, double part, int64_t now_ms)
{
    char line[sizeof ERASE + PROGRESS_TEXT_MAX];
    char text[PROGRESS_TEXT_MAX];
    int n;

    if (p->width == 0 || now_ms - p->start_ms < FIRST_MS || now_ms - p->shown_ms < EVERY_MS)
        return;
    progress_format(text, p->what, done, part, now_ms - p->start_ms);
    n = snprintf(line, sizeof line, ERASE "%.*s",
                 (int)width_fit(text, strlen(text), (int)p->width - 1), text);
    put(line, (size_t)n);
    p->shown_ms = now_ms;
}

void
progress_end(struct progress *p)
{
    if (p->shown_ms != 0)
        put(ERASE, strlen(ERASE));
    p->shown_ms = 0;
}
