/* Walks through every row of the protocol's tables: a new operation is tested without new code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire_samples.h"

static const struct change none = {.variant = AS_IT_SHOULD_BE};

typedef void subject_check(const struct subject *s, const msgpack_sbuffer *frame);

static void
for_each_subject(const struct change *change, subject_check *check)
{
    struct subject s;
    size_t i;

    for (i = 0; subject_at(i, &s); i++) {
        msgpack_sbuffer frame;

        msgpack_sbuffer_init(&frame);
        if (subject_pack(&frame, &s, change))
            check(&s, &frame);
        msgpack_sbuffer_destroy(&frame);
    }
    assert_true(i > 2 * OP_COUNT);
}

static void
check_round_trip(const struct subject *s, const msgpack_sbuffer *frame)
{
    struct span span = {(const uint8_t *)frame->data, frame->size};
    union decoded decoded;
    struct buf again;

    buf_init(&again, 0);
    if (subject_decode(s, span, &decoded, NULL) != CODE_OK)
        fail_msg("%s %s is refused", subject_kind_name(s), subject_row(s)->name);
    subject_encode(&again, s, &decoded);
    assert_false(again.failed);
    if (!span_equal(buf_span(&again), span))
        fail_msg("%s %s changes on its way", subject_kind_name(s), subject_row(s)->name);
    buf_clear(&again);
}

static void
every_row_survives_a_round_trip(void **state)
{
    (void)state;
    for_each_subject(&none, check_round_trip);
}

static void
check_cuts(const struct subject *s, const msgpack_sbuffer *frame)
{
    size_t len;

    for (len = 0; len < frame->size; len++)
        if (subject_decode_exact(s, frame->data, len, NULL) == CODE_OK)
            fail_msg("%s %s passes when cut to %zu", subject_kind_name(s), subject_row(s)->name,
                     len);
}

static void
a_frame_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for_each_subject(&none, check_cuts);
}

static void
check_trailing(const struct subject *s, const msgpack_sbuffer *frame)
{
    char *longer = malloc(frame->size + 1);

    memcpy(longer, frame->data, frame->size);
    longer[frame->size] = (char)0xc0;
    assert_int_not_equal(subject_decode_exact(s, longer, frame->size + 1, NULL), CODE_OK);
    free(longer);
}

static void
trailing_bytes_are_refused(void **state)
{
    (void)state;
    for_each_subject(&none, check_trailing);
}

static void
check_damage(const struct subject *s, const msgpack_sbuffer *frame)
{
    static const uint8_t heads[] = {0x00, 0x7f, 0x80, 0x90, 0xa0, 0xc0, 0xc1,
                                    0xc6, 0xc9, 0xdb, 0xdd, 0xdf, 0xff};
    size_t i, h;
    unsigned bit;

    for (i = 0; i < frame->size; i++) {
        char was = frame->data[i];

        for (bit = 0; bit < 8; bit++) {
            frame->data[i] = (char)(was ^ (1 << bit));
            assert_int_not_equal(subject_decode_exact(s, frame->data, frame->size, NULL),
                                 CODE_COUNT);
        }
        for (h = 0; h < sizeof heads; h++) {
            frame->data[i] = (char)heads[h];
            assert_int_not_equal(subject_decode_exact(s, frame->data, frame->size, NULL),
                                 CODE_COUNT);
        }
        frame->data[i] = was;
    }
}

static void
a_list_that_was_decoded_never_fails_later(void **state)
{
    (void)state;
    for_each_subject(&none, check_damage);
}

/* ---- one field changed ---- */

static int
expected_code(const struct wire_field *f, const struct change *change)
{
    switch (change->variant) {
    case LARGEST:
    case UNKNOWN_EXTRA:
        return CODE_OK;
    case LEFT_OUT:
        return f->optional ? CODE_OK : CODE_MALFORMED;
    case TOO_LARGE:
        if (f->type == TYPE_LIST)
            return CODE_TOO_LARGE;
        return f->type == TYPE_NICK ? CODE_BAD_NICK : CODE_MALFORMED;
    case TOO_SMALL:
        return f->type == TYPE_NICK ? CODE_BAD_NICK : CODE_MALFORMED;
    default:
        return CODE_MALFORMED;
    }
}

static void
check_change(const struct subject *s, const struct change *change)
{
    const struct wire_field *f = &subject_row(s)->fields[change->field];
    int code, expected = expected_code(f, change);
    struct fault why = {""};
    msgpack_sbuffer frame;

    msgpack_sbuffer_init(&frame);
    if (subject_pack(&frame, s, change)) {
        code = subject_decode_exact(s, frame.data, frame.size, &why);
        if (s->kind != SUBJECT_REQUEST && expected != CODE_OK)
            expected = CODE_MALFORMED;
        if (code != expected)
            fail_msg("%s %s, field %s, variant %d, type %u: %d instead of %d (%s)",
                     subject_kind_name(s), subject_row(s)->name, f->name, (int)change->variant,
                     change->type, code, expected, why.text);
        if (s->kind == SUBJECT_REQUEST && code != CODE_OK && change->variant != TWICE &&
            strstr(why.text, f->name) == NULL)
            fail_msg("\"%s\" does not name %s", why.text, f->name);
    }
    msgpack_sbuffer_destroy(&frame);
}

static void
for_each_field(enum variant variant, unsigned types)
{
    struct subject s;
    size_t i;

    for (i = 0; subject_at(i, &s); i++) {
        struct change change = {.variant = variant};

        for (change.field = 0; change.field < subject_row(&s)->count; change.field++)
            for (change.type = 0; change.type < types; change.type++)
                check_change(&s, &change);
    }
}

static void
a_field_at_its_bound_is_accepted(void **state)
{
    (void)state;
    for_each_field(LARGEST, 1);
}

static void
a_field_over_its_bound_is_refused(void **state)
{
    (void)state;
    for_each_field(TOO_LARGE, 1);
}

static void
a_field_under_its_bound_is_refused(void **state)
{
    (void)state;
    for_each_field(TOO_SMALL, 1);
}

static void
a_field_of_the_wrong_type_is_refused(void **state)
{
    (void)state;
    for_each_field(WRONG_TYPE, WRONG_TYPES);
}

static void
a_missing_field_is_refused_unless_optional(void **state)
{
    (void)state;
    for_each_field(LEFT_OUT, 1);
}

static void
a_field_that_is_there_twice_is_refused(void **state)
{
    (void)state;
    for_each_field(TWICE, 1);
}

static void
check_accepted(const struct subject *s, const msgpack_sbuffer *frame)
{
    if (subject_decode_exact(s, frame->data, frame->size, NULL) != CODE_OK)
        fail_msg("%s %s with an unknown field is refused", subject_kind_name(s),
                 subject_row(s)->name);
}

static void
check_refused(const struct subject *s, const msgpack_sbuffer *frame)
{
    if (subject_decode_exact(s, frame->data, frame->size, NULL) != CODE_MALFORMED)
        fail_msg("%s %s passes", subject_kind_name(s), subject_row(s)->name);
}

static void
an_unknown_field_is_ignored(void **state)
{
    (void)state;
    for_each_subject(&(struct change){.variant = UNKNOWN_EXTRA, .field = SIZE_MAX}, check_accepted);
}

static void
an_unknown_field_twice_is_refused(void **state)
{
    (void)state;
    for_each_subject(&(struct change){.variant = UNKNOWN_TWICE, .field = SIZE_MAX}, check_refused);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_survives_a_round_trip),
        cmocka_unit_test(a_frame_cut_anywhere_is_refused),
        cmocka_unit_test(trailing_bytes_are_refused),
        cmocka_unit_test(a_list_that_was_decoded_never_fails_later),
        cmocka_unit_test(a_field_at_its_bound_is_accepted),
        cmocka_unit_test(a_field_over_its_bound_is_refused),
        cmocka_unit_test(a_field_under_its_bound_is_refused),
        cmocka_unit_test(a_field_of_the_wrong_type_is_refused),
        cmocka_unit_test(a_missing_field_is_refused_unless_optional),
        cmocka_unit_test(a_field_that_is_there_twice_is_refused),
        cmocka_unit_test(an_unknown_field_is_ignored),
        cmocka_unit_test(an_unknown_field_twice_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
