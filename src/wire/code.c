#include "wire/wire.h"

static const struct {
    const char *name;
    const char *text;
} codes[CODE_COUNT] = {
    [CODE_OK] = {"ok", "all is well"},
    [CODE_MALFORMED] = {"malformed", "the request does not have the form that this method needs"},
    [CODE_UNKNOWN_METHOD] = {"unknown_method", "there is no such method here"},
    [CODE_PROTOCOL] = {"protocol", "this version of the protocol is not spoken here"},
    [CODE_BAD_IDENTITY] = {"bad_identity",
                           "the UUID does not belong to the key of this connection"},
    [CODE_NOT_MEMBER] = {"not_member", "only members of this group may do that"},
    [CODE_NOT_ALLOWED] = {"not_allowed", "this key may not do that"},
    [CODE_NAME_TAKEN] = {"name_taken", "this name, or one that reads the same, is taken"},
    [CODE_NICK_TAKEN] = {"nick_taken", "another member already has this nick"},
    [CODE_BAD_NICK] = {"bad_nick", "this is not fit for a nick"},
    [CODE_NO_MEMBER] = {"no_member", "there is no such person in this group"},
    [CODE_BANNED] = {"banned", "this key was banned from the group"},
    [CODE_BAD_INVITE] = {"bad_invite", "this invitation does not exist, or no longer counts"},
    [CODE_LAST_OWNER] = {"last_owner", "this is the last owner, and the group keeps one"},
    [CODE_TOO_FAST] = {"too_fast", "this key asks faster than is allowed, try again in a moment"},
    [CODE_NOT_FOUND] = {"not_found", "this key has registered no group of that name"},
    [CODE_SUPERSEDED] = {"superseded", "another process of this group is registered in its place"},
    [CODE_DUPLICATE] = {"duplicate",
                        "two processes run with this group's key and name: this one is to end"},
    [CODE_ID_CONFLICT] = {"id_conflict", "this id was used for another message before"},
    [CODE_OUT_OF_ORDER] = {"out_of_order",
                           "the message that should come before this one is not stored"},
    [CODE_TOO_LARGE] = {"too_large", "the message or list is larger than allowed"},
    [CODE_FULL] = {"full", "this group is full: nobody else can join until somebody leaves"},
    [CODE_CROWDED] = {"crowded", "too many people are joining at once, try again in a moment"},
    [CODE_LIMIT] = {"limit", "no more of these are allowed"},
    [CODE_BUSY] = {"busy", "too much is waiting here, try again later"},
    [CODE_STORAGE_FULL] = {"storage_full", "there is no room to store it, nothing was stored"},
    [CODE_STORAGE_FAILED] = {"storage_failed", "the store failed, nothing was acknowledged"},
    [CODE_SHUTTING_DOWN] = {"shutting_down", "the service is stopping"},
};

static bool
is_known(enum wire_code code)
{
    return code >= 0 && code < CODE_COUNT;
}

const char *
wire_code_name(enum wire_code code)
{
    return is_known(code) ? codes[code].name : "unknown";
}

const char *
wire_code_text(enum wire_code code)
{
    return is_known(code) ? codes[code].text : "it was refused for a reason not known here";
}

enum wire_code
wire_code_parse(struct span name)
{
    int code;

    /* From 1: an error that calls itself "ok" must not pass for a success. */
    for (code = CODE_OK + 1; code < CODE_COUNT; code++)
        if (span_equal(span_of(codes[code].name), name))
            break;
    return (enum wire_code)code;
}

static const struct {
    const char *name;
    const char *text;
} ends[END_COUNT] = {
    [END_LEFT] = {"left", "you left this group"},
    [END_KICKED] = {"kicked", "you were removed from this group"},
    [END_BANNED] = {"banned", "you were banned from this group"},
    [END_OFFENCE] = {"offence", "you were removed from this group: a subscription to its feed was "
                                "not your own ticket"},
    [END_STOPPED] = {"stopped", "the group is stopping"},
    [END_REPLACED] = {"replaced", "another process has taken over for this group"},
};

const char *
wire_end_name(enum wire_end how)
{
    return ends[how].name;
}

const char *
wire_end_text(enum wire_end how)
{
    return ends[how].text;
}

enum wire_end
wire_end_parse(struct span name)
{
    int how;

    for (how = 0; how < END_COUNT; how++)
        if (span_equal(span_of(ends[how].name), name))
            break;
    return (enum wire_end)how;
}
