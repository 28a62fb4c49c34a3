#include "screen/terminal.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define PASTE_ON    "\033[?2004h"
#define PASTE_OFF   "\033[?2004l"
#define PLAIN       "\033[0m"
#define CLEAR       "\033[H\033[2J"
#define COPY_BEGIN  "\033]52;c;"
#define COPY_END    "\a"
#define MANY        256
#define FIRST_PAIR  1
#define REPLACEMENT L'?'

/* Each colour that a theme uses has its pair; filled as they are met. ncurses is global anyway. */
static struct {
    struct terminal_options options;
    struct termios before;
    bool many;
    short pairs[MANY];
    short n_pairs;
} terminal;

/* A terminal that is gone is noticed when it is read. */
static void
write_all(const char *bytes, size_t len)
{
    ssize_t n = 0;

    for (size_t at = 0; at < len && n >= 0; at += (size_t)n)
        n = write(STDOUT_FILENO, bytes + at, len - at);
}

static void
say(const char *sequence)
{
    write_all(sequence, strlen(sequence));
}

/* Characters are shown in UTF-8 also where no locale is set. */
static bool
set_locale(void)
{
    const char *const names[] = {"", "C.UTF-8", "C.utf8", "en_US.UTF-8"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (setlocale(LC_CTYPE, names[i]) != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
            return true;
    return false;
}

static void
start_colours(void)
{
    if (!terminal.options.colours || start_color() == ERR || use_default_colors() == ERR ||
        COLORS < 8)
        terminal.options.colours = false;
    terminal.many = terminal.options.colours && COLORS >= MANY && COLOR_PAIRS >= MANY;
    terminal.n_pairs = FIRST_PAIR;
}

static bool
can(const char *capability)
{
    const char *sequence = tigetstr(capability);

    return sequence != NULL && sequence != (const char *)-1;
}

bool
terminal_open(const struct terminal_options *o, char *why, size_t size)
{
    bool places_cursor;
    int known = 0;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        snprintf(why, size, "standard input and output have to be a terminal");
        return false;
    }
    if (!set_locale()) {
        snprintf(why, size, "there is no locale with UTF-8");
        return false;
    }
    memset(&terminal, 0, sizeof terminal);
    terminal.options = *o;
    if (setupterm(NULL, STDOUT_FILENO, &known) != OK || known != 1) {
        snprintf(why, size, "the terminal (TERM) is not known");
        return false;
    }
    places_cursor = can("cup");
    del_curterm(cur_term); /* newterm makes one of its own */
    if (!places_cursor) {
        snprintf(
            why, size,
            "the terminal %.40s cannot place its cursor, and the chat cannot do without; send, "
            "feed and history work on any",
            getenv("TERM"));
        return false;
    }
    if (tcgetattr(STDIN_FILENO, &terminal.before) != 0 || newterm(NULL, stdout, stdin) == NULL) {
        snprintf(why, size, "the terminal (TERM) is not known");
        return false;
    }
    signal(SIGTSTP, SIG_DFL); /* not as ncurses takes it: it is blocked, and read by the loop */
    raw();
    noecho();
    nonl();
    start_colours();
    say(PASTE_ON);
    return true;
}

void
terminal_close(void)
{
    /* It is somebody else's now: whoever touches it from behind is stopped. */
    if (isendwin() || tcgetpgrp(STDIN_FILENO) != getpgrp())
        return;
    say(PASTE_OFF);
    endwin();
}

void
terminal_abandon(void)
{
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
}

void
terminal_suspend(void)
{
    sigset_t stop;

    terminal_close();
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    (void)kill(0, SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &stop, NULL); /* stops here */
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
}

void
terminal_resume(void)
{
    if (!isendwin())
        endwin(); /* so that ncurses sets the terminal up again */
    terminal_resize();
    say(PASTE_ON);
}

void
terminal_size(int *rows, int *cols)
{
    *rows = LINES;
    *cols = COLS;
}

void
terminal_resize(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    clearok(stdscr, TRUE);
}

void
terminal_redraw(void)
{
    clearok(stdscr, TRUE);
}

void
terminal_bell(void)
{
    beep();
}

/* ---- without frames ---- */

void
terminal_bare(const char *text, size_t len)
{
    say(PLAIN CLEAR);
    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t line = end != NULL ? (size_t)(end - text) : len;

        write_all(text, line);
        if (end != NULL)
            say("\r\n");
        line += end != NULL;
        text += line;
        len -= line;
    }
}

/* Some show what they do not know. */
static bool
takes_osc(void)
{
    const char *term = getenv("TERM");

    return term != NULL && strncmp(term, "linux", 5) != 0 && strncmp(term, "vt", 2) != 0;
}

bool
terminal_copy(const char *text, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *p = (const uint8_t *)text;

    if (!takes_osc())
        return false;
    say(COPY_BEGIN);
    for (size_t i = 0; i < len; i += 3) {
        uint32_t three = (uint32_t)p[i] << 16;
        char four[4] = "====";

        three |= i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0;
        three |= i + 2 < len ? p[i + 2] : 0;
        for (size_t k = 0; k < 4 && i + k <= len; k++)
            four[k] = digits[three >> (18 - 6 * k) & 63];
        write_all(four, sizeof four);
    }
    say(COPY_END);
    return true;
}

/* ---- cells ---- */

static short
pair_of(short colour)
{
    if (colour < 0 || colour >= MANY || colour >= COLORS)
        return 0;
    if (terminal.pairs[colour] == 0 && terminal.n_pairs < COLOR_PAIRS) {
        init_pair(terminal.n_pairs, colour, -1);
        terminal.pairs[colour] = terminal.n_pairs++;
    }
    return terminal.pairs[colour];
}

static attr_t
attributes(const struct look *look)
{
    attr_t a = A_NORMAL;

    if (look->bold)
        a |= A_BOLD;
    if (look->dim)
        a |= A_DIM;
    if (look->reverse)
        a |= A_REVERSE;
    return a;
}

/* The characters of a cell as ncurses takes them: one that moves, then such that do not. */
static void
decode(const char *text, int width, wchar_t out[static CCHARW_MAX + 1])
{
    mbstate_t state = {0};
    size_t n = 0;
    wchar_t wc;
    size_t len;

    while (*text != '\0' && n < CCHARW_MAX) {
        len = mbrtowc(&wc, text, strlen(text), &state);
        if (len == (size_t)-1 || len == (size_t)-2 || len == 0)
            break;
        text += len;
        if (wcwidth(wc) == (n == 0 ? width : 0))
            out[n++] = wc;
        else if (n == 0)
            break;
    }
    if (n == 0)
        out[n++] = width == 2 ? L'\uff1f' : REPLACEMENT;
    out[n] = L'\0';
}

static void
show_cell(const struct grid *g, int row, int col)
{
    const struct cell *c = grid_at(g, row, col);
    int width = col + 1 < g->cols && c[1].text[0] == '\0' ? 2 : 1;
    struct look look = theme_look(terminal.options.theme, terminal.many, c->style, c->hue);
    wchar_t chars[CCHARW_MAX + 1];
    cchar_t cell;

    if (c->text[0] == '\0')
        return;
    decode(c->text, width, chars);
    if (setcchar(&cell, chars, attributes(&look),
                 terminal.options.colours ? pair_of(look.colour) : 0, NULL) == OK)
        mvadd_wch(row, col, &cell);
}

void
terminal_show(const struct grid *g)
{
    erase();
    for (int row = 0; row < g->rows; row++)
        for (int col = 0; col < g->cols; col++)
            show_cell(g, row, col);
    move(g->cursor_row, g->cursor_col);
    refresh();
}
