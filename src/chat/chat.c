#include "chat/chat.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "chat/desk.h"
#include "chat/ending.h"
#include "model/talk.h"
#include "screen/terminal.h"

#define WAIT_MS    1000
#define ESCAPE_MS  50 /* after which an ESC alone is the key */
#define READ_BYTES 4096
#define NEWS_MS    20 /* of looking at news before the screen is drawn again */

/* ---- the screen ---- */

static void
draw(struct desk *d)
{
    struct view_input in = desk_input(d);
    int rows, cols;

    terminal_size(&rows, &cols);
    if (d->redraw)
        terminal_redraw();
    if (in.text != NULL && grid_reset(&d->grid, rows, cols)) {
        view_draw(d->view, d->model, &in, &d->grid, &d->want);
        if (d->bare)
            desk_bare_draw(d);
        else
            terminal_show(&d->grid);
    }
    desk_input_free(&in);
    d->dirty = d->redraw = false;
    if (d->ring)
        terminal_bell();
    d->ring = false;
}

/* ---- what comes in ---- */

static void
take_news(struct desk *d)
{
    struct news *n;

    while (clock_mono_ms() - d->now_ms < NEWS_MS && (n = courier_next(d->courier)) != NULL)
        desk_news(d, n);
}

static void
take_keys(struct desk *d, struct keyboard *k, bool late)
{
    struct key key;

    while (!d->quit && keyboard_next(k, late, &key))
        desk_key(d, &key);
}

/* The end of the terminal is the end of the chat. */
static void
take_input(struct desk *d, struct keyboard *k)
{
    char bytes[READ_BYTES];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);

    if (n > 0)
        (void)keyboard_feed(k, bytes, (size_t)n);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        d->quit = true;
    take_keys(d, k, false);
}

/* Whoever continues it so that it ends, may have kept the terminal. */
static void
resume(struct desk *d, const struct ending *ending)
{
    d->quit = d->quit || ending_is_asked(ending);
    if (d->quit)
        return;
    terminal_resume();
    d->dirty = d->redraw = true;
    d->bare_drawn = false;
}

static void
take_signals(struct desk *d, int fd, const struct ending *ending)
{
    struct signalfd_siginfo info;

    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGWINCH) {
            terminal_resize();
            d->dirty = true;
            d->bare_drawn = false;
        } else if (info.ssi_signo == SIGTSTP) {
            d->suspend = true;
        } else if (info.ssi_signo == SIGCONT) {
            resume(d, ending);
        }
    }
}

static void
suspend(struct desk *d, const struct ending *ending)
{
    d->suspend = false;
    terminal_suspend();
    d->now_ms = clock_mono_ms();
    resume(d, ending);
}

static void
loop(struct desk *d, int signals, const struct ending *ending)
{
    struct pollfd fds[] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = courier_fd(d->courier), .events = POLLIN},
        {.fd = signals, .events = POLLIN},
        {.fd = ending->asked, .events = POLLIN},
    };
    struct keyboard keyboard;

    keyboard_init(&keyboard);
    while (!d->quit) {
        int ready;

        d->now_ms = clock_mono_ms();
        desk_tend(d);
        if (d->suspend)
            suspend(d, ending);
        if (d->quit)
            break;
        if (d->dirty)
            draw(d);
        desk_fetch(d);
        ready = poll(fds, sizeof fds / sizeof fds[0],
                     desk_due(d, keyboard_waiting(&keyboard) ? ESCAPE_MS : WAIT_MS));
        d->now_ms = clock_mono_ms();
        if (fds[3].revents != 0 && ready > 0)
            d->quit = true;
        if (fds[2].revents != 0 && ready > 0)
            take_signals(d, signals, ending);
        if (fds[1].revents != 0 && ready > 0)
            take_news(d);
        if (fds[0].revents != 0 && ready > 0)
            take_input(d, &keyboard);
        else if (keyboard_waiting(&keyboard))
            take_keys(d, &keyboard, true);
    }
    keyboard_clear(&keyboard);
}

/* ---- beginning and end ---- */

/* Those of the terminal; those that end the chat are blocked, too. -1: none could be made. */
static int
open_signals(void)
{
    sigset_t set, ends;

    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    sigaddset(&set, SIGTSTP);
    sigaddset(&set, SIGCONT);
    ends = set;
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigaddset(&ends, SIGINT);
    if (sigprocmask(SIG_BLOCK, &ends, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
welcome(struct desk *d)
{
    const struct chat_options *o = d->options;

    desk_say(d, false, "Welcome. /help lists the commands and keys, /quit ends.");
    for (size_t i = 0; i < memory_count(d->memory); i++) {
        const struct kept_group *g = memory_at(d->memory, i);

        courier_locate(d->courier, g->name, g->key, g->address);
    }
    for (size_t i = 0; i < o->n_groups; i++)
        (void)desk_open_group(d, o->groups[i]);
    for (size_t i = 0; o->n_groups == 0 && i < memory_count(d->memory); i++)
        (void)desk_open_group(d, memory_at(d->memory, i)->name);
    if (d->n_rooms > 0)
        desk_show(d, 1);
    /* The list of groups comes behind what the groups themselves are asked: it waits for the
     * message server, which may be away. */
    desk_tend(d);
    courier_send(d->courier, errand_new(ERRAND_GROUPS, NULL, NULL));
}

static void
clear(struct desk *d)
{
    for (size_t i = 0; i < d->n_rooms; i++)
        d->rooms[i].following = false;
    complete_reset(&d->complete);
    desk_bare_end(d);
    editor_free(d->editor);
    view_free(d->view);
    grid_clear(&d->grid);
    memory_close(d->memory);
    model_free(d->model);
    free(d->rooms);
}

static enum conclave_status
prepare(struct desk *d, char *why, size_t size)
{
    struct conclave_id self;
    enum conclave_status st = courier_open(&d->courier, &d->options->client, why, size);

    if (st != CONCLAVE_OK)
        return st;
    self = courier_self(d->courier);
    d->model = model_new(&self, courier_self_name(d->courier));
    d->view = view_new();
    d->editor = editor_new(CONCLAVE_BODY_MAX);
    d->memory = memory_open(d->options->state, &self);
    d->notify.how = d->options->notify;
    if (d->model == NULL || d->view == NULL || d->editor == NULL || d->memory == NULL) {
        snprintf(why, size, "out of memory");
        return CONCLAVE_LOCAL;
    }
    return CONCLAVE_OK;
}

static enum conclave_status
run(struct desk *d, char *why, size_t size)
{
    struct terminal_options look = {.colours = d->options->colours};
    enum conclave_status st = CONCLAVE_LOCAL;
    struct ending ending;
    int signals = open_signals();

    if (signals < 0) {
        snprintf(why, size, "signals cannot be received: %s", strerror(errno));
        return st;
    }
    theme_parse(&look.theme, d->options->theme);
    if (!terminal_open(&look, why, size))
        goto end;
    d->now_ms = clock_mono_ms();
    d->dirty = true;
    if (ending_start(&ending)) {
        welcome(d);
        loop(d, signals, &ending);
        st = CONCLAVE_OK;
    } else {
        snprintf(why, size, "signals cannot be received: %s", strerror(errno));
    }
    terminal_close();
    ending_stop(&ending);
    if (st == CONCLAVE_OK)
        desk_keep_read(d);
end:
    close(signals);
    return st;
}

enum conclave_status
chat_run(const struct chat_options *options, char *why, size_t size)
{
    struct desk d = {.options = options};
    enum conclave_status st = prepare(&d, why, size);

    if (st == CONCLAVE_OK)
        st = run(&d, why, size);
    clear(&d);
    /* A call may wait for an answer for seconds yet. What was posted is in the spool. */
    if (!courier_close(d.courier))
        _exit((int)st);
    return st;
}
