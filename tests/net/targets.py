#!/usr/bin/env python3
"""targets.py KIND [ARGUMENT] - a small service to put behind gw; prints where it listens.

  echo [PATH]   sends back what comes; with a PATH on a Unix socket
  sum           reads to the end, then answers "COUNT SHA256" and ends
  source N      sends N octets made from a counter, ends, then reads on (see `sum` for the report:
                after the peer has ended too it prints "COUNT SHA256" on stdout)
  reset         answers the first octets with RST
  watch         reads; prints on stdout how each connection ended: "end" or "reset"
  mute          accepts, and says and reads nothing
  hang          never accepts: with its backlog full, a connect() to it gets no answer
  web TEXT      one small HTTP page
  keep TEXT     the same after 0.3 s, again and again on one connection: `Connection: close` is
                ignored, and whatever comes is printed, as one line of JSON

Listens on 127.0.0.1, any free port; the first line on stdout is the port.
"""
import hashlib
import json
import os
import socket
import struct
import sys
import threading
import time

CHUNK = 1 << 18


def say(text):
    print(text, flush=True)


def pattern(n):
    """n octets that no two chunks of have in common, cheap to make."""
    block = hashlib.sha512(b"gw").digest() * (CHUNK // 64)
    sent = 0
    while sent < n:
        piece = struct.pack(">Q", sent) + block[8:]
        yield piece[:n - sent]
        sent += CHUNK


def digest(s):
    count, sha = 0, hashlib.sha256()
    while True:
        data = s.recv(CHUNK)
        if not data:
            return f"{count} {sha.hexdigest()}"
        count += len(data)
        sha.update(data)


def echo(s):
    while data := s.recv(CHUNK):
        s.sendall(data)


def answer_sum(s):
    s.sendall(digest(s).encode())


def source(s, n):
    for piece in pattern(int(n)):
        s.sendall(piece)
    s.shutdown(socket.SHUT_WR)
    say(digest(s))


def answer_reset(s):
    s.recv(CHUNK)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def watch(s):
    try:
        while s.recv(CHUNK):
            pass
        say("end")
    except ConnectionResetError:
        say("reset")


def mute(s):
    time.sleep(3600)


def web(s, text):
    while b"\r\n\r\n" not in s.recv(CHUNK):
        pass
    body = text.encode() + b"\n"
    s.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n"
              b"Content-Length: %d\r\n\r\n" % len(body) + body)


def keep(s, text):
    body = text.encode() + b"\n"
    while data := s.recv(CHUNK):
        say(json.dumps(data.decode("latin-1")))
        time.sleep(0.3)
        s.sendall(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(body) + body)


KINDS = {"echo": echo, "sum": answer_sum, "source": source, "reset": answer_reset,
         "watch": watch, "mute": mute, "web": web,
         "keep": keep}


def run(fn, s, args):
    with s:
        try:
            fn(s, *args)
        except OSError:
            pass


def hang():
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    held = []
    while True:  # the queue is full when a connect no longer succeeds at once
        s = socket.socket()
        s.settimeout(0.3)
        held.append(s)
        try:
            s.connect(listener.getsockname())
        except OSError:
            break
    say(listener.getsockname()[1])
    time.sleep(3600)


def main():
    kind, args = sys.argv[1], sys.argv[2:]
    if kind == "hang":
        hang()
    if kind == "echo" and args:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(args.pop())
        listener.listen(1024)
        say(os.path.basename(listener.getsockname()))
    else:
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        say(listener.getsockname()[1])
    while True:
        s, _ = listener.accept()
        threading.Thread(target=run, args=(KINDS[kind], s, args), daemon=True).start()


if __name__ == "__main__":
    main()
