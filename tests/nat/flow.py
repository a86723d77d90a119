#!/usr/bin/env python3
"""flow.py - a service that sends what it is asked for, at the pace it is asked for, and its client.

  flow.py serve PATH    on a Unix socket; prints "up".  A request is "OCTETS SECONDS [TEXT]\\n": so many
                        octets spread over that time, of the text again and again
  flow.py fetch PROXY NAME OCTETS SECONDS [TEXT]
                        asks service 9 of a peer through the proxy.  Prints "connected MS", then
                        "stall FROM TO" for each silence over 0.3 s, then "done MS" when the SHA-256
                        of what came is right.  MS since the beginning; FROM, TO: ms of the clock
"""
import hashlib
import itertools
import os
import socket
import sys
import threading
import time

import gwtest as t

SERVICE = 9
STALL_S, TICK_S = 0.3, 0.02
PIECE = 1 << 16


def pattern(octets, text):
    """The octets in pieces, no two of them alike, so that what is lost or repeated shows."""
    for i in itertools.count():
        if octets <= 0:
            return
        piece = (b"%08d %s " % (i, text.encode())).ljust(64, b".") * (PIECE // 64)
        yield piece[:octets]
        octets -= len(piece)


def digest(octets, text):
    sha = hashlib.sha256()
    for piece in pattern(octets, text):
        sha.update(piece)
    return sha.hexdigest()


def answer(s):
    octets, seconds, text = (s.recv(200).decode().split() + [""])[:3]
    data, total, start = pattern(int(octets), text), int(octets), time.monotonic()
    ready, sent = b"", 0
    while sent < total:
        share = min(1, (time.monotonic() - start + TICK_S) / float(seconds)) if float(seconds) else 1
        while sent < int(total * share):
            ready = ready or next(data)
            n = s.send(ready[:int(total * share) - sent])
            ready, sent = ready[n:], sent + n
        time.sleep(TICK_S if sent < total else 0)
    s.shutdown(socket.SHUT_WR)
    s.recv(1)


def serve(path):
    def one(s):
        with s:
            try:
                answer(s)
            except OSError:
                pass  # the client, or the way to it, is gone

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen(128)
    print("up", flush=True)
    while True:
        threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()


def fetch(proxy, name, octets, seconds, text="", timeout=30):
    """Yields ("connected", ms), ("stall", from, to)..., ("done", ms); raises when the octets differ."""
    start = time.time()
    sha, count = hashlib.sha256(), 0
    with t.socks(proxy, name, SERVICE, timeout) as s:
        yield "connected", (time.time() - start) * 1000
        s.sendall(f"{octets} {seconds} {text}\n".encode())
        last = time.time()
        while data := s.recv(PIECE):
            now = time.time()
            if count and now - last > STALL_S:
                yield "stall", last * 1000, now * 1000
            last, count = now, count + len(data)
            sha.update(data)
    t.expect(count == octets and sha.hexdigest() == digest(octets, text), f"{count} octets, not as sent")
    yield "done", (time.time() - start) * 1000


def main(command, *words):
    if command == "serve":
        serve(*words)
    proxy, name, octets, seconds = words[:4]
    for event, *times in fetch(proxy, name, int(octets), seconds, *words[4:]):
        print(event, *(round(ms, 1) for ms in times), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
