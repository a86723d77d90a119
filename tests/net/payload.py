#!/usr/bin/env python3
"""payload.py PROXY SOURCE-OUT WATCH-OUT GW-PID... - the client of payload.sh."""
import hashlib
import os
import re
import socket
import sys
import threading
import time

import gwtest as t
from targets import pattern

PROXY, SOURCE_OUT, WATCH_OUT = sys.argv[1:4]
PIDS = sys.argv[4:]
BIG = 100_000_000
ECHO, SUM, SOURCE, RESET, WATCH = 7, 8, 9, 10, 11


def sha_of_pattern(n):
    sha = hashlib.sha256()
    for piece in pattern(n):
        sha.update(piece)
    return sha.hexdigest()


BIG_SHA = sha_of_pattern(BIG)


def lines(path):
    with open(path) as f:
        return f.read().splitlines()[1:]  # the first is the port


def wait_for(fn, why, limit_s=10):
    end = time.time() + limit_s
    while not fn():
        t.expect(time.time() < end, why)
        time.sleep(0.05)


def send_pattern(s, n):
    for piece in pattern(n):
        s.sendall(piece)


def read_digest(s):
    sha, count = hashlib.sha256(), 0
    while data := s.recv(1 << 18):
        count += len(data)
        sha.update(data)
    return count, sha.hexdigest()


def up():
    """The client ends first; the answer comes after its FIN."""
    s = t.socks(PROXY, "home", SUM, 60)
    send_pattern(s, BIG)
    s.shutdown(socket.SHUT_WR)
    got = t.recv_to_end(s).decode()
    t.expect(got == f"{BIG} {BIG_SHA}", f"the other end had {got}")


def down():
    """The service ends first; the client then still sends, and ends."""
    before = len(lines(SOURCE_OUT))
    s = t.socks(PROXY, "home", SOURCE, 60)
    count, sha = read_digest(s)
    t.expect((count, sha) == (BIG, BIG_SHA), f"{count} octets, {sha}")
    send_pattern(s, 3_000_000)
    s.shutdown(socket.SHUT_WR)
    wait_for(lambda: len(lines(SOURCE_OUT)) > before, "the late octets did not arrive")
    want = f"3000000 {sha_of_pattern(3_000_000)}"
    t.expect(lines(SOURCE_OUT)[-1] == want, f"after its end the service had {lines(SOURCE_OUT)[-1]}")


def both_ways():
    s = t.socks(PROXY, "home", ECHO, 60)
    writer = threading.Thread(target=lambda: (send_pattern(s, BIG), s.shutdown(socket.SHUT_WR)))
    writer.start()
    count, sha = read_digest(s)
    writer.join()
    t.expect((count, sha) == (BIG, BIG_SHA), f"{count} octets, {sha}")


def early_data():
    """Greeting, request and payload in one segment: the payload goes first, once."""
    s = t.connect(PROXY)
    s.sendall(b"\5\1\0" + t.request("home", ECHO) + b"first")
    t.recv_exactly(s, 2)
    t.expect(t.read_reply(s) == 0, "refused")
    s.sendall(b" second")
    t.expect(t.recv_exactly(s, 12) == b"first second", "not what was sent")


def slow_reader():
    """Nobody reads for a while: the sender is held back, nothing is lost, others go on."""
    slow = t.socks(PROXY, "home", SOURCE, 60)
    time.sleep(1)
    quick = t.socks(PROXY, "home", ECHO, 5)
    quick.sendall(b"x")
    t.expect(t.recv_exactly(quick, 1) == b"x", "no echo beside it")
    count, sha = read_digest(slow)
    t.expect((count, sha) == (BIG, BIG_SHA), f"{count} octets, {sha}")


def reset_from_service():
    s = t.socks(PROXY, "home", RESET)
    s.sendall(b"x")
    try:
        data = s.recv(1)
    except ConnectionResetError:
        return
    t.expect(False, f"no reset but {data!r}")


def end_of(action):
    """What the service sees after the client has sent something and then does `action`."""
    before = len(lines(WATCH_OUT))
    s = t.socks(PROXY, "home", WATCH)
    s.sendall(b"x" * 100_000)
    time.sleep(0.2)
    action(s)
    wait_for(lambda: len(lines(WATCH_OUT)) > before, "the service saw no end")
    return lines(WATCH_OUT)[-1]


def reset_from_client():
    got = end_of(t.reset)
    t.expect(got == "reset", f"the service saw {got}")


def end_from_client():
    got = end_of(lambda s: s.shutdown(socket.SHUT_WR))
    t.expect(got == "end", f"the service saw {got}")


def echo_once(payload):
    with t.socks(PROXY, "home", ECHO, 30) as s:
        s.sendall(payload)
        t.expect(t.recv_exactly(s, len(payload)) == payload, "another echo than what was sent")
        s.shutdown(socket.SHUT_WR)
        t.expect(s.recv(1) == b"", "something after the end")


def at_once(n):
    errors = []
    everyone = threading.Barrier(n)

    def one(i):
        try:
            with t.socks(PROXY, "home", ECHO, 30) as s:
                everyone.wait(30)
                payload = f"stream {i} ".encode() * 100
                s.sendall(payload)
                t.expect(t.recv_exactly(s, len(payload)) == payload, "another stream's octets")
        except Exception as e:  # noqa: BLE001 - reported below
            errors.append(f"{i}: {e!r}")
            everyone.abort()
    threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for th in threads:
        th.start()
    for th in threads:
        th.join()
    t.expect(not errors, f"{len(errors)} failed, {errors[:3]}")


def open_files():
    return [len(os.listdir(f"/proc/{pid}/fd")) for pid in PIDS]


def rss_kib():
    found = []
    for pid in PIDS:
        with open(f"/proc/{pid}/status") as f:
            found.append(int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]))
    return found


def opened_and_closed(n):
    for i in range(200):
        echo_once(b"warm up")
    time.sleep(0.5)
    files, rss = open_files(), rss_kib()
    for i in range(n):
        echo_once(b"%d" % i)
    wait_for(lambda: all(b <= a for a, b in zip(files, open_files())),
             f"descriptors: {files} before, {open_files()} after")
    grown = [b - a for a, b in zip(rss, rss_kib())]
    # Under AddressSanitizer freed memory waits in a quarantine: only descriptors can be judged.
    if not os.environ.get("GW_SANITIZED"):
        t.expect(max(grown) < 512, f"grown by {grown} KiB from {rss}")


for name, test in (
        ("100 MB up, the client ends first", up),
        ("100 MB down, the service ends first and reads on", down),
        ("100 MB both ways at the same time", both_ways),
        ("octets behind the request go first", early_data),
        ("a slow reader holds back only its own stream", slow_reader),
        ("a reset from the service reaches the client", reset_from_service),
        ("a reset from the client reaches the service", reset_from_client),
        ("an end from the client is an end, not a reset", end_from_client),
        ("200 connections at once", lambda: at_once(200)),
        ("2 000 opened and closed: descriptors and memory stay flat",
         lambda: opened_and_closed(2000))):
    t.attempt(name, test)
t.finish()
