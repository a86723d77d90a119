#!/usr/bin/env python3
"""seek.py - looks for a text where it should not be.

  seek.py wire NAMESPACE TEXT    in every packet of a network namespace until SIGTERM; prints
                                 "listening", at the end "packets N" and "found N"
  seek.py memory PID TEXT        in what a process can write to; prints how often it is there
"""
import re
import select
import signal
import socket
import sys

from netns import enter

ETH_P_ALL = 3
PIECE = 1 << 22


def wire(namespace, text):
    enter(namespace)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    s.setblocking(False)
    ended, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGTERM, lambda *_: None)
    print("listening", flush=True)
    packets = found = 0
    while ended not in select.select([s, ended], [], [])[0]:
        packets, found = packets + 1, found + (text in s.recv(1 << 17))
    print("packets", packets)
    print("found", found)


def memory(pid, text):
    found = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in maps:
            begin, end, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            at, end = int(begin, 16), int(end, 16)
            if not mode.startswith("rw"):
                continue
            tail = b""
            while at < end:
                try:
                    mem.seek(at)
                    data = mem.read(min(PIECE, end - at))
                except OSError:
                    break  # it is gone, or not to be read
                if not data:
                    break
                found += (tail + data).count(text)
                tail, at = data[-(len(text) - 1):], at + len(data)
    print(found)


if __name__ == "__main__":
    {"wire": wire, "memory": memory}[sys.argv[1]](sys.argv[2], sys.argv[3].encode())
