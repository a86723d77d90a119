#!/usr/bin/env python3
"""exhaust.py PROXY GW-PID - more clients than gw has descriptors: it must not spin, nor stay broken."""
import os
import sys
import time

import gwtest as t

PROXY, PID = sys.argv[1], sys.argv[2]
TICK = os.sysconf("SC_CLK_TCK")


def cpu_s():
    with open(f"/proc/{PID}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def open_one():
    with t.socks(PROXY, "home", 7, 5) as s:
        s.sendall(b"x")
        t.expect(t.recv_exactly(s, 1) == b"x", "no echo")


def too_many():
    held = []
    for _ in range(100):
        try:
            s = t.connect(PROXY, 1)
            s.sendall(b"\5\1\0")
            held.append(s)
        except OSError:
            break
    time.sleep(0.5)
    before = cpu_s()
    time.sleep(1)
    used = cpu_s() - before
    for s in held:
        s.close()
    t.expect(used < 0.5, f"{used} s of CPU in one second without descriptors")


def works_again():
    end = time.time() + 5
    while True:
        try:
            return open_one()
        except (OSError, EOFError, AssertionError, t.Refused):
            t.expect(time.time() < end, "no connection 5 s after the clients went")
            time.sleep(0.1)


t.attempt("before descriptors run out", open_one)
t.attempt("it does not spin without descriptors", too_many)
t.attempt("it works again when clients have gone", works_again)
t.finish()
