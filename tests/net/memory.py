#!/usr/bin/env python3
"""memory.py PROXY GW GUEST-DIRECTORY HOME-PID ME-PID - takes memory away from one daemon, then from
the other: by RLIMIT_AS, to what it has and a little."""
import hashlib
import os
import resource
import subprocess
import sys
import time

import gwtest as t
import procfs
import targets

PROXY, GW, GUEST = sys.argv[1:4]
PIDS = {"home": int(sys.argv[4]), "me": int(sys.argv[5])}
OCTETS = 1000000
WHOLE = hashlib.sha256(b"".join(targets.pattern(OCTETS))).digest()
LITTLE = (0, 4 << 10, 32 << 10, 128 << 10, 512 << 10, 2200 << 10, 4 << 20)


def check_whole(data, how):
    t.expect(hashlib.sha256(data).digest() == WHOLE, f"{how} ended in order after {len(data)} octets")


def by_proxy():
    with t.socks(PROXY, "home", 8, 10) as s:
        check_whole(t.recv_to_end(s, 2 * OCTETS), "a connection")


def by_new_peer():
    """Without a daemon of its own: a handshake each time."""
    r = subprocess.run([GW, "-d", GUEST, "nc", "home", "8"], stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=20, check=False)
    if r.returncode:
        raise OSError(r.stderr)
    check_whole(r.stdout, "nc")


def limit(pid, more):
    size = resource.RLIM_INFINITY
    if more is not None:
        with open(f"/proc/{pid}/statm", encoding="ascii") as f:
            size = int(f.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") + more
    resource.prlimit(pid, resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))


def use():
    for once in (by_proxy, by_new_peer):
        try:
            once()
        except (OSError, EOFError, t.Refused):
            pass  # which it may


def use_without_memory(pid):
    for more in 2 * LITTLE:
        limit(pid, more)
        use()
    limit(pid, None)


def until(seconds, fn, why):
    end = time.time() + seconds
    while not fn():
        t.expect(time.time() < end, why)
        time.sleep(0.05)


def works():
    try:
        by_proxy()
        by_new_peer()
    except (OSError, EOFError, t.Refused):
        return False
    return True


def serves_again():
    until(10, works, "nothing is served 10 s after there was memory again")


def leaves_nothing(pid, before):
    until(10, lambda: procfs.descriptors(pid) <= before,
          f"{procfs.descriptors(pid)} descriptors, {before} before")


t.attempt("before memory runs out", serves_again)
for name, its_pid in PIDS.items():
    descriptors = procfs.descriptors(its_pid)
    t.attempt(f"without memory {name} lives, and cuts nothing short", use_without_memory, its_pid)
    t.attempt(f"with memory {name} serves again", serves_again)
    t.attempt(f"{name} has all its descriptors back", leaves_nothing, its_pid, descriptors)
t.finish()
