/* Compares docs/protocol.md with the tables, the limits and the encoder. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/invite.h"
#include "net/keys.h"
#include "wire_examples.h"
#include "wire_samples.h"

static char *page; /* the whole document, NUL-terminated */

static int
load_page(void **state)
{
    FILE *f = fopen(PROTOCOL_MD, "r");
    size_t len;

    (void)state;
    page = calloc(1, 256 * 1024);
    if (f == NULL || page == NULL)
        return -1;
    len = fread(page, 1, 256 * 1024 - 1, f);
    fclose(f);
    return len > 0 ? 0 : -1;
}

static int
free_page(void **state)
{
    (void)state;
    free(page);
    return 0;
}

static bool
starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static const char *
next_line(const char *line)
{
    return line + strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n');
}

/* The line that begins with start; NULL if there is none. It must not be there twice. */
static const char *
find_line(const char *start)
{
    const char *line, *found = NULL;

    for (line = page; *line != '\0'; line = next_line(line))
        if (starts_with(line, start)) {
            if (found != NULL)
                fail_msg("twice: %s", start);
            found = line;
        }
    return found;
}

/* ---- tables of fields ---- */

static void
write_number(char *out, size_t size, uint64_t n)
{
    if (n == WIRE_SEQ_MAX)
        snprintf(out, size, "2^63-1");
    else
        snprintf(out, size, "%" PRIu64, n);
}

static void
write_bounds(char *out, size_t size, const struct wire_field *f)
{
    char most[24];

    write_number(most, sizeof most, f->max);
    switch (f->type) {
    case TYPE_BOOL:
    case TYPE_TIME:
        snprintf(out, size, "-");
        break;
    case TYPE_UUID:
    case TYPE_TICKET:
    case TYPE_KEY:
        snprintf(out, size, "%d bytes", f->type == TYPE_KEY ? WIRE_KEY_LEN : ID_LEN);
        break;
    case TYPE_UINT:
        if (f->max == UINT64_MAX)
            snprintf(out, size, "any");
        else
            snprintf(out, size, "%" PRIu64 " to %s", f->min, most);
        break;
    case TYPE_LIST:
        snprintf(out, size, "%" PRIu64 " to %s `%s`", f->min, most, wire_item_name(f->item));
        break;
    default:
        snprintf(out, size, "%" PRIu64 " to %s bytes", f->min, most);
        break;
    }
}

static void
write_header(char *out, size_t size, const struct subject *s)
{
    static const char *const words[] = {"parameter", "result", "map", "event", "item"};
    const char *name =
        s->kind == SUBJECT_RESULT ? wire_op_name((enum wire_op)s->index) : subject_row(s)->name;

    snprintf(out, size, "| `%s` %s | type | bounds | | meaning |", name, words[s->kind]);
}

static void
check_table(const struct subject *s)
{
    const struct wire_row *row = subject_row(s);
    char want[200], bounds[64];
    const char *line;
    size_t i;

    write_header(want, sizeof want, s);
    line = find_line(want);
    if ((line == NULL) != (row->count == 0))
        fail_msg("%s: %s", line == NULL ? "missing" : "not in the code", want);
    if (line == NULL)
        return;
    line = next_line(next_line(line));
    for (i = 0; i < row->count; i++, line = next_line(line)) {
        const struct wire_field *f = &row->fields[i];

        write_bounds(bounds, sizeof bounds, f);
        snprintf(want, sizeof want, "| `%s` | %s | %s | %s | ", f->name, wire_type_name(f->type),
                 bounds, f->optional ? "optional" : "required");
        if (!starts_with(line, want))
            fail_msg("\"%.*s\" should be \"%s\"", (int)strcspn(line, "\n"), line, want);
    }
    if (*line == '|')
        fail_msg("not in the code: %.*s", (int)strcspn(line, "\n"), line);
}

static void
every_field_is_documented_as_it_is(void **state)
{
    struct subject s;
    size_t i;

    (void)state;
    for (i = 0; subject_at(i, &s); i++)
        check_table(&s);
}

static void
every_method_is_listed_with_its_service(void **state)
{
    int op;

    (void)state;
    for (op = 0; op < OP_COUNT; op++) {
        char want[100];

        snprintf(want, sizeof want, "| `%s` | %s | ", wire_op_name((enum wire_op)op),
                 wire_op_service((enum wire_op)op) == SERVICE_GROUP ? "group" : "message server");
        if (find_line(want) == NULL)
            fail_msg("missing: %s", want);
        snprintf(want, sizeof want, "### %s\n", wire_op_name((enum wire_op)op));
        if (find_line(want) == NULL)
            fail_msg("missing: %s", want);
    }
}

/* ---- codes and limits ---- */

static void
every_code_is_listed(void **state)
{
    const char *line = find_line("| code | meaning | what a client does |");
    int code;

    (void)state;
    assert_non_null(line);
    line = next_line(next_line(line));
    for (code = CODE_OK + 1; code < CODE_COUNT; code++, line = next_line(line)) {
        char want[200];

        snprintf(want, sizeof want, "| `%s` | %s | ", wire_code_name((enum wire_code)code),
                 wire_code_text((enum wire_code)code));
        if (!starts_with(line, want))
            fail_msg("\"%.*s\" should be \"%s\"", (int)strcspn(line, "\n"), line, want);
    }
    assert_int_not_equal(*line, '|');
}

static void
every_end_is_listed(void **state)
{
    const char *line = find_line("| `code` in `end` | meaning |");

    (void)state;
    assert_non_null(line);
    line = next_line(next_line(line));
    for (int how = 0; how < END_COUNT; how++, line = next_line(line)) {
        char want[64];

        snprintf(want, sizeof want, "| `%s` | ", wire_end_name((enum wire_end)how));
        if (!starts_with(line, want))
            fail_msg("\"%.*s\" should be \"%s\"", (int)strcspn(line, "\n"), line, want);
        assert_int_equal(wire_end_parse(span_of(wire_end_name((enum wire_end)how))), how);
    }
    assert_int_not_equal(*line, '|');
    assert_int_equal(wire_end_parse(span_of("of_later_times")), END_COUNT);
}

static void
every_limit_is_listed(void **state)
{
    static const struct {
        const char *what;
        long most;
    } limits[] = {
        {"bytes of a request", WIRE_REQUEST_MAX},
        {"MessagePack objects in a request", WIRE_NODES_MAX},
        {"nested arrays and maps", WIRE_DEPTH_MAX},
        {"fields in a map, unknown ones included", WIRE_FIELDS_MAX},
        {"bytes of a reply", WIRE_REPLY_MAX},
        {"bytes of a feed payload", WIRE_FEED_MAX},
        {"messages in one `send_message`", WIRE_SEND_MAX},
        {"bytes of a body", BODY_MAX_BYTES},
        {"bytes of an ext", EXT_MAX_BYTES},
        {"bytes of a name or nick", NAME_MAX_BYTES},
        {"bytes of a description", WIRE_DESCRIPTION_MAX},
        {"bytes of an address", WIRE_ADDRESS_MAX},
        {"bytes of an error's text", WIRE_ERROR_TEXT_MAX},
        {"entries in a page of `get_message`", WIRE_PAGE_ROWS_MAX},
        {"bytes of entries in a page", WIRE_PAGE_BYTES_MAX},
        {"bytes of entries in a page, when the request does not say", WIRE_PAGE_BYTES},
        {"bytes of entries in a feed payload", WIRE_FEED_BYTES},
        {"groups, members, bans or invitations in a page", WIRE_LIST_ROWS_MAX},
        {"bytes of a topic", TOPIC_MAX_BYTES},
        {"bytes of the words of a search", WIRE_WORDS_MAX},
        {"people that one invitation lets in", WIRE_INVITE_USES_MAX},
        {"milliseconds that an invitation lasts, if it ends", WIRE_INVITE_MS_MAX},
    };
    const char *line = find_line("| what | at most |");
    size_t i;

    (void)state;
    assert_non_null(line);
    line = next_line(next_line(line));
    for (i = 0; i < sizeof limits / sizeof *limits; i++, line = next_line(line)) {
        char want[200];

        snprintf(want, sizeof want, "| %s | %ld |\n", limits[i].what, limits[i].most);
        if (!starts_with(line, want))
            fail_msg("\"%.*s\" should be \"%s\"", (int)strcspn(line, "\n"), line, want);
    }
    assert_int_not_equal(*line, '|');
}

/* ---- examples ---- */

/* The bytes of a block of hex, up to its closing fence, are those of b. */
static bool
same_hex(const char *block, const struct buf *b)
{
    size_t i = 0;
    unsigned byte;

    for (; *block != '`' && *block != '\0'; block++) {
        if (strchr(" \n", *block) != NULL)
            continue;
        if (i == b->len || sscanf(block, "%2x", &byte) != 1 || b->p[i++] != byte)
            return false;
        block++;
    }
    return i == b->len;
}

static bool
check_example(const char *name, const char *kind, const struct buf *b)
{
    char fence[64];
    const char *line;
    size_t i;

    snprintf(fence, sizeof fence, "```hex %s %s\n", name, kind);
    line = find_line(fence);
    assert_false(b->failed);
    if (line != NULL && same_hex(next_line(line), b))
        return true;
    print_error("the example \"%s %s\" should be\n", name, kind);
    for (i = 0; i < b->len; i++)
        print_error("%02x%s", b->p[i],
                    i % 32 == 31 || i + 1 == b->len ? "\n"
                    : i % 4 == 3                    ? " "
                                                    : "");
    return false;
}

static void
examples_are_what_the_encoder_gives(void **state)
{
    struct buf b, items;
    unsigned wrong = 0, seen = 0, here = 0;
    const char *line;
    int i;

    (void)state;
    buf_init(&b, 0);
    buf_init(&items, 0);
    for (i = 0; i < OP_COUNT; i++) {
        example_request(&b, (enum wire_op)i, &items);
        wrong += !check_example(wire_op_name((enum wire_op)i), "request", &b);
        buf_reset(&b);
        buf_reset(&items);
        example_reply(&b, (enum wire_op)i, &items);
        wrong += !check_example(wire_op_name((enum wire_op)i), "reply", &b);
        buf_reset(&b);
        buf_reset(&items);
        seen += 2;
    }
    for (i = 0; i < EVENT_COUNT; i++, seen++) {
        example_event(&b, (enum wire_event)i, &items);
        wrong += !check_example(wire_event_row((enum wire_event)i)->name, "event", &b);
        buf_reset(&b);
        buf_reset(&items);
    }
    example_back_request(&b);
    wrong += !check_example("get_message backwards", "request", &b);
    buf_reset(&b);
    example_back_reply(&b, &items);
    wrong += !check_example("get_message backwards", "reply", &b);
    buf_reset(&b);
    wire_pack_error(&b, 6, CODE_NOT_MEMBER, NULL);
    wrong += !check_example("error", "reply", &b);
    seen += 3;
    for (line = page; *line != '\0'; line = next_line(line))
        here += starts_with(line, "```hex");
    buf_clear(&b);
    buf_clear(&items);
    assert_int_equal(wrong, 0);
    assert_int_equal(here, seen);
}

static void
assert_shown(const char *what, const char *value)
{
    char want[CONCLAVE_INVITE_MAX + 64];

    snprintf(want, sizeof want, "- %s `%s`\n", what, value);
    if (find_line(want) == NULL)
        fail_msg("missing: %s", want);
}

static void
the_example_of_a_uuid_is_right(void **state)
{
    char want[64], text[ID_TEXT_LEN + 1];
    struct id id = example_person(0);
    uint8_t key[KEY_LEN];
    char z85[KEY_Z85_LEN + 1];

    (void)state;
    for (uint8_t n = 0; n < KEY_LEN; n++)
        key[n] = n;
    key_to_z85(key, z85);
    assert_shown("the same in Z85", z85);
    id_format(&id, text);
    snprintf(want, sizeof want, "- UUID `%s`\n", text);
    if (find_line(want) == NULL)
        fail_msg("missing: %s", want);
}

static void
assert_shown_in_hex(const char *what, const uint8_t bytes[static 32])
{
    char hex[2 * 32 + 1];

    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    assert_shown(what, hex);
}

static void
the_example_of_an_invitation_is_right(void **state)
{
    struct invite i = {.server = "tcp://192.0.2.1:5550",
                       .group = "team",
                       .address = "tcp://192.0.2.1:5551"};
    uint8_t hash[INVITE_HASH_LEN];
    char text[CONCLAVE_INVITE_MAX + 1];

    (void)state;
    for (uint8_t n = 0; n < 32; n++) {
        i.server_key[n] = (uint8_t)(0x60 + n);
        i.group_key[n] = (uint8_t)(0x20 + n);
        i.secret[n] = (uint8_t)(0xe0 + n);
    }
    invite_hash(hash, i.secret);
    assert_int_equal(invite_format(&i, text), ST_OK);
    assert_shown_in_hex("secret", i.secret);
    assert_shown_in_hex("hash", hash);
    assert_shown("text", text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_documented_as_it_is),
        cmocka_unit_test(every_method_is_listed_with_its_service),
        cmocka_unit_test(every_code_is_listed),
        cmocka_unit_test(every_end_is_listed),
        cmocka_unit_test(every_limit_is_listed),
        cmocka_unit_test(examples_are_what_the_encoder_gives),
        cmocka_unit_test(the_example_of_a_uuid_is_right),
        cmocka_unit_test(the_example_of_an_invitation_is_right),
    };

    return cmocka_run_group_tests(tests, load_page, free_page);
}
