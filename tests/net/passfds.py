#!/usr/bin/env python3
"""passfds.py ADDRESS... -- PROGRAM [ARGUMENT...] - stands in for systemd (sd_listen_fds(3)): becomes the
program with a listening socket for each address, from descriptor 3 on.  ADDRESS: HOST:PORT, a path, or
`file`, a descriptor that is no socket.  $PASS_PID takes the place of the process's own id."""
import os
import socket
import sys

split = sys.argv.index("--")
socks = []
for address in sys.argv[1:split]:
    if address == "file":
        socks.append(open("/dev/null"))
        continue
    if "/" in address:
        s = socket.socket(socket.AF_UNIX)
        s.bind(address)
    else:
        host, port = address.rsplit(":", 1)
        s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((host.strip("[]"), int(port)))
    s.listen(64)
    socks.append(s)
fds = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(socks)]
for i, fd in enumerate(fds):
    os.dup2(fd, 3 + i)
    os.close(fd)
os.environ["LISTEN_PID"] = os.environ.get("PASS_PID", str(os.getpid()))
os.environ["LISTEN_FDS"] = str(len(fds))
os.environ["LISTEN_FDNAMES"] = ":".join("gw.socket" for _ in fds)
os.execv(sys.argv[split + 1], sys.argv[split + 1:])
