#!/usr/bin/env python3
"""notify.py NOTIFY_SOCKET - stands in for systemd (sd_notify(3)): prints each datagram on one line."""
import socket
import sys

path = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\0" + path[1:] if path.startswith("@") else path)
print("bound", flush=True)
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)
