#!/usr/bin/env python3
"""probe.py - what a NAT does, seen from both sides, in the terms of RFC 4787.

  probe.py serve ADDR [ADDR2]     the far side: UDP and TCP ports 3478 and 3479, TCP 443
  probe.py classify ADDR ADDR2 [-p PORT]
        one line: MAPPING FILTERING kept|changed tcp443=open|blocked tcp3478=open|blocked
        -p: the local port to map, free ones else
  probe.py mapped ADDR PORT       the address that the far side sees PORT as, "HOST:PORT" or "none"
  probe.py lifetime ADDR S,S,...  for which of these idle times an answer still comes in
  probe.py rtt ADDR               round-trip time, the least of ten, in milliseconds
  probe.py loss ADDR COUNT        how many of COUNT requests, sent once each, stay unanswered
  probe.py hairpin ADDR           "yes" when another socket here reaches the outer address, or "no"
"""
import random
import select
import socket
import sys
import time

PORTS = (3478, 3479)
TCP_ONLY = 443
TRIES, TRY_S = 3, 0.4
FILTERING = {(1, 1, 1, 1): "EIF", (1, 1, 0, 0): "ADF", (1, 0, 0, 0): "APDF", (0, 0, 0, 0): "blocked"}


def udp(addr, local="", port=0):
    """A socket of the family of `addr`."""
    s = socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((local, port))
    return s


def serve(addrs):
    """A request is "TOKEN I J WAIT": answer from address I, port J, WAIT seconds from now.
    The answer is "TOKEN HOST PORT", where the request came from."""
    socks = {(i, j): udp(a, a, p) for i, a in enumerate(addrs) for j, p in enumerate(PORTS)}
    family = socket.AF_INET6 if ":" in addrs[0] else socket.AF_INET
    tcp = [socket.create_server((addrs[0], p), family=family) for p in (TCP_ONLY, *PORTS)]
    print("up", flush=True)
    later = []
    while True:
        wait_s = max(0.0, min(e[0] for e in later) - time.monotonic()) if later else None
        for s in select.select([*socks.values(), *tcp], [], [], wait_s)[0]:
            if s in tcp:
                s.accept()[0].close()
                continue
            request, sender = s.recvfrom(2000)
            token, i, j, delay = request.decode().split()
            later.append((time.monotonic() + float(delay), (int(i), int(j)), token, sender))
        now = time.monotonic()
        for entry in [e for e in later if e[0] <= now]:
            later.remove(entry)
            _, which, token, sender = entry
            socks[which].sendto(f"{token} {sender[0]} {sender[1]}".encode(), sender)


def answers(s, limit_s):
    """What arrives on the socket within the time, as words."""
    end = time.monotonic() + limit_s
    while (left := end - time.monotonic()) > 0:
        if select.select([s], [], [], left)[0]:
            yield s.recv(2000).decode().split()


def ask(s, to, reply=(0, 0), tries=TRIES):
    """The (address, port) that a request seems to come from, or None without an answer."""
    for _ in range(tries):
        token = f"{random.getrandbits(32):08x}"
        s.sendto(f"{token} {reply[0]} {reply[1]} 0".encode(), to)
        for words in answers(s, TRY_S):
            if words[0] == token:
                return words[1], int(words[2])
    return None


def own_address(addr):
    with udp(addr) as s:
        s.connect((addr, PORTS[0]))
        return s.getsockname()[0]


def mapping(addrs, port):
    """(MAPPING, kept or changed): what four far sides see of one socket."""
    with udp(addrs[0], port=port) as s:
        local = s.getsockname()[1]
        seen = [ask(s, (addrs[i], PORTS[j]), (i, j)) for i in (0, 1) for j in (0, 1)]
    if not any(seen):
        return "blocked", "-"
    kept = "kept" if seen[0] and seen[0][1] == local else "changed"
    if len(set(seen)) == 1:
        return "none" if seen[0] == (own_address(addrs[0]), local) else "EIM", kept
    return "ADM" if seen[0] == seen[1] and seen[2] == seen[3] else "APDM", kept


def filtering(addrs):
    """Who may answer in place of the one who was asked; a fresh socket for each."""
    got = []
    for reply in ((0, 0), (0, 1), (1, 0), (1, 1)):
        with udp(addrs[0]) as s:
            got.append(int(ask(s, (addrs[0], PORTS[0]), reply, tries=2) is not None))
    return FILTERING.get(tuple(got), f"odd{got}")


def tcp(addr, port):
    try:
        socket.create_connection((addr, port), timeout=1).close()
        return "open"
    except OSError:
        return "blocked"


def classify(first, second, *option):
    mapped, kept = mapping((first, second), int(option[1]) if option else 0)
    print(mapped, filtering((first, second)), kept,
          *(f"tcp{p}={tcp(first, p)}" for p in (TCP_ONLY, PORTS[0])))


def mapped_as(addr, port):
    with udp(addr, port=int(port)) as s:
        seen = ask(s, (addr, PORTS[0]))
    print("{}:{}".format(*seen) if seen else "none")


def lifetime(addr, times):
    """All at once: each answer comes after its way has lain idle for so long."""
    waits = [float(t) for t in times.split(",")]
    socks = []
    for wait in waits:
        s = udp(addr)
        s.sendto(f"idle 0 0 {wait}".encode(), (addr, PORTS[0]))
        socks.append(s)
    time.sleep(max(waits) + 0.5)
    print(*(t for t, s in zip(times.split(","), socks) if select.select([s], [], [], 0)[0]))


def rtt(addr):
    best = float("inf")
    with udp(addr) as s:
        for _ in range(10):
            start = time.monotonic()
            if ask(s, (addr, PORTS[0])):
                best = min(best, time.monotonic() - start)
    print(f"{best * 1000:.1f}")


def loss(addr, count):
    got = set()
    with udp(addr) as s:
        for i in range(int(count)):
            s.sendto(f"{i} 0 0 0".encode(), (addr, PORTS[0]))
            got.update(words[0] for words in answers(s, 0.001))
        got.update(words[0] for words in answers(s, 1))
    print(int(count) - len(got))


def hairpin(addr):
    with udp(addr) as inner, udp(addr) as caller:
        outer = ask(inner, (addr, PORTS[0]))
        ask(caller, (addr, PORTS[0]))
        caller.sendto(b"hairpin", outer)
        print("yes" if any(words == ["hairpin"] for words in answers(inner, 0.5)) else "no")


COMMANDS = {"classify": classify, "mapped": mapped_as, "lifetime": lifetime, "rtt": rtt,
            "loss": loss, "hairpin": hairpin, "serve": lambda *addrs: serve(addrs)}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
