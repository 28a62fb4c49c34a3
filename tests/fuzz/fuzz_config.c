/* A configuration file. What is accepted can be written into an empty file, and reads the same. */
#include <stdlib.h>
#include <string.h>

#include "cli/config.h"

#define FILE_PATH "/home/ann/.config/conclave/conclave.conf"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
count(void *ctx, unsigned line, const char *text)
{
    unsigned *problems = ctx;

    require(strlen(text) > 0);
    *problems += line > 0;
}

static void
check_written(const struct config *c)
{
    struct config_change changes[CONFIG_ITEMS_MAX];
    struct config again;
    unsigned problems = 0;
    struct buf text;

    for (size_t i = 0; i < c->n; i++) {
        if (strchr(c->items[i].value, '"'))
            return;
        changes[i] = (struct config_change){c->items[i].name, c->items[i].value};
    }
    buf_init(&text, 0);
    config_edit(&text, (struct span){NULL, 0}, changes, c->n);
    require(!text.failed);
    require(config_parse(&again, buf_span(&text), FILE_PATH, count, &problems) == ST_OK);
    require(again.n == c->n && problems == 0);
    for (size_t i = 0; i < c->n; i++)
        require(strcmp(config_value(&again, c->items[i].name), c->items[i].value) == 0);
    config_clear(&again);
    buf_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config c;
    unsigned problems = 0;
    enum status st;

    setenv("HOME", "/home/ann", 1);
    st = config_parse(&c, (struct span){data, size}, FILE_PATH, count, &problems);
    require(c.n <= CONFIG_ITEMS_MAX);
    require((st == ST_OK) == (problems == 0));
    if (st == ST_OK)
        check_written(&c);
    config_clear(&c);
    return 0;
}
