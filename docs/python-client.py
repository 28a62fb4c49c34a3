#!/usr/bin/env python3
"""A Conclave client in Python, after docs/protocol.md: pyzmq and msgpack, nothing of libconclave.

    python-client.py SERVER SERVER-KEY-FILE OWN-KEY-FILE GROUP TEXT COUNT

Joins GROUP, says TEXT, and prints what was said and what is being said, COUNT messages in all, each
once and in order. OWN-KEY-FILE is the public certificate; the secret one is beside it.
"""
import hashlib
import os
import sys
import time
import uuid

import msgpack
import zmq
import zmq.auth
from zmq.utils import z85

NAMESPACE = uuid.UUID("a58ac5d5-9b3c-4e0b-8f0e-6c3d2f0a7e41")
TIMEOUT_MS = 5000
SILENCE_MS = 3000
MESSAGE = 1  # the kind of entry


class Refused(Exception):
    """An error reply: a stable code and a sentence."""


class Service:
    """Requests to one service, each tried again on a new connection until there is an answer."""

    def __init__(self, context, address, key, own, find=None):
        self.context, self.address, self.key, self.own = context, address, key, own
        self.find = find  # gives the address that it has now; None: it does not move
        self.socket, self.last = None, 0

    def close(self):
        if self.socket is not None:
            self.socket.close(linger=0)
        self.socket = None

    def connect(self):
        self.socket = secure(self.context.socket(zmq.REQ), self.key, self.own)
        self.socket.connect(self.address)

    def ask(self, method, tries=3, **params):
        self.last += 1
        request = msgpack.packb([0, self.last, method, {"protocol": 1, **params}])
        for _ in range(tries):  # the same request again does no harm
            if self.socket is None:
                self.connect()
            self.socket.send(request)
            if self.socket.poll(TIMEOUT_MS):
                kind, msgid, error, result = msgpack.unpackb(self.socket.recv())
                if kind != 1 or msgid != self.last:
                    raise Refused("protocol", "the answer is not understood")
                if error is not None:
                    raise Refused(error["code"], error.get("text", ""))
                return result
            self.close()
            if self.find is not None:
                self.address = self.find()
        raise Refused("unreachable", "no answer from " + self.address)


def secure(socket, key, own):
    """All of Conclave is CURVE: our key pair, and the key that the other side must have."""
    socket.curve_publickey, socket.curve_secretkey = own
    socket.curve_serverkey = key
    socket.maxmsgsize = 310000
    socket.tcp_keepalive = 1
    return socket


def new_id():
    """A UUID version 7, which grows with time."""
    ms = time.time_ns() // 1000000
    raw = bytearray(ms.to_bytes(6, "big") + os.urandom(10))
    raw[6] = 0x70 | (raw[6] & 0x0F)
    raw[8] = 0x80 | (raw[8] & 0x3F)
    return bytes(raw)


def uuid_of(key):
    """Version 5 of Conclave's namespace; uuid.uuid5 takes text only."""
    raw = bytearray(hashlib.sha1(NAMESPACE.bytes + key).digest()[:16])
    raw[6] = 0x50 | (raw[6] & 0x0F)
    raw[8] = 0x80 | (raw[8] & 0x3F)
    return bytes(raw)


def find_group(server, name):
    after = {}
    while True:
        page = server.ask("get_group_list", **after)
        for group in page["groups"]:
            if group["name"] == name:
                return group
        if page["end"] or not page["groups"]:
            raise Refused("not_found", "no live group is named " + name)
        after = {"after": page["groups"][-1]["name"]}


class Follower:
    """The entries of a group after a cursor, each once and in order, as section 8 says."""

    def __init__(self, group):
        self.group, self.log, self.seq, self.last = group, None, 0, None

    def ask(self, method, **fields):
        """The answer says where the log is; another one may go on from ours (section 4)."""
        answer = self.group.ask(method, **fields, **({"log": self.log} if self.log else {}))
        if self.log not in (None, answer["log"]) and self.seq <= answer.get("shared", -1):
            self.log = None
        if self.log not in (None, answer["log"]) or answer["head"] < self.seq:
            raise Refused("went_backwards", "the group's history is not the one read so far")
        self.log = answer["log"]
        return answer

    def take(self, entry):
        self.seq, self.last = entry[0], (entry[1], entry[4])
        return entry

    def compare(self):
        """Does the entry that we had last still stand there?"""
        page = self.ask("get_message", after_seq=self.seq - 1, limit=1) if self.last else {"entries": []}
        for entry in page["entries"]:
            if entry[0] == self.seq and self.last != (entry[1], entry[4]):
                raise Refused("went_backwards", "the group's history went backwards and grew again")

    def fetch(self):
        while True:
            page = self.ask("get_message", after_seq=self.seq)
            if page["first"] > self.seq + 1:
                print("- %d entries are gone, or not ours to read" % (page["first"] - 1 - self.seq))
            for entry in page["entries"]:
                yield self.take(entry)
            if self.seq != page["next"]:
                self.seq, self.last = page["next"], None
            if page["end"]:
                return

    def feed(self, socket):
        """From the welcome to the end of the connection."""
        while socket.poll(SILENCE_MS):
            _, event, fields = msgpack.unpackb(socket.recv_multipart()[1])
            if event in ("welcome", "head"):
                self.log = self.log or fields["log"]
                if fields["log"] != self.log:
                    raise Refused("log_changed", "the group's history was replaced")
                if fields["head"] > self.seq:
                    yield from self.fetch()
            elif event == "entries":
                if fields["entries"][0][0] > self.seq + 1:
                    yield from self.fetch()
                for entry in fields["entries"]:
                    if entry[0] == self.seq + 1:
                        yield self.take(entry)
            elif event == "end":
                if fields.get("code") in ("stopped", "replaced"):
                    return
                raise Refused("not_member", fields["text"])

    def entries(self):
        while True:  # again, with a new ticket, whenever the feed is silent
            ticket = self.ask("subscribe")
            self.compare()
            socket = secure(self.group.context.socket(zmq.SUB), self.group.key, self.group.own)
            socket.subscribe(ticket["ticket"])
            socket.connect(ticket["feed"])
            try:
                yield from self.feed(socket)
            finally:
                socket.close(linger=0)


def shown(body):
    """Text of others must not act on the terminal."""
    return "".join(c if c.isprintable() else "\\x%02x" % ord(c) for c in body.decode("utf-8", "replace"))


def main(address, server_file, own_file, name, text, count):
    own = zmq.auth.load_certificate(own_file + "_secret")
    server_key = zmq.auth.load_certificate(server_file)[0]
    with zmq.Context() as context:
        server = Service(context, address, server_key, own)
        found = find_group(server, name)
        key = z85.encode(found["key"])

        def find():
            now = find_group(server, name)
            if now["key"] != found["key"]:
                raise Refused("key_changed", "another key is shown for " + name)
            return now["address"]

        group = Service(context, found["address"], key, own, find)
        group.ask("join_group", uuid=uuid_of(z85.decode(own[0])), nick="python")
        ack = group.ask("send_message", messages=[[new_id(), text.encode()]])["acks"][0]
        if ack[0] == 0:
            raise Refused(ack[1], "the message was refused")
        names = {m["uuid"]: m["nick"] for m in group.ask("get_members", all=True)["members"]}
        left = int(count)
        for seq, _, kind, author, _, body, _ in Follower(group).entries():
            if kind == MESSAGE:
                nick = names.get(author, str(uuid.UUID(bytes=author))[:8])
                print("%d %s: %s" % (seq, nick, shown(body)), flush=True)
                left -= 1
            if left == 0:
                break
        group.close()
        server.close()


if __name__ == "__main__":
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except Refused as refused:
        sys.exit("%s: %s" % refused.args)
