#include "server/directory.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/log.h"
#include "service_desk.h"

#define NOW       INT64_C(1700000000000000000)
#define ADDRESS   "tcp://192.0.2.1:5551"
#define FEED      "tcp://192.0.2.1:5552"
#define ELSEWHERE "tcp://192.0.2.2:5551"
#define THIRD     "tcp://192.0.2.3:5551"

struct fixture {
    struct desk desk;
    struct names *names;
    struct directory *directory;
};

static void
open_lasting(struct fixture *f, struct keyset *groups, struct keyset *users, uint64_t lease_ms)
{
    struct directory_options o = {.names = f->names,
                                  .outbox = &f->desk.outbox,
                                  .groups = groups,
                                  .users = users,
                                  .lease_ms = lease_ms};

    directory_close(f->directory);
    assert_int_equal(directory_open(&f->directory, &o), ST_OK);
}

static void
open_directory(struct fixture *f, struct keyset *groups, struct keyset *users)
{
    open_lasting(f, groups, users, 0);
}

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    desk_init(&f->desk);
    assert_int_equal(names_open(&f->names, NULL, NULL), ST_OK);
    open_directory(f, NULL, NULL);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    directory_close(f->directory);
    names_close(f->names);
    desk_clear(&f->desk);
    free(f);
    return 0;
}

static enum wire_code
call(struct fixture *f, const struct actor *from, struct wire_request *req, struct wire_reply *out)
{
    struct packet packet;
    struct wire_reply unused;

    desk_packet(&f->desk, &packet, from, req);
    directory_request(f->directory, &packet);
    if (!out)
        out = &unused;
    desk_answer(&f->desk, req->msgid, req->op, out);
    return out->code;
}

static struct wire_request
registration(const char *name, const char *address, const char *feed)
{
    return (struct wire_request){.op = OP_REGISTER,
                                 .u.register_ = {.name = span_of(name),
                                                 .address = span_of(address),
                                                 .feed = span_of(feed),
                                                 .description = span_of("a group"),
                                                 .members = 7}};
}

static enum wire_code
add(struct fixture *f, const struct actor *from, const char *name)
{
    struct wire_request req = registration(name, ADDRESS, FEED);

    return call(f, from, &req, NULL);
}

static enum wire_code
take_off(struct fixture *f, const struct actor *from, const char *name)
{
    struct wire_request req = {.op = OP_UNREGISTER, .u.unregister.name = span_of(name)};

    return call(f, from, &req, NULL);
}

/* ---- processes of one group ---- */

struct process {
    struct actor key;
    uint8_t number;
    const char *address;
    bool take_over;
};

static enum wire_code
ask(struct fixture *f, const struct process *p, struct wire_reply *out)
{
    struct wire_request req = registration("dev", p->address, FEED);

    req.u.register_.instance.bytes[0] = p->number;
    req.u.register_.take_over = p->take_over;
    return call(f, &p->key, &req, out);
}

static enum wire_code
end(struct fixture *f, const struct process *p)
{
    struct wire_request req = {.op = OP_UNREGISTER, .u.unregister.name = span_of("dev")};

    req.u.unregister.instance.bytes[0] = p->number;
    return call(f, &p->key, &req, NULL);
}

static enum wire_code
list(struct fixture *f, const struct actor *from, const char *after, struct wire_reply *out)
{
    struct wire_request req = {.op = OP_GET_GROUP_LIST};

    req.u.get_group_list.after = span_of(after);
    return call(f, from, &req, out);
}

static void
registered_group_is_listed_with_all_it_said(void **state)
{
    struct fixture *f = *state;
    struct actor dev = actor_numbered(1), user = actor_numbered(2);
    struct wire_request req = registration("dev", ADDRESS, FEED);
    struct wire_reply reply;
    struct wire_group g;

    assert_int_equal(call(f, &dev, &req, &reply), CODE_OK);
    assert_int_equal(reply.u.registered.lease_ms, DIRECTORY_LEASE_MS);
    assert_int_equal(reply.u.registered.renew_ms, DIRECTORY_RENEW_MS);

    assert_int_equal(list(f, &user, "", &reply), CODE_OK);
    assert_true(reply.u.group_page.end);
    assert_int_equal(reply.u.group_page.groups.count, 1);
    assert_true(wire_next(&reply.u.group_page.groups, &g));
    assert_true(span_equal(g.name, span_of("dev")));
    assert_true(span_equal(g.address, span_of(ADDRESS)));
    assert_true(span_equal(g.feed, span_of(FEED)));
    assert_true(span_equal(g.description, span_of("a group")));
    assert_int_equal(g.members, 7);
    assert_memory_equal(g.key, dev.key, KEY_LEN);
}

static void
lease_ends_unless_renewed(void **state)
{
    struct fixture *f = *state;
    struct actor dev = actor_numbered(1);

    directory_set_time(f->directory, 1000, NOW);
    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    directory_set_time(f->directory, 1000 + DIRECTORY_LEASE_MS - 1, NOW);
    directory_expire(f->directory);
    assert_int_equal(directory_count(f->directory), 1);

    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    directory_set_time(f->directory, 1000 + DIRECTORY_LEASE_MS * 2 - 2, NOW);
    directory_expire(f->directory);
    assert_int_equal(directory_count(f->directory), 1);
    directory_set_time(f->directory, 1000 + DIRECTORY_LEASE_MS * 2 - 1, NOW);
    directory_expire(f->directory);
    assert_int_equal(directory_count(f->directory), 0);

    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    assert_int_equal(directory_count(f->directory), 1);
}

static void
name_belongs_to_the_key_that_took_it_first(void **state)
{
    struct fixture *f = *state;
    struct actor dev = actor_numbered(1), other = actor_numbered(2);
    struct wire_reply reply;
    struct wire_group g;

    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    assert_int_equal(add(f, &other, "dev"), CODE_NAME_TAKEN);
    assert_int_equal(list(f, &other, "", &reply), CODE_OK);
    assert_true(wire_next(&reply.u.group_page.groups, &g));
    assert_memory_equal(g.key, dev.key, KEY_LEN);

    /* Also when it is off the list. */
    assert_int_equal(take_off(f, &dev, "dev"), CODE_OK);
    assert_int_equal(add(f, &other, "dev"), CODE_NAME_TAKEN);
    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
}

static void
only_its_own_key_takes_a_group_off(void **state)
{
    struct fixture *f = *state;
    struct actor dev = actor_numbered(1), other = actor_numbered(2);

    assert_int_equal(take_off(f, &dev, "dev"), CODE_NOT_FOUND);
    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    assert_int_equal(take_off(f, &other, "dev"), CODE_NOT_FOUND);
    assert_int_equal(directory_count(f->directory), 1);
    assert_int_equal(take_off(f, &dev, "dev"), CODE_OK);
    assert_int_equal(directory_count(f->directory), 0);
    assert_int_equal(take_off(f, &dev, "dev"), CODE_NOT_FOUND);
}

/* Where members find the group; NULL: it is not on the list. Good until the next call. */
static const char *
listed_at(struct fixture *f)
{
    static char address[WIRE_ADDRESS_MAX + 1];
    struct actor user = actor_numbered(99);
    struct wire_reply reply;
    struct wire_group g;

    assert_int_equal(list(f, &user, "", &reply), CODE_OK);
    if (!wire_next(&reply.u.group_page.groups, &g))
        return NULL;
    snprintf(address, sizeof address, "%.*s", (int)g.address.len, (const char *)g.address.p);
    return address;
}

static void
process_at_the_same_address_takes_over_at_once(void **state)
{
    struct fixture *f = *state;
    const struct process first = {actor_numbered(1), 1, ADDRESS, false};
    const struct process second = {actor_numbered(1), 2, ADDRESS, false};
    struct wire_reply reply;

    assert_int_equal(ask(f, &first, NULL), CODE_OK);
    assert_int_equal(ask(f, &second, &reply), CODE_OK);
    assert_int_equal(reply.u.registered.rival.len, 0);
    /* A goodbye of the first that comes late takes nothing off. */
    assert_int_equal(end(f, &first), CODE_OK);
    assert_string_equal(listed_at(f), ADDRESS);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(f, &second, &reply), CODE_OK);
        assert_int_equal(reply.u.registered.rival.len, 0);
    }
}

static void
process_at_another_address_waits_until_the_lease_is_over(void **state)
{
    struct fixture *f = *state;
    const struct process first = {actor_numbered(1), 1, ADDRESS, false};
    const struct process second = {actor_numbered(1), 2, ELSEWHERE, false};

    directory_set_time(f->directory, 1000, NOW);
    assert_int_equal(ask(f, &first, NULL), CODE_OK);
    for (int64_t ms = 0; ms < DIRECTORY_LEASE_MS; ms += 1000) {
        directory_set_time(f->directory, 1000 + ms, NOW);
        directory_expire(f->directory);
        assert_int_equal(ask(f, &second, NULL), CODE_SUPERSEDED);
        assert_string_equal(listed_at(f), ADDRESS);
    }
    directory_set_time(f->directory, 1000 + DIRECTORY_LEASE_MS, NOW);
    assert_int_equal(ask(f, &second, NULL), CODE_OK);
    assert_string_equal(listed_at(f), ELSEWHERE);

    /* The first one comes back: it is the later one now. */
    assert_int_equal(ask(f, &first, NULL), CODE_SUPERSEDED);
    assert_int_equal(ask(f, &second, NULL), CODE_OK);
    assert_int_equal(ask(f, &second, NULL), CODE_OK);
    assert_int_equal(ask(f, &first, NULL), CODE_DUPLICATE);
}

static void
of_two_processes_that_live_the_later_one_is_to_end(void **state)
{
    struct fixture *f = *state;
    const struct process first = {actor_numbered(1), 1, ADDRESS, false};
    const struct process second = {actor_numbered(1), 2, ELSEWHERE, false};
    struct wire_reply reply;

    assert_int_equal(ask(f, &first, &reply), CODE_OK);
    assert_int_equal(reply.u.registered.rival.len, 0);
    assert_int_equal(ask(f, &second, NULL), CODE_SUPERSEDED);
    assert_int_equal(ask(f, &first, &reply), CODE_OK);
    assert_true(span_equal(reply.u.registered.rival, span_of(ELSEWHERE)));
    /* That may have been on its way when the first one died. */
    assert_int_equal(ask(f, &second, NULL), CODE_SUPERSEDED);
    assert_int_equal(ask(f, &first, NULL), CODE_OK);
    assert_int_equal(ask(f, &second, NULL), CODE_DUPLICATE);
    assert_int_equal(end(f, &second), CODE_OK);
    assert_int_equal(ask(f, &first, &reply), CODE_OK);
    assert_int_equal(reply.u.registered.rival.len, 0);
    assert_string_equal(listed_at(f), ADDRESS);
}

static void
process_that_is_to_take_over_outlives_the_first(void **state)
{
    struct fixture *f = *state;
    const struct process first = {actor_numbered(1), 1, ADDRESS, false};
    const struct process second = {actor_numbered(1), 2, ELSEWHERE, true};

    directory_set_time(f->directory, 1000, NOW);
    assert_int_equal(ask(f, &first, NULL), CODE_OK);
    assert_int_equal(ask(f, &second, NULL), CODE_SUPERSEDED);
    /* It waits: what the first one acknowledges meanwhile is where people look. */
    assert_string_equal(listed_at(f), ADDRESS);
    assert_int_equal(ask(f, &second, NULL), CODE_SUPERSEDED);
    directory_set_time(f->directory, 2000, NOW);
    assert_int_equal(ask(f, &first, NULL), CODE_DUPLICATE);
    assert_int_equal(ask(f, &second, NULL), CODE_SUPERSEDED);
    assert_int_equal(end(f, &first), CODE_OK);
    assert_int_equal(ask(f, &second, NULL), CODE_OK);
    assert_string_equal(listed_at(f), ELSEWHERE);
}

/* One that does not do as it is told keeps nobody waiting. */
static void
process_that_does_not_end_loses_its_lease(void **state)
{
    struct fixture *f = *state;
    const struct process first = {actor_numbered(1), 1, ADDRESS, false};
    const struct process second = {actor_numbered(1), 2, ELSEWHERE, true};

    directory_set_time(f->directory, 1000, NOW);
    assert_int_equal(ask(f, &first, NULL), CODE_OK);
    for (int64_t ms = 0; ms < DIRECTORY_LEASE_MS; ms += 1000) {
        directory_set_time(f->directory, 1000 + ms, NOW);
        assert_int_equal(ask(f, &second, NULL), CODE_SUPERSEDED);
        if (ms > 1000)
            assert_int_equal(ask(f, &first, NULL), CODE_DUPLICATE);
    }
    directory_set_time(f->directory, 2000 + DIRECTORY_LEASE_MS, NOW);
    assert_int_equal(ask(f, &second, NULL), CODE_OK);
}

static void
process_that_was_replaced_but_lives_gets_its_place_back(void **state)
{
    struct fixture *f = *state;
    const struct process first = {actor_numbered(1), 1, ADDRESS, false};
    const struct process second = {actor_numbered(1), 2, ADDRESS, false};
    struct wire_reply reply;

    assert_int_equal(ask(f, &first, NULL), CODE_OK);
    assert_int_equal(ask(f, &second, NULL), CODE_OK);
    assert_int_equal(ask(f, &first, NULL), CODE_SUPERSEDED);
    assert_int_equal(ask(f, &second, &reply), CODE_OK);
    assert_true(span_equal(reply.u.registered.rival, span_of(ADDRESS)));
    assert_int_equal(ask(f, &first, NULL), CODE_SUPERSEDED);
    assert_int_equal(ask(f, &second, NULL), CODE_DUPLICATE);
    assert_int_equal(ask(f, &first, NULL), CODE_SUPERSEDED);
    assert_int_equal(end(f, &second), CODE_OK);
    assert_int_equal(ask(f, &first, NULL), CODE_OK);
}

static void
process_that_was_replaced_on_purpose_ends(void **state)
{
    struct fixture *f = *state;
    const struct process first = {actor_numbered(1), 1, ADDRESS, false};
    const struct process second = {actor_numbered(1), 2, ADDRESS, true};

    assert_int_equal(ask(f, &first, NULL), CODE_OK);
    assert_int_equal(ask(f, &second, NULL), CODE_OK);
    assert_int_equal(ask(f, &first, NULL), CODE_SUPERSEDED);
    assert_int_equal(ask(f, &second, NULL), CODE_OK);
    assert_int_equal(ask(f, &first, NULL), CODE_SUPERSEDED);
    assert_int_equal(ask(f, &second, NULL), CODE_OK);
    assert_int_equal(ask(f, &first, NULL), CODE_DUPLICATE);
    assert_int_equal(ask(f, &second, NULL), CODE_OK);
}

static void
third_process_gets_its_turn(void **state)
{
    struct fixture *f = *state;
    const struct process first = {actor_numbered(1), 1, ADDRESS, false};
    const struct process second = {actor_numbered(1), 2, ELSEWHERE, false};
    const struct process third = {actor_numbered(1), 3, THIRD, false};

    directory_set_time(f->directory, 1000, NOW);
    assert_int_equal(ask(f, &first, NULL), CODE_OK);
    assert_int_equal(ask(f, &second, NULL), CODE_SUPERSEDED);
    assert_int_equal(ask(f, &third, NULL), CODE_SUPERSEDED);
    assert_int_equal(end(f, &third), CODE_NOT_FOUND);
    /* A goodbye of who waits takes nobody off. */
    assert_int_equal(end(f, &second), CODE_OK);
    assert_string_equal(listed_at(f), ADDRESS);
    assert_int_equal(ask(f, &third, NULL), CODE_SUPERSEDED);
    directory_set_time(f->directory, 1000 + DIRECTORY_LEASE_MS, NOW);
    assert_int_equal(ask(f, &third, NULL), CODE_OK);
    assert_string_equal(listed_at(f), THIRD);
}

static void
long_list_comes_in_pages_in_order(void **state)
{
    const unsigned groups = 1100;
    struct fixture *f = *state;
    struct actor user = actor_numbered(1);
    char after[NAME_MAX_BYTES + 1] = "";
    unsigned seen = 0, pages = 0;
    bool end = false;

    for (unsigned i = 0; i < groups; i++) {
        struct actor one = actor_numbered(1000 + i);
        char name[16];

        snprintf(name, sizeof name, "g%05u", i * 7 % groups);
        assert_int_equal(add(f, &one, name), CODE_OK);
    }
    for (; !end; pages++) {
        struct wire_reply reply;
        struct wire_group g;

        assert_int_equal(list(f, &user, after, &reply), CODE_OK);
        assert_true(reply.u.group_page.groups.count <= WIRE_LIST_ROWS_MAX);
        while (wire_next(&reply.u.group_page.groups, &g)) {
            snprintf(after, sizeof after, "g%05u", seen++);
            assert_true(span_equal(g.name, span_of(after)));
        }
        end = reply.u.group_page.end;
    }
    assert_int_equal(seen, groups);
    assert_int_equal(pages, 3);
}

static void
address_that_nobody_can_use_is_malformed(void **state)
{
    static const char *const bad[] = {"192.0.2.1:5551",    "tcp://192.0.2.1",
                                      "tcp://*:5551",      "tcp://192.0.2.1:0",
                                      "tcp://192.0.2.1:*", "tcp://192.0.2.1:65536",
                                      "ipc:///tmp/socket", "tcp://:5551"};
    struct fixture *f = *state;
    struct actor dev = actor_numbered(1);

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct wire_request req = registration("dev", bad[i], FEED);

        assert_int_equal(call(f, &dev, &req, NULL), CODE_MALFORMED);
        req = registration("dev", ADDRESS, bad[i]);
        assert_int_equal(call(f, &dev, &req, NULL), CODE_MALFORMED);
    }
    assert_int_equal(directory_count(f->directory), 0);
    /* The name was not taken by that. */
    assert_int_equal(names_count(f->names), 0);
}

static void
key_may_own_so_many_names_and_no_more(void **state)
{
    struct fixture *f = *state;
    struct actor dev = actor_numbered(1), other = actor_numbered(2);
    char name[16];

    for (unsigned i = 0; i < DIRECTORY_NAMES_BY_KEY; i++) {
        snprintf(name, sizeof name, "g%u", i);
        assert_int_equal(add(f, &dev, name), CODE_OK);
    }
    assert_int_equal(add(f, &dev, "more"), CODE_LIMIT);
    assert_int_equal(add(f, &dev, "g0"), CODE_OK);
    assert_int_equal(add(f, &other, "more"), CODE_OK);
}

static void
known_name_always_finds_room(void **state)
{
    struct fixture *f = *state;
    struct actor dev = actor_numbered(1), late = actor_numbered(2);
    char name[16];

    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    assert_int_equal(take_off(f, &dev, "dev"), CODE_OK);
    for (unsigned i = 0; i < DIRECTORY_GROUPS_MAX; i++) {
        struct actor one = actor_numbered(1000 + i);

        snprintf(name, sizeof name, "g%u", i);
        assert_int_equal(add(f, &one, name), CODE_OK);
        if (i % 500 == 0) { /* each answer is looked for among all that are kept */
            desk_clear(&f->desk);
            desk_init(&f->desk);
        }
    }
    assert_int_equal(add(f, &late, "late"), CODE_LIMIT);
    assert_int_equal(add(f, &dev, "other"), CODE_LIMIT);
    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    assert_int_equal(directory_count(f->directory), DIRECTORY_GROUPS_MAX + 1);
}

static void
name_that_reads_like_another_is_taken(void **state)
{
    static const char *const alike[] = {"DEV", "\xef\xbc\xa4\xef\xbc\xa5\xef\xbc\xb6",
                                        ("d\xe2\x80\x8d"
                                         "ev")};
    struct fixture *f = *state;
    struct actor dev = actor_numbered(1), other = actor_numbered(2);

    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        assert_int_equal(add(f, &other, alike[i]), CODE_NAME_TAKEN);
        assert_int_equal(add(f, &dev, alike[i]), CODE_NAME_TAKEN);
        assert_int_equal(take_off(f, &dev, alike[i]), CODE_NOT_FOUND);
    }
    assert_int_equal(directory_count(f->directory), 1);
}

/* Both clocks go on by so much. */
static void
pass(struct fixture *f, int64_t *ms, int64_t by_ms)
{
    *ms += by_ms;
    directory_set_time(f->directory, *ms, NOW + *ms * 1000000);
    directory_expire(f->directory);
}

static void
name_that_was_hardly_used_expires(void **state)
{
    const int64_t day_ms = 86400000, hour_ms = 3600000;
    struct fixture *f = *state;
    struct actor dev = actor_numbered(1), ops = actor_numbered(2), other = actor_numbered(3);
    int64_t ms = 0;

    open_lasting(f, NULL, NULL, (uint64_t)hour_ms + 1);
    pass(f, &ms, 0);
    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    for (int64_t end = day_ms; ms < end; pass(f, &ms, hour_ms)) {
        assert_int_equal(add(f, &ops, "ops"), CODE_OK);
        if (ms < day_ms - hour_ms)
            assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    }
    assert_int_equal(add(f, &ops, "ops"), CODE_OK);
    pass(f, &ms, 29 * day_ms);
    assert_int_equal(add(f, &other, "dev"), CODE_NAME_TAKEN);
    pass(f, &ms, day_ms);
    assert_int_equal(add(f, &other, "dev"), CODE_OK);
    pass(f, &ms, 1000 * day_ms);
    assert_int_equal(add(f, &other, "ops"), CODE_NAME_TAKEN);
}

static void
name_does_not_expire_by_a_clock_that_jumps(void **state)
{
    const int64_t years_ns = INT64_C(10) * 365 * 86400000000000;
    struct fixture *f = *state;
    struct actor dev = actor_numbered(1), other = actor_numbered(2);

    directory_set_time(f->directory, 0, NOW);
    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    assert_int_equal(take_off(f, &dev, "dev"), CODE_OK);
    directory_set_time(f->directory, 86400000, NOW + years_ns);
    assert_int_equal(add(f, &other, "dev"), CODE_NAME_TAKEN);
    /* Nor, in the first hour, by one that is wrong at the start. */
    open_directory(f, NULL, NULL);
    directory_set_time(f->directory, 0, NOW + years_ns);
    assert_int_equal(add(f, &other, "dev"), CODE_NAME_TAKEN);
    directory_set_time(f->directory, 3599999, NOW + years_ns);
    assert_int_equal(add(f, &other, "dev"), CODE_NAME_TAKEN);
    directory_set_time(f->directory, 3600000, NOW + years_ns);
    assert_int_equal(add(f, &other, "dev"), CODE_OK);
}

static void
lists_say_who_may_register_and_who_may_ask(void **state)
{
    struct fixture *f = *state;
    char groups[DESK_DIR_MAX], users[DESK_DIR_MAX];
    struct actor dev, ann, stranger = actor_numbered(1);
    struct keyset *all;

    desk_dir_make(groups);
    desk_dir_make(users);
    desk_dir_add(groups, "dev", &dev);
    desk_dir_add(users, "ann", &ann);
    open_directory(f, desk_dir_load(groups), desk_dir_load(users));

    assert_true(directory_admits(f->directory, "server", dev.key));
    assert_true(directory_admits(f->directory, "server", ann.key));
    assert_false(directory_admits(f->directory, "server", stranger.key));
    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    assert_int_equal(add(f, &ann, "ann"), CODE_NOT_ALLOWED);
    assert_int_equal(take_off(f, &ann, "dev"), CODE_NOT_ALLOWED);
    assert_int_equal(list(f, &ann, "", NULL), CODE_OK);
    /* Connections that came in earlier are asked again. */
    assert_int_equal(list(f, &stranger, "", NULL), CODE_NOT_ALLOWED);

    /* A group that is off the list is dropped at once. */
    all = desk_dir_load(groups);
    directory_set_allowed(f->directory, all, desk_dir_load(users));
    assert_int_equal(directory_count(f->directory), 1);
    directory_set_allowed(f->directory, desk_dir_load(users), desk_dir_load(users));
    assert_int_equal(directory_count(f->directory), 0);
    assert_int_equal(add(f, &dev, "dev"), CODE_NOT_ALLOWED);

    /* So is a user, whose connection may still be open. */
    assert_int_equal(list(f, &ann, "", NULL), CODE_OK);
    directory_set_allowed(f->directory, desk_dir_load(groups), desk_dir_load(groups));
    assert_int_equal(list(f, &ann, "", NULL), CODE_NOT_ALLOWED);
    desk_dir_remove(groups);
    desk_dir_remove(users);
}

/* That everybody may register (--open-groups) does not mean that everybody may see the list. */
static void
open_door_for_groups_is_none_for_users(void **state)
{
    struct fixture *f = *state;
    struct actor ann, dev = actor_numbered(1);
    char users[DESK_DIR_MAX];

    desk_dir_make(users);
    desk_dir_add(users, "ann", &ann);
    open_directory(f, NULL, desk_dir_load(users));
    assert_true(directory_admits(f->directory, "server", dev.key));
    assert_int_equal(add(f, &dev, "dev"), CODE_OK);
    assert_int_equal(list(f, &dev, "", NULL), CODE_NOT_ALLOWED);
    assert_int_equal(list(f, &ann, "", NULL), CODE_OK);

    /* Nor the other way round. */
    open_directory(f, desk_dir_load(users), NULL);
    assert_true(directory_admits(f->directory, "server", dev.key));
    assert_int_equal(list(f, &dev, "", NULL), CODE_OK);
    assert_int_equal(add(f, &dev, "dev"), CODE_NOT_ALLOWED);
    desk_dir_remove(users);
}

/* A full disk is not the caller's fault, as too many names are. */
static void
full_disk_is_told_from_a_bound(void **state)
{
    struct fixture *f = *state;
    struct actor dev = actor_numbered(1);
    struct rlimit before, none;
    char dir[DESK_DIR_MAX];
    char name[16];
    enum wire_code code = CODE_OK;

    desk_dir_make(dir);
    names_close(f->names);
    assert_int_equal(names_open(&f->names, dir, NULL), ST_OK);
    open_directory(f, NULL, NULL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 4096; /* less than a file of names has already */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    for (unsigned i = 0; code == CODE_OK && i < DIRECTORY_NAMES_BY_KEY; i++) {
        snprintf(name, sizeof name, "g%u", i);
        code = add(f, &dev, name);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(code, CODE_STORAGE_FULL);
    assert_int_equal(add(f, &dev, name), CODE_OK);
    desk_dir_remove(dir);
}

static void
empty_list_means_nobody(void **state)
{
    struct fixture *f = *state;
    char dir[DESK_DIR_MAX];
    struct actor dev = actor_numbered(1);

    desk_dir_make(dir);
    open_directory(f, desk_dir_load(dir), desk_dir_load(dir));
    assert_false(directory_admits(f->directory, "server", dev.key));
    assert_int_equal(add(f, &dev, "dev"), CODE_NOT_ALLOWED);
    assert_int_equal(list(f, &dev, "", NULL), CODE_NOT_ALLOWED);
    desk_dir_remove(dir);
}

static void
methods_of_a_group_are_unknown_here(void **state)
{
    struct fixture *f = *state;
    struct actor ann = actor_numbered(1);
    struct wire_request req = {.op = OP_SUBSCRIBE};

    assert_int_equal(call(f, &ann, &req, NULL), CODE_UNKNOWN_METHOD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(registered_group_is_listed_with_all_it_said),
        TEST(lease_ends_unless_renewed),
        TEST(name_belongs_to_the_key_that_took_it_first),
        TEST(only_its_own_key_takes_a_group_off),
        TEST(process_at_the_same_address_takes_over_at_once),
        TEST(process_at_another_address_waits_until_the_lease_is_over),
        TEST(of_two_processes_that_live_the_later_one_is_to_end),
        TEST(process_that_is_to_take_over_outlives_the_first),
        TEST(process_that_does_not_end_loses_its_lease),
        TEST(process_that_was_replaced_but_lives_gets_its_place_back),
        TEST(process_that_was_replaced_on_purpose_ends),
        TEST(third_process_gets_its_turn),
        TEST(long_list_comes_in_pages_in_order),
        TEST(address_that_nobody_can_use_is_malformed),
        TEST(key_may_own_so_many_names_and_no_more),
        TEST(known_name_always_finds_room),
        TEST(name_that_reads_like_another_is_taken),
        TEST(name_that_was_hardly_used_expires),
        TEST(name_does_not_expire_by_a_clock_that_jumps),
        TEST(lists_say_who_may_register_and_who_may_ask),
        TEST(open_door_for_groups_is_none_for_users),
        TEST(full_disk_is_told_from_a_bound),
        TEST(empty_list_means_nobody),
        TEST(methods_of_a_group_are_unknown_here),
    };

    log_setup(LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
