/* Values of options: numbers and durations. */
#include "cli/opts.h"

#include <stdint.h>
#include <string.h>

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* At least one digit; moves *at behind them. The value gets the sign before the overflow check,
 * so that the lowest number is one too. */
static bool
take_digits(const char **at, int sign, long long *out)
{
    const char *start = *at;

    for (*out = 0; is_digit(**at); (*at)++) {
        if (__builtin_mul_overflow(*out, 10, out) ||
            __builtin_add_overflow(*out, sign * (**at - '0'), out))
            return false;
    }
    return *at > start;
}

bool
opts_number(const char *text, long long least, long long most, long long *out)
{
    int sign = text[0] == '-' ? -1 : 1;
    long long value;

    if (sign < 0)
        text++;
    if (!take_digits(&text, sign, &value) || *text != '\0' || value < least || value > most)
        return false;
    *out = value;
    return true;
}

static bool
unit_ms(const char *unit, long long *ms)
{
    static const struct {
        const char *name;
        long long ms;
    } units[] = {
        {"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
    };

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].name) == 0) {
            *ms = units[i].ms;
            return true;
        }
    }
    return false;
}

bool
opts_duration_ms(const char *text, long long *out_ms)
{
    long long whole, ms, unit;
    long long fraction = 0;
    long long scale = 1;

    if (!take_digits(&text, 1, &whole))
        return false;
    if (*text == '.') {
        const char *start = ++text;

        if (!take_digits(&text, 1, &fraction) || text - start > 9)
            return false;
        for (; start < text; start++)
            scale *= 10;
    }
    /* A fraction has at most nine digits and a day 86,400,000 ms: the product fits. */
    if (!unit_ms(text, &unit) || __builtin_mul_overflow(whole, unit, &ms) ||
        __builtin_add_overflow(ms, fraction * unit / scale, &ms))
        return false;
    *out_ms = ms;
    return true;
}
