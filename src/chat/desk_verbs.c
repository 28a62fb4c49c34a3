#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/entry.h"
#include "chat/desk.h"
#include "model/talk.h"

#define SAID_MAX 1024
#define PAGE_AT  100
#define INVITE_S (INVITE_HOURS * 3600)
#define USES_MAX 1000

void
desk_say(struct desk *d, bool error, const char *format, ...)
{
    char text[SAID_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    talk_note(d->model, model_current(d->model), error, text);
    d->dirty = true;
}

void
desk_post(struct desk *d, struct talk *t, const char *text)
{
    struct errand *e = errand_new(ERRAND_POST, t->name, text);

    if (t->state == TALK_OUT) {
        desk_say(d, true, "Not sent, you are not a member of %s: %s", t->name, text);
    } else if (e != NULL) {
        e->id = conclave_id_new();
        talk_pending(d->model, t, &e->id, text, clock_wall_ns());
        courier_send(d->courier, e);
        e = NULL;
    }
    errand_free(e);
}

/* ---- words ---- */

static const char *
skip_blanks(const char *text)
{
    while (*text == ' ')
        text++;
    return text;
}

/* Cut the first word off; false: there is none, or it is too long. */
static bool
take_word(const char **text, char *word, size_t size)
{
    size_t len;

    *text = skip_blanks(*text);
    len = strcspn(*text, " \n");
    if (len == 0 || len >= size)
        return false;
    memcpy(word, *text, len);
    word[len] = '\0';
    *text = skip_blanks(*text + len);
    return true;
}

/* ---- verbs: rest is what follows the name, without blanks in front ---- */

static const char keys_help[] =
    "Keys: Enter sends, Alt-Enter begins a line, Tab completes, Up and Down recall, PgUp and PgDn "
    "scroll, Alt-End goes to the newest, Alt-Up and Alt-Down or Alt-1 to Alt-9 change the group, "
    "Alt-a goes to what is not read, Alt-l shows whole lines to copy. A line that begins with // "
    "is sent with one slash.";

static void
help(struct desk *d, const char *rest)
{
    char name[CONCLAVE_NAME_MAX];
    bool one = take_word(&rest, name, sizeof name);
    bool found = false;

    for (size_t i = 0; i < d->options->n_verbs; i++) {
        const struct chat_verb *v = &d->options->verbs[i];

        if (one && strcmp(v->name, name + (name[0] == '/')) != 0)
            continue;
        found = true;
        desk_say(d, false, "/%s%s%s - %s", v->name, v->synopsis[0] != '\0' ? " " : "", v->synopsis,
                 v->summary);
    }
    if (one && !found)
        desk_say(d, true, "There is no command /%s.", name + (name[0] == '/'));
    else if (!one)
        desk_say(d, false, "%s", keys_help);
}

static void
join(struct desk *d, const char *rest)
{
    const struct talk *t = model_current(d->model);
    char group[CONCLAVE_NAME_MAX + 1];
    struct room *r;

    if (!take_word(&rest, group, sizeof group)) {
        if (t->state == TALK_HOME) {
            desk_say(d, true, "Which group? /join GROUP");
            return;
        }
        snprintf(group, sizeof group, "%s", t->name);
    }
    r = desk_open_group(d, group);
    if (r == NULL)
        return;
    if (!r->up) {
        talk_state(r->talk, TALK_OPENING, "asking to become a member");
        desk_join(d, r);
    }
    desk_show(d, model_index(d->model, r->talk));
}

static void
leave(struct desk *d, const char *rest)
{
    char group[CONCLAVE_NAME_MAX + 1];
    struct talk *t;

    if (!take_word(&rest, group, sizeof group))
        snprintf(group, sizeof group, "%s", model_current(d->model)->name);
    t = model_find(d->model, group);
    if (group[0] == '\0' || t == NULL) {
        desk_say(d, true, "Which group? /leave GROUP");
        return;
    }
    courier_send(d->courier, errand_new(ERRAND_LEAVE, group, NULL));
    if (desk_room(d, t)->joining)
        desk_close_group(d, desk_room(d, t));
}

static void
msg(struct desk *d, const char *rest)
{
    char group[CONCLAVE_NAME_MAX + 1];
    struct talk *t = NULL;

    if (take_word(&rest, group, sizeof group))
        t = model_find(d->model, group);
    if (t == NULL || t->state == TALK_HOME || *rest == '\0')
        desk_say(d, true, "To which of your groups, and what? /msg GROUP TEXT");
    else
        desk_post(d, t, rest);
}

static void
members(struct desk *d, const char *rest)
{
    struct view_input in = desk_input(d);

    (void)rest;
    if (in.text != NULL)
        d->people = view_shows_people(&in, &d->grid) ? PEOPLE_HIDDEN : PEOPLE_SHOWN;
    desk_input_free(&in);
}

/* An errand for the current group with `rest` as its text. */
static void
give(struct desk *d, enum errand_kind kind, errand_change *change, const char *rest,
     const char *needed)
{
    const struct talk *t = model_current(d->model);
    struct errand *e;

    if (t->state == TALK_HOME) {
        desk_say(d, true, "There is no group here.");
    } else if (*rest == '\0' && needed != NULL) {
        desk_say(d, true, "%s", needed);
    } else {
        e = errand_new(kind, t->name, rest);
        if (e != NULL)
            e->change = change;
        courier_send(d->courier, e);
    }
}

static void
nick(struct desk *d, const char *rest)
{
    give(d, ERRAND_CHANGE, conclave_set_nick, rest, "Which name? /nick NAME");
}

static void
topic(struct desk *d, const char *rest)
{
    const struct talk *t = model_current(d->model);

    if (*rest != '\0')
        give(d, ERRAND_CHANGE, conclave_set_topic, rest, NULL);
    else
        desk_say(d, false, "%s%s", t->topic != NULL ? "The topic is: " : "There is no topic.",
                 t->topic != NULL ? t->topic : "");
}

static enum conclave_status
kick_who(struct conclave *handle, const char *group, const char *name)
{
    struct conclave_id who;
    enum conclave_status st = conclave_find_member(handle, group, name, &who);

    return st == CONCLAVE_OK ? conclave_kick(handle, group, &who, NULL) : st;
}

static enum conclave_status
ban_who(struct conclave *handle, const char *group, const char *name)
{
    struct conclave_id who;
    enum conclave_status st = conclave_find_member(handle, group, name, &who);

    return st == CONCLAVE_OK ? conclave_ban(handle, group, &who, NULL) : st;
}

static void
kick(struct desk *d, const char *rest)
{
    give(d, ERRAND_CHANGE, kick_who, rest, "Whom? /kick WHO");
}

static void
ban(struct desk *d, const char *rest)
{
    give(d, ERRAND_CHANGE, ban_who, rest, "Whom? /ban WHO");
}

static void
search(struct desk *d, const char *rest)
{
    give(d, ERRAND_SEARCH, NULL, rest, "For which words? /search WORDS");
}

static void
invite(struct desk *d, const char *rest)
{
    const struct talk *t = model_current(d->model);
    struct errand *e;
    char *end;
    unsigned long uses = *rest != '\0' ? strtoul(rest, &end, 10) : 1;

    if (t->state == TALK_HOME || uses < 1 || uses > USES_MAX || (*rest != '\0' && *end != '\0')) {
        desk_say(d, true, "For how many? /invite [USES], 1 to %d, in a group.", USES_MAX);
        return;
    }
    e = errand_new(ERRAND_INVITE, t->name, NULL);
    if (e == NULL)
        return;
    e->first = uses;
    e->time = INVITE_S;
    courier_send(d->courier, e);
}

static void
history(struct desk *d, const char *rest)
{
    const struct talk *t = model_current(d->model);
    struct fault why = {0};
    struct errand *e;
    int64_t time;

    if (t->state == TALK_HOME || time_parse(&time, rest, clock_wall_ns(), &why) != ST_OK) {
        desk_say(d, true, "Since when? /history DATE, as 2026-11-22, or 2h or 3d for a while ago");
        return;
    }
    e = errand_new(ERRAND_FETCH_AT, t->name, NULL);
    if (e == NULL)
        return;
    e->time = time;
    e->last = PAGE_AT;
    courier_send(d->courier, e);
}

static void
quit(struct desk *d, const char *rest)
{
    (void)rest;
    d->quit = true;
}

static const struct {
    const char *name;
    void (*run)(struct desk *d, const char *rest);
} verbs[] = {
    {"help", help},     {"join", join},       {"leave", leave}, {"msg", msg}, {"members", members},
    {"nick", nick},     {"topic", topic},     {"kick", kick},   {"ban", ban}, {"invite", invite},
    {"search", search}, {"history", history}, {"quit", quit},
};

void
desk_verb(struct desk *d, const char *line)
{
    char name[CONCLAVE_NAME_MAX];
    const char *rest = line + 1;

    if (take_word(&rest, name, sizeof name))
        for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
            if (strcmp(verbs[i].name, name) == 0) {
                verbs[i].run(d, rest);
                return;
            }
    desk_say(d, true, "There is no such command: %.200s. /help lists them.", line);
}
