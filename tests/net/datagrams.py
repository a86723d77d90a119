#!/usr/bin/python3
"""datagrams.py - both ends of tests/net/datagrams.sh.

  datagrams.py serve PORTFILE             echo; a DNS query is answered with 192.0.2.53, and printed
  datagrams.py associate PROXY NAME PORT  four associations at once; says how many came back
  datagrams.py forward PORT LENGTH        one datagram through a -U forward; says how many octets
"""
import select
import socket
import struct
import sys

import dnsmsg

TOTAL, EACH, WINDOW = 10000, 4, 16
LENGTH = 1200


def serve(portfile):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.bind(("127.0.0.1", 0))
    with open(portfile, "w", encoding="ascii") as f:
        f.write(f"{s.getsockname()[1]}\n")
    while True:
        v, who = s.recvfrom(65535)
        asked = dnsmsg.question(v)
        if asked:
            print("asked for", asked[0], flush=True)
        s.sendto(dnsmsg.answer(v, ["192.0.2.53"]) if asked else v, who)


def associate(proxy, name, port):
    """Each association sends datagrams that bear its own mark; what comes back must bear it too."""
    import socks
    host, proxy_port = proxy.split(":")
    ends = []
    for _ in range(EACH):
        s = socks.socksocket(socket.AF_INET, socket.SOCK_DGRAM)
        s.set_proxy(socks.SOCKS5, host, int(proxy_port))
        ends.append({"s": s, "sent": 0, "got": 0, "last": -1})
    wrong = disordered = 0
    while any(e["got"] < TOTAL // EACH for e in ends):
        for k, e in enumerate(ends):
            while e["sent"] < TOTAL // EACH and e["sent"] - e["got"] < WINDOW:
                e["s"].sendto(struct.pack("!II", k, e["sent"]).ljust(LENGTH, b"."), (name, port))
                e["sent"] += 1
        ready = select.select([e["s"] for e in ends], [], [], 5)[0]
        if not ready:
            break
        for k, e in enumerate(ends):
            if e["s"] in ready:
                v, _ = e["s"].recvfrom(65535)
                mark, number = struct.unpack("!II", v[:8])
                wrong += mark != k or len(v) != LENGTH
                disordered += number <= e["last"]
                e["last"] = number
                e["got"] += 1
    print(sum(e["got"] for e in ends), wrong, disordered)


def forward(port, length):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(10)
    s.sendto(b"z" * length, ("127.0.0.1", port))
    v, who = s.recvfrom(65535)
    print(len(v), who[1] == port)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    elif sys.argv[1] == "associate":
        associate(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        forward(int(sys.argv[2]), int(sys.argv[3]))
