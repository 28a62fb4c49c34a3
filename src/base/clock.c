#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A time as it was written. */
struct written {
    struct tm tm;
    int64_t ns;      /* the fraction of the second */
    bool has_offset; /* else: local zone */
    int offset_min;
};

int64_t
clock_wall_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t
clock_mono_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / NS_PER_MS;
}

void
time_format_utc(int64_t ns, char text[static TIME_TEXT_LEN + 1])
{
    /* int64_t nanoseconds end in 2262, so only the lower end can be out of range. */
    time_t seconds = (time_t)((ns > 0 ? ns : 0) / NS_PER_S);
    int fraction = (int)((ns > 0 ? ns : 0) % NS_PER_S);
    struct tm tm = {0};
    char wide[80];

    gmtime_r(&seconds, &tm);
    snprintf(wide, sizeof wide, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, fraction);
    memcpy(text, wide, TIME_TEXT_LEN);
    text[TIME_TEXT_LEN] = '\0';
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly n digits; moves *at behind them. */
static bool
take_number(const char **at, int n, int most, int *out)
{
    int value = 0;

    for (int i = 0; i < n; i++) {
        if (!is_digit((*at)[i]))
            return false;
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += n;
    *out = value;
    return value <= most;
}

static bool
take_char(const char **at, const char *any_of)
{
    if (**at == '\0' || strchr(any_of, **at) == NULL)
        return false;
    (*at)++;
    return true;
}

static int
month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

static bool
take_date(const char **at, struct tm *tm)
{
    int year, month, day;

    if (!take_number(at, 4, 9999, &year) || !take_char(at, "-") ||
        !take_number(at, 2, 12, &month) || !take_char(at, "-") || !take_number(at, 2, 31, &day))
        return false;
    if (month < 1 || day < 1 || day > month_days(year, month))
        return false;
    tm->tm_year = year - 1900;
    tm->tm_mon = month - 1;
    tm->tm_mday = day;
    return true;
}

/* Up to nine digits behind the point. */
static bool
take_fraction(const char **at, int64_t *ns)
{
    int64_t unit = NS_PER_S;

    if (!is_digit(**at))
        return false;
    for (; is_digit(**at); (*at)++) {
        unit /= 10;
        if (unit == 0)
            return false;
        *ns += unit * (**at - '0');
    }
    return true;
}

static bool
take_clock(const char **at, struct written *w)
{
    if (!take_number(at, 2, 23, &w->tm.tm_hour) || !take_char(at, ":") ||
        !take_number(at, 2, 59, &w->tm.tm_min))
        return false;
    if (!take_char(at, ":"))
        return true;
    if (!take_number(at, 2, 60, &w->tm.tm_sec))
        return false;
    if (take_char(at, ".") && !take_fraction(at, &w->ns))
        return false;
    if (w->tm.tm_sec == 60) {
        w->tm.tm_sec = 59;
        w->ns = NS_PER_S - 1;
    }
    return true;
}

static bool
take_zone(const char **at, struct written *w)
{
    int sign = **at == '-' ? -1 : 1;
    int hours, minutes;

    w->has_offset = true;
    if (take_char(at, "Zz"))
        return true;
    if (!take_char(at, "+-")) {
        w->has_offset = false;
        return true;
    }
    if (!take_number(at, 2, 23, &hours) || !take_char(at, ":") || !take_number(at, 2, 59, &minutes))
        return false;
    w->offset_min = sign * (hours * 60 + minutes);
    return true;
}

static bool
take_written(struct written *w, const char *text)
{
    *w = (struct written){0};
    if (!take_date(&text, &w->tm))
        return false;
    if (take_char(&text, "Tt ") && (!take_clock(&text, w) || !take_zone(&text, w)))
        return false;
    return *text == '\0';
}

static bool
to_ns(int64_t *out, int64_t seconds, int64_t ns)
{
    int64_t whole;

    return !__builtin_mul_overflow(seconds, NS_PER_S, &whole) &&
           !__builtin_add_overflow(whole, ns, out) && *out >= 0;
}

static enum status
out_of_range(struct fault *why)
{
    return fault_set(why, ST_INVALID, "the time is not between 1970 and 2262");
}

static enum status
written_to_ns(int64_t *out_ns, struct written *w, struct fault *why)
{
    time_t seconds;

    if (w->has_offset) {
        seconds = timegm(&w->tm) - (time_t)w->offset_min * 60;
    } else {
        w->tm.tm_isdst = -1;
        w->tm.tm_wday = -1; /* mktime sets it, and -1 is also a valid result */
        seconds = mktime(&w->tm);
        if (w->tm.tm_wday < 0)
            return out_of_range(why);
    }
    return to_ns(out_ns, (int64_t)seconds, w->ns) ? ST_OK : out_of_range(why);
}

/* Digits with at least one; moves *at behind them. False: none, or too large. */
static bool
take_whole(const char **at, int64_t *out)
{
    const char *start = *at;

    for (*out = 0; is_digit(**at); (*at)++) {
        if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, **at - '0', out))
            return false;
    }
    return *at > start;
}

/* "10m": that long before now. False: not of this form. */
static bool
parse_ago(int64_t *out_ns, const char *text, int64_t now_ns)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    int64_t count, seconds, ago;

    if (!take_whole(&text, &count) || text[0] == '\0' || text[1] != '\0')
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (text[0] == units[i].unit)
            return !__builtin_mul_overflow(count, units[i].seconds, &seconds) &&
                   to_ns(&ago, seconds, 0) && !__builtin_sub_overflow(now_ns, ago, out_ns) &&
                   *out_ns >= 0;
    }
    return false;
}

enum status
time_parse(int64_t *out_ns, const char *text, int64_t now_ns, struct fault *why)
{
    struct written w;
    int64_t ns = 0;

    if (text[0] == '@') {
        text++;
        if (!take_whole(&text, &ns) || *text != '\0')
            return fault_set(why, ST_INVALID, "\"@\" needs nanoseconds since 1970");
    } else if (take_written(&w, text)) {
        enum status st = written_to_ns(&ns, &w, why);

        if (st != ST_OK)
            return st;
    } else if (!parse_ago(&ns, text, now_ns)) {
        return fault_set(why, ST_INVALID,
                         "\"%.40s\" is not a time such as 2026-11-22T10:00:00Z, 2026-11-22 or 10m",
                         text);
    }
    *out_ns = ns;
    return ST_OK;
}
