#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "chat_fixture.h"
#include "model/talk.h"

const char *const fixture_nicks[] = {"me", "alice", "bob", "carol"};

struct conclave_id
fixture_id(int who)
{
    struct conclave_id id = {{0}};

    memset(id.bytes, 0x10 * (who + 1), sizeof id.bytes);
    return id;
}

struct conclave_entry
fixture_event(uint64_t seq, int who, int minute, int kind)
{
    struct conclave_entry e = {.group = "dev",
                               .seq = seq,
                               .ts = MORNING + minute * MINUTE,
                               .kind = kind,
                               .author = fixture_id(who),
                               .nick = fixture_nicks[who],
                               .subject_nick = "",
                               .body = (const uint8_t *)""};

    memcpy(e.id.bytes, &seq, sizeof seq);
    return e;
}

struct conclave_entry
fixture_message(uint64_t seq, int who, int minute, const char *text)
{
    struct conclave_entry e = fixture_event(seq, who, minute, CONCLAVE_MESSAGE);

    e.body = (const uint8_t *)text;
    e.body_len = strlen(text);
    return e;
}

struct model *
fixture_model(struct talk **dev)
{
    struct conclave_member members[3];
    struct conclave_id self = fixture_id(ME);
    struct model *m;

    setenv("TZ", "UTC", 1);
    tzset();
    m = model_new(&self, "me");
    assert_non_null(m);
    *dev = model_add(m, "dev");
    assert_non_null(*dev);
    for (int i = ME; i <= BOB; i++)
        members[i] = (struct conclave_member){.uuid = fixture_id(i),
                                              .nick = fixture_nicks[i],
                                              .here = i != BOB};
    members[ALICE].role = CONCLAVE_OWNER;
    talk_people(m, *dev, members, 3);
    talk_state(*dev, TALK_LIVE, "");
    model_show(m, 1);
    return m;
}

static void
append_row(char *out, const struct grid *g, int row)
{
    size_t len;

    out += strlen(out);
    for (int col = 0; col < g->cols; col++)
        strcat(out, grid_at(g, row, col)->text);
    len = strlen(out);
    while (len > 0 && out[len - 1] == ' ')
        len--;
    strcpy(out + len, "\n");
}

char *
fixture_draw(const struct model *m, const char *input, int rows, int cols)
{
    const struct view_input in = {.text = input, .cursor = strlen(input)};
    struct view *v = view_new();
    struct grid g = {0};
    struct view_want want;
    char *out = calloc((size_t)rows * ((size_t)cols + 1) + 1, UNIT_BYTES);

    assert_non_null(v);
    assert_non_null(out);
    assert_true(grid_reset(&g, rows, cols));
    view_draw(v, m, &in, &g, &want);
    for (int row = 0; row < rows; row++)
        append_row(out, &g, row);
    grid_clear(&g);
    view_free(v);
    return out;
}

void
fixture_expect(const struct model *m, const char *input, int rows, int cols, const char *expected)
{
    char *drawn = fixture_draw(m, input, rows, cols);

    if (strcmp(drawn, expected) != 0)
        fail_msg("drawn:\n%s\nexpected:\n%s", drawn, expected);
    free(drawn);
}
