#!/usr/bin/env python3
"""many.py - both ends of tests/net/many.sh.

  many.py serve                   an echo service; prints its port
  many.py use PROXY ME-PID HOME-PID
"""
import asyncio
import os
import sys
import time

import gwtest as t
import procfs

IDLE, ACTIVE = 10000, 200
OPENING_AT_ONCE = 100
OCTETS = 1 << 20  # that an active one sends and gets back
PIECE = 1 << 16
KB_EACH = 4  # of memory in each daemon, for an idle connection
SPARE = 64   # descriptors of a daemon that are no connections'


# --- the service

async def echo(r, w):
    try:
        while data := await r.read(PIECE):
            w.write(data)
            await w.drain()
    except OSError:
        pass
    w.close()


async def serve():
    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# --- the clients

async def connect(proxy):
    r, w = await asyncio.open_connection(*proxy.split(":"))
    w.write(b"\5\1\0")
    t.expect(await r.readexactly(2) == b"\5\0", "another method")
    w.write(t.request("home", 7))
    head = await r.readexactly(10)  # address type 1
    t.expect(head[1] == 0, f"SOCKS reply {head[1]}")
    return r, w


async def ask(stream, text):
    """Each its own, so that no stream can pass for another."""
    r, w = stream
    w.write(text)
    t.expect(await r.readexactly(len(text)) == text, "another echo")


async def all_of(works):
    """Runs them, so many at a time; the results in order."""
    slots = asyncio.Semaphore(OPENING_AT_ONCE)

    async def one(work):
        async with slots:
            return await asyncio.wait_for(work, 30)
    return await asyncio.gather(*map(one, works))


async def open_idle(proxy, number):
    stream = await connect(proxy)
    await ask(stream, b"%08d" % number)
    return stream


async def transfer(stream):
    """Sends and receives at the same time."""
    r, w = stream
    content = os.urandom(OCTETS)

    async def send():
        for at in range(0, OCTETS, PIECE):
            w.write(content[at:at + PIECE])
            await w.drain()
        w.write_eof()
    sending = asyncio.ensure_future(send())
    got = await r.read(-1)
    await sending
    w.close()
    return got == content


class Figures:
    def __init__(self, pids):
        self.pids = pids
        self.before = self.kb()

    def kb(self):
        return [procfs.memory_kb(p) for p in self.pids]

    def show(self, what):
        now = self.kb()
        fds = [procfs.descriptors(p) for p in self.pids]
        print(f"{what}: me {now[0]} kB and {fds[0]} descriptors, home {now[1]} kB and {fds[1]}",
              flush=True)
        return max(n - b for n, b in zip(now, self.before)), max(fds)


async def use(proxy, pids):
    figures = Figures(pids)
    start = time.monotonic()
    idle = await all_of(open_idle(proxy, i) for i in range(IDLE))
    kb, fds = figures.show(f"{IDLE} idle, opened in {time.monotonic() - start:.1f} s")
    t.check(f"{IDLE} idle connections, each to its own", True)
    t.check("an idle one takes little memory", kb < IDLE * KB_EACH, f"{kb} kB more for all of them")
    t.check("and one descriptor at each end", IDLE <= fds <= IDLE + SPARE, f"{fds}")

    active = await all_of(connect(proxy) for _ in range(ACTIVE))
    start = time.monotonic()
    whole = await asyncio.wait_for(asyncio.gather(*map(transfer, active)), 60)
    took_s = time.monotonic() - start
    figures.show(f"{ACTIVE} active, {OCTETS} octets there and back in {took_s:.1f} s")
    t.check(f"{ACTIVE} active ones carry their own octets, whole", whole == [True] * ACTIVE,
            f"{whole.count(False)} others")
    start = time.monotonic()
    await all_of(ask(stream, b"again %08d" % i) for i, stream in enumerate(idle))
    print(f"{IDLE} idle ones asked again in {time.monotonic() - start:.1f} s")
    t.check("the idle ones work afterwards, each to its own", True)
    for _, w in idle:
        w.close()
    end = time.monotonic() + 20
    while max(procfs.descriptors(p) for p in pids) > SPARE and time.monotonic() < end:
        await asyncio.sleep(0.1)
    _, fds = figures.show("closed")
    t.check("nothing is left of them", fds <= SPARE, f"{fds} descriptors")


if sys.argv[1] == "serve":
    procfs.raise_descriptor_limit(0)
    asyncio.run(serve())
elif not procfs.raise_descriptor_limit(IDLE + ACTIVE + SPARE):
    print(f"skip {t.TEST}: many connections: the limit of descriptors is too low here")
else:
    daemons = [int(pid) for pid in sys.argv[3:]]
    t.attempt("nothing broke on the way", asyncio.run, use(sys.argv[2], daemons))
t.finish()
