#!/usr/bin/env python3
"""dnsload.py HOST PORT WHAT ... - a DNS server under load, and under clients of another kind.

  rate NAME PER-SECOND SECONDS   questions for A by UDP; prints "SENT ANSWERED"
  garbage COUNT                  datagrams and connections full of broken messages
  slow COUNT SECONDS             connections that send one octet a second; prints how many are open
                                 at the end
  raw HEX                        one datagram; prints the answer in hex, or nothing
"""
import random
import select
import socket
import struct
import sys
import time


def question(ident, name, kind=1):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">HHHHHH", ident, 0x0100, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, kind, 1)


def connected(to):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(to)
    return s


def rate(to, name, per_second, seconds):
    s = connected(to)
    s.setblocking(False)
    waiting, sent, answered = set(), 0, 0
    start = time.monotonic()
    end = start + seconds
    while time.monotonic() < end + 1 and (time.monotonic() < end or waiting):
        due = int((min(time.monotonic(), end) - start) * per_second)
        while sent < due:
            ident = sent & 0xFFFF
            s.send(question(ident, name))
            waiting.add(ident)
            sent += 1
        if select.select([s], [], [], 0.002)[0]:
            while True:
                try:
                    answer = s.recv(4096)
                except BlockingIOError:
                    break
                ident, flags, _, count = struct.unpack(">HHHH", answer[:8])
                if flags & 0x800F == 0x8000 and count == 1 and ident in waiting:
                    waiting.discard(ident)
                    answered += 1
    print(sent, answered)


def broken(rnd):
    """A message with faults, or nothing like one."""
    if rnd.random() < 0.2:
        return rnd.randbytes(rnd.randrange(0, 600))
    message = bytearray(question(rnd.randrange(65536), rnd.choice(["home", "a.b.c", "x" * 63, "_ssh._tcp.home"]),
                                 rnd.choice([1, 12, 16, 33, 41, 252, 255])))
    for _ in range(rnd.randrange(1, 6)):
        message[rnd.randrange(len(message))] = rnd.randrange(256)
    return bytes(message[:rnd.randrange(1, len(message) + 1)] if rnd.random() < 0.3 else message)


def garbage(to, count):
    rnd = random.Random(53)
    datagrams = connected(to)
    for i in range(count):
        message = broken(rnd)
        try:
            datagrams.send(message)
        except ConnectionRefusedError:
            sys.exit("nobody listens any more")
        if i % 10 == 0:
            with socket.create_connection(to, 5) as s:
                try:
                    s.sendall(struct.pack(">H", rnd.choice([len(message), 0xFFFF, 0])) + message)
                except OSError:
                    pass  # hung up on, as it should be
        if i % 200 == 0:
            time.sleep(0.01)


def is_open(s):
    s.setblocking(False)
    try:
        return s.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def slow(to, count, seconds):
    message = struct.pack(">H", 400) + bytes(400)
    clients = [socket.create_connection(to, 5) for _ in range(count)]
    for i in range(seconds):
        for s in clients:
            try:
                s.send(message[i:i + 1], socket.MSG_NOSIGNAL)
            except OSError:
                pass
        time.sleep(1)
    print(sum(is_open(s) for s in clients))


def raw(to, text):
    s = connected(to)
    s.settimeout(1)
    s.send(bytes.fromhex(text))
    try:
        print(s.recv(4096).hex())
    except TimeoutError:
        pass


def main():
    to, what, rest = (sys.argv[1], int(sys.argv[2])), sys.argv[3], sys.argv[4:]
    {"rate": lambda: rate(to, rest[0], int(rest[1]), int(rest[2])),
     "garbage": lambda: garbage(to, int(rest[0])),
     "slow": lambda: slow(to, int(rest[0]), int(rest[1])),
     "raw": lambda: raw(to, rest[0])}[what]()


main()
