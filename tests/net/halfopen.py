#!/usr/bin/env python3
"""halfopen.py PROXY GW-PID LIMIT PAGE - 5 000 half-open clients, half-open = LIMIT.

In a process of its own the flood keeps its 5 000 sockets open, makes a new one for each that gw
closes, and once a second sends one octet more by those that began an HTTP head.
"""
import asyncio
import subprocess
import sys
import time

import gwtest as t
import procfs

CLIENTS = 5000
REOPENED_AT_ONCE, PAUSE_S = 100, 0.05
FETCHES = 15
SPARE = 64  # descriptors of gw that are no half-open clients'
KB_EACH = 3  # of memory, for one half-open client
HTTP_HEAD = b"CONNECT home:80 HTTP/1.1\r\nX-Slow: "
BEGINNINGS = (b"", b"\5", b"\5\2\0", b"\5\1\0\5\1\0\3\x04ho", b"\4\1\0\x50\0\0\0\1me", b"GE",
              HTTP_HEAD)
WHAT = f"half-open = {sys.argv[3] if len(sys.argv) > 3 else ''}"


# --- the flood

class Flood:
    def __init__(self, host, port):
        self.host, self.port, self.made, self.open = host, port, 0, set()

    async def hold(self):
        try:
            r, w = await asyncio.open_connection(self.host, self.port)
        except OSError:
            return
        beginning = BEGINNINGS[self.made % len(BEGINNINGS)]
        self.made += 1
        client = (w, beginning == HTTP_HEAD)
        self.open.add(client)
        try:
            w.write(beginning)
            while await r.read(64):
                pass
        except OSError:
            pass
        self.open.discard(client)
        w.close()

    async def drip(self):
        while True:
            await asyncio.sleep(1)
            for w, is_http in list(self.open):
                if is_http and not w.is_closing():
                    w.write(b"x")

    async def run(self):
        asyncio.ensure_future(self.drip())
        holds, told = set(), False
        while True:
            for _ in range(min(REOPENED_AT_ONCE, CLIENTS - len(holds))):
                task = asyncio.ensure_future(self.hold())
                holds.add(task)
                task.add_done_callback(holds.discard)
            if not told and self.made >= CLIENTS:
                print("up", flush=True)
                told = True
            await asyncio.sleep(PAUSE_S)


# --- who means it

def fetch(proxy, scheme):
    start = time.monotonic()
    got = subprocess.run(["curl", "-sS", "--noproxy", "", "--max-time", "5", "-x",
                          f"{scheme}://{proxy}", "http://home/"], capture_output=True, check=False)
    t.expect(got.stdout.decode().strip() == PAGE, f"{got.stdout!r} {got.stderr!r}")
    return time.monotonic() - start


def echo(s):
    s.sendall(b"still here")
    t.expect(t.recv_exactly(s, 10) == b"still here", "another echo")


class Trial:
    def __init__(self, proxy, pid, limit):
        self.proxy, self.pid, self.limit = proxy, pid, limit
        self.slowest_s = 0
        self.fds = self.kb = 0

    def fetch_all(self):
        for scheme in ("socks5h", "socks4a", "http"):
            self.slowest_s = max(self.slowest_s, fetch(self.proxy, scheme))

    def measure(self):
        self.fds = max(self.fds, procfs.descriptors(self.pid))
        self.kb = max(self.kb, procfs.memory_kb(self.pid))

    def during(self):
        for _ in range(FETCHES):
            self.fetch_all()
            self.measure()
            time.sleep(0.1)

    def drip(self):
        """Until gw has had enough of it."""
        start = time.monotonic()
        with t.connect(self.proxy, 0.5) as s:
            s.sendall(HTTP_HEAD)
            while time.monotonic() - start < 10:
                try:
                    s.sendall(b"x")
                    if not s.recv(1):
                        return
                except TimeoutError:
                    continue
                except ConnectionError:
                    return
        t.expect(False, "a head is being read for 10 s")

    def settles(self, fds):
        end = time.monotonic() + 10
        while procfs.descriptors(self.pid) > fds:
            t.expect(time.monotonic() < end, f"more than {fds} descriptors 10 s after")
            time.sleep(0.1)

    def run(self):
        held = t.socks(self.proxy, "home", 7)
        echo(held)
        self.fetch_all()
        fds, kb = procfs.descriptors(self.pid), procfs.memory_kb(self.pid)
        with subprocess.Popen([sys.executable, __file__, "flood", self.proxy],
                              stdout=subprocess.PIPE) as flood:
            t.check(f"{WHAT}: {CLIENTS} clients come", flood.stdout.readline() == b"up\n")
            t.attempt(f"{WHAT}: pages are fetched meanwhile", self.during)
            t.attempt(f"{WHAT}: an open stream goes on", echo, held)
            room = min(self.limit, CLIENTS)
            t.check(f"{WHAT}: as many are open as may be",
                    room * 9 // 10 < self.fds <= room + fds + SPARE, f"{self.fds} descriptors")
            t.check(f"{WHAT}: its memory stays small", self.kb - kb < room * KB_EACH,
                    f"from {kb} to {self.kb} kB")
            flood.kill()
        t.attempt(f"{WHAT}: nothing is left of them", self.settles, fds)
        t.attempt(f"{WHAT}: pages are fetched afterwards", self.fetch_all)
        t.attempt(f"{WHAT}: a head that grows octet by octet is not read for ever", self.drip)
        held.close()
        print(f"{WHAT}: at most {self.fds} descriptors, memory {kb} kB before and {self.kb} kB with "
              f"them, slowest page {self.slowest_s * 1000:.0f} ms", flush=True)


if sys.argv[1] == "flood":
    procfs.raise_descriptor_limit(CLIENTS)
    asyncio.run(Flood(*sys.argv[2].split(":")).run())
PAGE = sys.argv[4]
if procfs.raise_descriptor_limit(CLIENTS + 1000):
    Trial(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).run()
else:
    print(f"skip {t.TEST}: {WHAT}: the limit of descriptors is too low here")
t.finish()
