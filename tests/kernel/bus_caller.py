# SPDX-License-Identifier: GPL-2.0-or-later
"""A connection to the system bus that reads only when it is told to.

  bus_caller.py subscriber      subscribes to the agent's signals
  bus_caller.py calls COUNT     calls ListSessions so many times
  bus_caller.py flood           asks for sessions, a socket's session, properties and nonsense, over and over

Each says when it has done so, and waits for a line on standard input. Then they read, and say how many there are of
each kind: of signals until now, or of answers to all calls. `flood` ends without, and says how many calls there were.
"""
import array
import collections
import os
import select
import socket
import struct
import sys

BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
MANAGER = ("org.ktlsctl.Agent1", "/org/ktlsctl/Agent1", "org.ktlsctl.Agent1.Manager")
PROPERTIES = (*MANAGER[:2], "org.freedesktop.DBus.Properties")
NO_REPLY = 1
LIST = ("ListSessions", "a{sv}tu", struct.pack("<I4xQI", 0, 0, 0))


def text(value):
    return struct.pack("<I", len(value)) + value.encode() + b"\0"


def padded(data):
    return data + bytes(-len(data) % 8)


class Connection:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect("/run/dbus/system_bus_socket")
        self.input = b""
        self.serial = 0
        self.say(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode(), b"OK ")
        self.say(b"NEGOTIATE_UNIX_FD", b"AGREE_UNIX_FD")
        self.socket.sendall(b"BEGIN\r\n")
        self.read_until(self.call(BUS, "Hello"))

    def say(self, line, wanted):
        self.socket.sendall(line + b"\r\n")
        answer = self.socket.recv(4096)
        if not answer.startswith(wanted):
            sys.exit(f"the bus answers {answer}")

    def call(self, whom, member, signature="", body=b"", flags=0, descriptor=None):
        self.serial += 1
        values = [(1, b"o", text(whom[1])), (2, b"s", text(whom[2])), (3, b"s", text(member)), (6, b"s", text(whom[0]))]
        if signature:
            values.append((8, b"g", bytes([len(signature)]) + signature.encode() + b"\0"))
        if descriptor is not None:
            values.append((9, b"u", struct.pack("<I", 1)))
        fields = b""
        for code, kind, value in values:
            fields = padded(fields) + struct.pack("<BBcB", code, 1, kind, 0) + value
        head = struct.pack("<cBBBIII", b"l", 1, flags, 1, len(body), self.serial, len(fields))
        message = padded(head + fields) + body
        passed = [] if descriptor is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        sent = self.socket.sendmsg([message[:1]], passed) # what comes along comes with the first byte
        self.socket.sendall(message[sent:])
        return self.serial

    def read(self):
        """The kind of the next message, the serial of the call that it answers, and its body."""
        fixed = self.take(16)
        kind, size, fields_size = fixed[1], *struct.unpack_from("<I4xI", fixed, 4)
        fields = padded(self.take(fields_size + -fields_size % 8))
        body = self.take(size)
        at, found = 0, {}
        while at < fields_size:
            code, form = fields[at], fields[at + 2:at + 3]
            at += 4
            if form == b"u":
                found[code] = struct.unpack_from("<I", fields, at)[0]
                at += 4
            else:
                length, width = (fields[at], 1) if form == b"g" else (struct.unpack_from("<I", fields, at)[0], 4)
                found[code] = fields[at + width:at + width + length].decode()
                at += width + length + 1
            at += -at % 8
        name = {2: "answer", 3: found.get(4), 4: found.get(3)}[kind]
        return name, found.get(5), body

    def take(self, size):
        while len(self.input) < size:
            got = self.socket.recv(1 << 16)
            if not got:
                sys.exit("the bus has closed the connection")
            self.input += got
        out, self.input = self.input[:size], self.input[size:]
        return out

    def read_until(self, serial):
        """How many of each kind come before the answer to this call, and how many signals were dropped."""
        counts = collections.Counter()
        while True:
            name, answered, body = self.read()
            if answered == serial:
                return counts if name == "answer" else sys.exit(name)
            counts[name] += 1
            if name == "Dropped":
                counts["dropped"] += struct.unpack("<Q", body)[0]

    def read_answers(self, count):
        """How many of each kind they are."""
        counts = collections.Counter()
        while counts.total() < count:
            name, answered, _ = self.read()
            if answered is not None:
                counts[name] += 1
        return counts


def tell(counts):
    for name, count in sorted(counts.items()):
        print(name, count, flush=True)


def flood(connection):
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    calls = [
        (MANAGER, *LIST),
        (MANAGER, *LIST, NO_REPLY),
        (MANAGER, "QuerySocket", "h", struct.pack("<I", 0), NO_REPLY, client.fileno()),
        (PROPERTIES, "GetAll", "s", text(MANAGER[2]), NO_REPLY),
        (MANAGER, "Nonsense", "", b"", NO_REPLY),
    ]
    count = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        for call in calls:
            connection.call(*call)
            count += 1
            if count == 2000:
                print("floods", flush=True)
    print("calls", count, flush=True)


def main():
    connection = Connection()
    if sys.argv[1] == "flood":
        return flood(connection)
    if sys.argv[1] == "calls":
        count = int(sys.argv[2])
        for _ in range(count):
            connection.call(MANAGER, *LIST)
        print("called", flush=True)
        sys.stdin.readline()
        return tell(connection.read_answers(count))
    connection.read_until(connection.call(MANAGER, "Subscribe", "a{sv}", struct.pack("<I4x", 0)))
    print("subscribed", flush=True)
    sys.stdin.readline()
    # its answer comes behind all signals before it
    tell(connection.read_until(connection.call(MANAGER, "Unsubscribe")))


main()
