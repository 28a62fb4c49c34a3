#!/usr/bin/env python3
"""Does what a page says: types its blocks into terminals and compares what they print.

Usage: walkthrough.py PAGE BINARIES WORK [--invitation WORD]

Runs in the directory that the page speaks of; WORK is for sockets and notes. What a reader sees and
what is done here are the same:

  indented block     commands; typed as they stand into the terminal that the text before names last
                     ("first terminal", "second terminal"; "each of them": all of them)
  block "output"     what that terminal prints from there on; "..." stands for what differs or is
                     left out, a line of it for any lines. Times, UUIDs, keys and fingerprints on
                     the page are examples
  block "conf"       a configuration
  block "text"       a picture

A command that stays (feed, chat) is the last of its block, and the text after it says how it ends:
Ctrl-C or /quit. An invitation on the page that ends in "..." is the one that was made last.
What builds or installs is not run: what it names must be there.
"""
import json
import os
import re
import subprocess
import sys
import time

PATIENCE = 60  # seconds, on a busy machine; nothing waits so long where all is well
NUMBERS = ("first", "second", "third", "fourth")
STAYS = re.compile(r"conclave (feed|chat)\b(?!.*--count)")
EXAMPLES = (
    (re.compile(r"\b\d{4}-\d\d-\d\d([ T])\d\d:\d\d:\d\d(\.\d+)?Z?"), "TIME"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b\d{5}( \d{5}){6}\b"), "FINGERPRINT"),
    (re.compile(r"\(\d+ ms\)"), "(0 ms)"),
    (re.compile(r"conclave:[\w.-]{12,}"), "INVITATION"),
)
passed = failed = 0


def check(good, description, detail=()):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
    print("ok" if good else "not ok", "-", description)
    if not good:
        for line in detail:
            print("#", line)
    sys.stdout.flush()


def wait(condition):
    # After a failure the rest is only to be seen.
    end = time.monotonic() + (PATIENCE if failed == 0 else 3)
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


# ---- the page ----


def blocks(text):
    """Yields (kind, lines): kind is "prose", "commands", or what a fence says."""
    kind, lines = "prose", []
    for line in text.splitlines() + [""]:
        fence = re.match(r"```(\w*)$", line)
        if kind not in ("prose", "commands"):
            if fence:
                yield kind, lines
                kind, lines = "prose", []
            else:
                lines.append(line)
            continue
        now = "commands" if line.startswith("    ") else "prose"
        if fence or (now != kind and line):
            yield kind, lines
            kind, lines = (fence.group(1) if fence else now), []
        if not fence and line:
            lines.append(line[4:] if now == "commands" else line)
    yield kind, lines


def commands_of(lines):
    """Joins what a backslash continues: a list of lists of lines."""
    whole = []
    for line in lines:
        if whole and whole[-1][-1].endswith("\\"):
            whole[-1].append(line)
        else:
            whole.append([line])
    return whole


def pattern_of(lines):
    parts = []
    for line in lines:
        if line.strip() == "...":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*".join(map(re.escape, plain(line).split("..."))) + r"\n")
    return re.compile("".join(parts))


def plain(line):
    for example, name in EXAMPLES:
        line = example.sub(name, line)
    return line.rstrip()


# ---- terminals ----


class Terminal:
    """A shell in tmux. It notes the status of each command when its prompt comes back."""

    def __init__(self, name, work):
        self.name, self.work = name, work
        self.notes = os.path.join(work, name + ".statuses")
        open(self.notes, "w").close()
        self.mark = 0
        self.typed = []
        self.told = ""  # what the page says since the command that stays
        self.stays = None
        start = os.path.join(work, name + ".bashrc")
        with open(start, "w") as file:
            file.write("PS1='$ ' PS2='> ' HISTFILE= PROMPT_COMMAND='echo $? >>\"%s\"'\n" % self.notes)
        self.mux("new-session", "-d", "-s", name, "-x", "100", "-y", "30",
                 "exec bash --rcfile '%s' -i" % start)
        self.expected = 1
        self.ready = wait(self.is_idle)

    def mux(self, *arguments):
        run = subprocess.run(
            ["tmux", "-S", os.path.join(self.work, "tmux"), "-f", "/dev/null", *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        return run.stdout

    def statuses(self):
        with open(self.notes) as notes:
            return notes.read().split()

    def is_idle(self):
        return len(self.statuses()) >= self.expected

    def screen(self):
        """All that was ever printed, a line of the program's to a line."""
        return self.mux("capture-pane", "-p", "-J", "-S", "-", "-t", self.name).rstrip().split("\n")

    def is_full(self):
        return self.mux("display-message", "-p", "-t", self.name, "#{alternate_on}").strip() == "1"

    def type(self, line):
        self.mux("send-keys", "-t", self.name, "-l", "--", line)
        self.mux("send-keys", "-t", self.name, "Enter")

    def printed(self):
        """Since the mark, without prompts and what was typed."""
        typed = ["".join(line.split()) for line in self.typed]
        lines = []
        for line in self.screen()[self.mark:]:
            line = re.sub(r"^([$>] ?)+", "", plain(line).replace("^C", ""))
            if line and "".join(line.split()) not in typed:
                lines.append(line + "\n")
        return lines

    def is_up(self):
        """The command that stays is there, or has ended."""
        if self.is_idle():
            return True
        if " chat" in self.stays:
            return self.is_full() and "alice" in "\n".join(self.screen())
        return any("up to date" in line for line in self.printed())

    def run(self, command):
        """Types one command and waits until it is done, or stays. Its status, or None."""
        self.stays = command[0] if STAYS.match(command[0]) else None
        self.told = ""
        self.expected += 1
        self.typed += [plain(line) for line in command]
        for line in command:
            self.type(line)
        if not wait(self.is_up if self.stays else self.is_idle):
            return "none within %d s" % PATIENCE
        return int(self.statuses()[-1]) if self.is_idle() else None

    def end(self):
        """Ends what stays, as the page says."""
        ways = re.search(r"/quit|Ctrl-C", self.told)
        if self.is_idle() or self.stays is None:
            return
        check(ways, "%s terminal: the page says how '%s' ends" % (self.name, self.stays))
        if not ways:
            return
        if ways.group() == "Ctrl-C":
            self.mux("send-keys", "-t", self.name, "C-c")
        else:
            self.type("/quit")
        check(wait(self.is_idle), "%s terminal: %s ends '%s'" %
              (self.name, ways.group(), self.stays), self.screen())
        self.stays = None


# ---- what is not run ----


def names_preset(kind, name):
    with open("CMakePresets.json") as file:
        presets = json.load(file)
    return any(preset["name"] == name for preset in presets[kind])


def is_script(path):
    return os.access(path, os.X_OK) and subprocess.run(["bash", "-n", path]).returncode == 0


def directory_is_of(path):
    return names_preset("configurePresets", os.path.basename(path)) and path.startswith("build/")


ONLY_LOOKED_AT = (
    (re.compile(r"(scripts/[\w-]+\.sh)\b"), is_script),
    (re.compile(r"cmake --preset ([\w-]+)"), lambda name: names_preset("configurePresets", name)),
    (re.compile(r"cmake --build --preset ([\w-]+)"), lambda name: names_preset("buildPresets", name)),
    (re.compile(r"sudo cmake --install (\S+)"), directory_is_of),
)


def looked_at(line):
    for form, is_there in ONLY_LOOKED_AT:
        found = form.match(line)
        if found:
            check(is_there(found.group(1)), "what is named is there: " + line.split(" #")[0].strip())
            return True
    return False


# ---- walking ----


class Walk:
    def __init__(self, page, binaries, work, invitation):
        self.binaries, self.work, self.invitation = binaries, work, invitation
        self.count = 1
        self.terminals = {}
        with open(page) as file:
            self.text = file.read()
        self.at = "first"

    def terminal(self, name):
        if name not in self.terminals:
            self.terminals[name] = Terminal(name, self.work)
            check(self.terminals[name].ready, "a %s terminal opens" % name)
        return self.terminals[name]

    def read(self, lines):
        text = " ".join(lines)
        for terminal in self.terminals.values():
            terminal.told += " " + text
        for word in re.findall(r"(?i)\b(%s) terminal\b|\b(each of them)\b" % "|".join(NUMBERS), text):
            self.at = "".join(word).lower()
        count = re.search(r"(?i)\b(two|three|four) terminals\b", text)
        if count:
            self.count = ("two", "three", "four").index(count.group(1).lower()) + 2

    def fill_in(self, line):
        return re.sub(r"conclave:[\w-]*\.\.\.", lambda _: self.invitation or "none was made", line)

    def command(self, name, command, expected):
        terminal = self.terminal(name)
        terminal.end()
        status = terminal.run([self.fill_in(line) for line in command])
        good = status == expected or (status is None and terminal.stays)
        check(good, "%s terminal: %s" % (name, command[0]),
              ["status: %s" % status] + terminal.screen()[-8:])
        made = re.findall(r"^conclave:[\w-]{40,}$", "\n".join(terminal.screen()), re.MULTILINE)
        self.invitation = made[-1] if made else self.invitation

    def commands(self, lines, shown):
        """shown: the output block that follows, if any; an error in JSON says its status."""
        names = NUMBERS[:self.count] if self.at == "each of them" else [self.at]
        status = re.search(r'"exit":(\d+)}', "\n".join(shown or []))
        run = [c for c in commands_of(lines) if not looked_at(c[0])]
        for name in names if run else []:
            terminal = self.terminal(name)
            terminal.end()
            terminal.mark = max(len(terminal.screen()) - 1, 0)
            terminal.typed = []
            for command in run:
                check(not terminal.stays, "'%s' is the last of its block" % terminal.stays) \
                    if terminal.stays else None
                self.command(name, command, int(status.group(1)) if status else 0)

    def output(self, lines):
        terminal = self.terminal(self.at)
        pattern = pattern_of(lines)
        good = wait(lambda: pattern.fullmatch("".join(terminal.printed())))
        check(good, "%s terminal: it prints what the page shows: %s" % (self.at, lines[0]),
              ["shown: " + line for line in lines] +
              ["printed: " + line.rstrip() for line in terminal.printed()])
        terminal.mark = max(len(terminal.screen()) - 1, 0) if terminal.is_idle() else \
            len(terminal.screen())

    def configuration(self, lines):
        path = os.path.abspath("example.conf")
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            file.write("\n".join(lines) + "\n")
        run = subprocess.run([os.path.join(self.binaries, "conclave"), "config", "check", path],
                             capture_output=True, text=True)
        check(run.returncode == 0, "the configuration on the page is right",
              (run.stdout + run.stderr).splitlines())
        os.remove(path)

    def walk(self):
        page = [(kind, lines) for kind, lines in blocks(self.text) if lines]
        # Blank lines of prose may part a block from its output.
        for i, (kind, lines) in enumerate(page):
            after = page[i + 1] if i + 1 < len(page) else ("", [])
            if kind == "prose":
                self.read(lines)
            elif kind == "commands":
                self.commands(lines, after[1] if after[0] == "output" else None)
            elif kind == "output":
                self.output(lines)
            elif kind == "conf":
                self.configuration(lines)
            else:
                check(kind == "text", "every block is of a kind that is known: '%s'" % kind)
        for terminal in self.terminals.values():
            terminal.end()


def main():
    page, binaries, work = sys.argv[1:4]
    invitation = sys.argv[5] if sys.argv[4:5] == ["--invitation"] else None
    walk = Walk(page, binaries, work, invitation)
    try:
        walk.walk()
    finally:
        subprocess.run(["tmux", "-S", os.path.join(work, "tmux"), "kill-server"],
                       capture_output=True)
    return 0 if failed == 0 and passed > 0 else 1


sys.exit(main())
