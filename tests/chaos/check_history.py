#!/usr/bin/env python3
"""Decides whether a group kept its promises, from what people recorded.

Usage: check_history.py RECORD...

A record is a text file, one fact a line, of one person; its first line says what they did:

    writer AUTHOR                          reader AUTHOR            log AUTHOR
    sent ID HASH                           from SEQ                 entry SEQ TS KIND AUTHOR ID HASH
    acked ID SEQ TS                        from-time TS             end
    refused ID CODE                        saw SEQ TS KIND AUTHOR ID HASH
    end                                    gap FIRST LAST
                                           state WHEN STATE CODE
                                           end

Exactly one record is a log: the whole history, fetched when everything was over. HASH is FNV-1a of
the body. A writer's lines "sent" are in the order in which the messages were given; what ended
with one of MAY_BE_STORED is taken as never answered. A reader begins behind `from`, or with the
first entry later than `from-time`. "end" says that the record is whole: a reader that has it was
there until the end.

Each fault is one line, "NAME: what", NAMEs as in FAULTS. The last line has the figures. Exit status
0: no fault, 1: faults, 2: a record cannot be read.
"""

import sys

FAULTS = {
    "lost": "an acknowledged message is not in the log",
    "twice": "an author's id is in the log more than once",
    "moved": "a message is not where, or when, its acknowledgement said",
    "two-answers": "a message was acknowledged twice, differently",
    "hole": "a seq is not the one before plus one",
    "time": "a ts is not later than the one before",
    "order": "a sender's messages are not in the order in which they were given",
    "altered": "a message's body is not the one that was sent",
    "unknown": "a message in the log was sent by nobody",
    "refused-stored": "a message is in the log though it was refused",
    "reader-differs": "a reader saw another entry than the log has there",
    "reader-skipped": "a reader was not given an entry, and not told",
    "reader-again": "a reader was given an entry a second time",
    "reader-gap": "a reader was told of a gap where the log has entries",
    "reader-short": "a reader was not there until the end of the log",
}
# The store failed, or the sender's own side gave up: nobody said that it is not stored.
MAY_BE_STORED = {"storage_failed", "server_key", "own_key", "protocol"}
SHOWN_MAX = 5  # lines of one kind; the rest is only counted


class Unreadable(Exception):
    pass


class Faults:
    def __init__(self):
        self.counts = {}

    def add(self, name, what):
        assert name in FAULTS
        self.counts[name] = self.counts.get(name, 0) + 1
        if self.counts[name] <= SHOWN_MAX:
            print(f"{name}: {what}")

    def of(self, name):
        return self.counts.get(name, 0)


class Log:
    """The entries by seq, and by author and id."""

    def __init__(self):
        self.texts = {}  # seq: all of the line behind it
        self.places = {}  # (author, id): (seq, ts, hash)
        self.first = 0
        self.last = 0
        self.last_message = 0


def lines_of(path):
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith("\n"):
                raise Unreadable(f"{path}:{number}: is cut off")
            yield number, line[:-1]


def read_log(path, faults):
    log = Log()
    last_ts = None
    ended = False
    for number, line in lines_of(path):
        if line.startswith("entry "):
            text = line[6:]
            seq, ts, kind, author, ident, digest = text.split(" ")
            seq, ts = int(seq), int(ts)
            if log.last and seq != log.last + 1:
                faults.add("hole", f"{seq} follows {log.last}")
            if last_ts is not None and ts <= last_ts:
                faults.add("time", f"of {seq} is {ts}, and {last_ts} before")
            if (author, ident) in log.places:
                faults.add("twice", f"{ident} at {log.places[author, ident][0]} and {seq}")
            else:
                log.places[author, ident] = (seq, ts, digest)
            log.texts[seq] = text
            log.first = log.first or seq
            log.last, last_ts = seq, ts
            if kind == "message":
                log.last_message = seq
        elif line == "end":
            ended = True
        elif number > 1:
            raise Unreadable(f"{path}:{number}: {line}")
    if not ended:
        raise Unreadable(f"{path}: the log has no end")
    if log.first > 1:
        faults.add("hole", f"the log begins with {log.first}")
    return log


class Writer:
    def __init__(self, path):
        self.author = None
        self.sent = {}  # id: hash, in order
        self.acked = {}  # id: (seq, ts)
        self.refused = {}  # id: code
        self.repeated = []
        for number, line in lines_of(path):
            words = line.split(" ")
            if words[0] == "sent":
                self.sent[words[1]] = words[2]
            elif words[0] == "acked":
                answer = (int(words[2]), int(words[3]))
                if self.acked.setdefault(words[1], answer) != answer:
                    self.repeated.append(words[1])
            elif words[0] == "refused":
                self.refused[words[1]] = words[2]
            elif words[0] == "writer":
                self.author = words[1]
            elif words[0] != "end":
                raise Unreadable(f"{path}:{number}: {line}")

    def check(self, log, faults):
        before = 0
        for ident in self.repeated:
            faults.add("two-answers", ident)
        for ident, digest in self.sent.items():
            place = log.places.get((self.author, ident))
            answer = self.acked.get(ident)
            if place is None:
                if answer is not None:
                    faults.add("lost", f"{ident}, acknowledged as {answer[0]}")
                continue
            seq, ts, stored = place
            if stored != digest:
                faults.add("altered", f"{ident} at {seq}")
            if answer is not None and answer != (seq, ts):
                faults.add("moved", f"{ident} is at {seq}, acknowledged as {answer[0]}")
            if answer is None and ident in self.refused and self.refused[ident] not in MAY_BE_STORED:
                faults.add("refused-stored", f"{ident} at {seq}")
            if seq < before:
                faults.add("order", f"{ident} at {seq}, and what came before it at {before}")
            before = max(before, seq)


def later_than(log, ts):
    """The seq before the first entry that is later."""
    for seq, text in log.texts.items():
        if int(text.split(" ", 2)[1]) > ts:
            return seq - 1
    return log.last


def check_reader(path, log, faults):
    at = None
    ended = False
    seen = 0
    for number, line in lines_of(path):
        word, _, text = line.partition(" ")
        if word == "saw":
            seq = int(text.partition(" ")[0])
            seen += 1
            if at is None:
                raise Unreadable(f"{path}:{number}: begins nowhere")
            if seq <= at:
                faults.add("reader-again", f"{path}:{number}: {seq} after {at}")
                continue
            if seq != at + 1:
                faults.add("reader-skipped", f"{path}:{number}: {seq} after {at}")
            if log.texts.get(seq) != text:
                faults.add("reader-differs", f"{path}:{number}: {text}")
            at = seq
        elif word == "gap":
            first, last = map(int, text.split(" "))
            if first in log.texts or last in log.texts:
                faults.add("reader-gap", f"{path}:{number}: {text}")
            at = last
        elif word == "from":
            at = int(text)
        elif word == "from-time":
            at = later_than(log, int(text))
        elif word == "end":
            ended = True
        elif word not in ("reader", "state"):
            raise Unreadable(f"{path}:{number}: {line}")
    if at is None or at < log.last_message or not ended:
        faults.add("reader-short", f"{path} ends at {at} of {log.last_message}")
    return seen


def check(paths):
    faults = Faults()
    kinds = {"writer": [], "reader": [], "log": []}
    for path in paths:
        first = next((line for _, line in lines_of(path)), "")
        if first.split(" ")[0] not in kinds:
            raise Unreadable(f"{path}: is no record")
        kinds[first.split(" ")[0]].append(path)
    if len(kinds["log"]) != 1:
        raise Unreadable("exactly one record must be a log")

    log = read_log(kinds["log"][0], faults)
    writers = [Writer(path) for path in kinds["writer"]]
    known = set()
    for writer in writers:
        writer.check(log, faults)
        known.update((writer.author, ident) for ident in writer.sent)
    for (author, ident), (seq, _, _) in log.places.items():
        if (author, ident) not in known and log.texts[seq].split(" ")[2] == "message":
            faults.add("unknown", f"{ident} at {seq}")
    seen = sum(check_reader(path, log, faults) for path in kinds["reader"])

    sent = sum(len(writer.sent) for writer in writers)
    acked = sum(len(writer.acked) for writer in writers)
    refused = sum(len(writer.refused) for writer in writers)
    print(
        f"{sent} sent, {acked} acknowledged, {refused} refused, {faults.of('lost')} lost, "
        f"{faults.of('twice')} twice, {len(kinds['reader'])} readers saw {seen}, "
        f"{sum(faults.counts.values())} faults"
    )
    return faults


def main():
    if len(sys.argv) < 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    try:
        return 1 if check(sys.argv[1:]).counts else 0
    except (Unreadable, OSError, ValueError) as problem:
        print(f"unreadable: {problem}")
        return 2


if __name__ == "__main__":
    sys.exit(main())
