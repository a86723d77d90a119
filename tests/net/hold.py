#!/usr/bin/env python3
"""hold.py PROXY HOST PORT - keeps a stream to an echo service open; prints "open", then how it ended."""
import sys

import gwtest as t

s = t.socks(sys.argv[1], sys.argv[2], int(sys.argv[3]))
s.sendall(b"x")
t.recv_exactly(s, 1)
print("open", flush=True)
s.settimeout(40)
try:
    print("data" if s.recv(1) else "end")
except ConnectionResetError:
    print("reset")
except TimeoutError:
    print("still open")
