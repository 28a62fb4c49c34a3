"""typed.py COMPLETIONS LINE: an interactive bash that has read the file COMPLETIONS, in which LINE is
typed and the key that puts all that fits in its place. Prints what the line is then."""
import os
import pty
import re
import sys

MARK = b"\x01\x0b"  # to the beginning, all away
SETUP = r"""
bind '"\C-g": insert-completions'
bind -x '"\C-t": printf "@%s@\n" "$READLINE_LINE"'
PS1= ; . "$COMPLETIONS"; printf '@%s\n' ready@
"""


def read_until(fd, pattern):
    seen = b""
    while True:
        found = re.search(pattern, seen)
        if found:
            return found.group(1).decode()
        try:
            seen += os.read(fd, 65536)
        except OSError:
            sys.exit("the shell ended: %r" % seen)


def main():
    env = dict(os.environ, INPUTRC="/dev/null", TERM="dumb", COMPLETIONS=sys.argv[1], PS1="")
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe("bash", ["bash", "--noprofile", "--norc", "-i"], env)
    os.write(fd, SETUP.encode())
    read_until(fd, rb"\n@(ready)@")
    os.write(fd, sys.argv[2].encode() + b"\x07\x14")
    print(read_until(fd, rb"@([^\n@]*)@\r?\n"))
    os.close(fd)
    os.waitpid(pid, 0)


main()
