#!/usr/bin/env python3
"""fetch.py PROXY HOST PORT - reads a service to its end; prints "begun", then "COUNT SHA256"."""
import hashlib
import socket
import sys

import gwtest as t

s = t.socks(sys.argv[1], sys.argv[2], int(sys.argv[3]), 30)
s.shutdown(socket.SHUT_WR)
sha, count = hashlib.sha256(), 0
while data := s.recv(1 << 18):
    if count == 0:
        print("begun", flush=True)
    count += len(data)
    sha.update(data)
print(count, sha.hexdigest())
