#!/usr/bin/env python3
"""badsocks.py PROXY UDP-PORT - octets that no client should send, to the proxy and the QUIC port."""
import os
import random
import socket
import struct
import sys
import time

import gwtest as t

PROXY, UDP = sys.argv[1], int(sys.argv[2])
ECHO = 7


def still_works():
    with t.socks(PROXY, "home", ECHO) as s:
        s.sendall(b"x")
        t.expect(t.recv_exactly(s, 1) == b"x", "no echo afterwards")


def closed_within(s, limit_s):
    s.settimeout(limit_s)
    try:
        return t.recv_to_end(s)
    except ConnectionResetError:
        return b""
    except TimeoutError:
        raise AssertionError(f"still open after {limit_s} s") from None


def answer(octets, limit_s=3):
    """What the proxy says to these first octets before it closes."""
    with t.connect(PROXY) as s:
        s.sendall(octets)
        return closed_within(s, limit_s)


def code_for(message):
    """The reply code to a request as given."""
    with t.connect(PROXY) as s:
        s.sendall(b"\5\1\0")
        t.recv_exactly(s, 2)
        s.sendall(message)
        code = t.read_reply(s)
        t.expect(code == 0 or closed_within(s, 3) == b"", "octets after a refusal")
        return code


def half_a_greeting():
    t.expect(answer(b"\5\3\0") == b"", "an answer to half a greeting")


def expect_answer(octets, want):
    got = answer(octets)
    t.expect(got in want, f"answered {got!r}")


def http():
    got = answer(b"GET http://home/ HTTP/1.1\r\nHost: home\r\n" + b"a: b\n\r\n")
    t.expect(got.startswith(b"HTTP/1.1 400 "), f"answered {got!r}")


def expect_code(message, want):
    got = code_for(message)
    t.expect(got in want, f"reply {got}")


def name(octets, port=ECHO):
    return b"\5\1\0\3" + bytes([len(octets)]) + octets + struct.pack(">H", port)


def one_octet_at_a_time():
    with t.connect(PROXY) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in b"\5\1\0":
            s.sendall(bytes([octet]))
            time.sleep(0.005)
        t.recv_exactly(s, 2)
        for octet in t.request("home", ECHO):
            s.sendall(bytes([octet]))
            time.sleep(0.005)
        t.expect(t.read_reply(s) == 0, "refused")


def many_half_open():
    held = [t.connect(PROXY) for _ in range(300)]
    still_works()
    for s in held:
        s.close()


def garbage_datagrams():
    rnd = random.Random(1)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    to = ("127.0.0.1", UDP)
    for _ in range(2000):
        s.sendto(rnd.randbytes(rnd.randrange(1, 1500)), to)
    for _ in range(500):  # long headers of QUIC v1 and of an unknown version
        version = rnd.choice((b"\0\0\0\1", b"\x1a\x2a\x3a\x4a"))
        cid = rnd.randbytes(8)
        s.sendto(b"\xc3" + version + b"\x08" + cid + b"\x08" + cid + rnd.randbytes(1180), to)
    still_works()


def version_negotiation():
    """RFC 9000 s.6: an unknown version is answered with the ones we speak."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(3)
    dcid, scid = os.urandom(8), os.urandom(8)
    s.sendto(b"\xc3\x1a\x2a\x3a\x4a\x08" + dcid + b"\x08" + scid + bytes(1180), ("127.0.0.1", UDP))
    got = s.recv(1500)
    t.expect(got[0] & 0x80 and got[1:5] == bytes(4), f"not a version negotiation: {got[:5]!r}")
    t.expect(got[5:23] == b"\x08" + scid + b"\x08" + dcid, "connection ids not swapped")
    versions = [got[i:i + 4] for i in range(23, len(got), 4)]
    t.expect(b"\0\0\0\1" in versions, f"versions {versions!r}")


for what, test in (
        ("half a greeting is dropped after the deadline", half_a_greeting),
        ("a version that is none", lambda: expect_answer(b"\x09\1\0", (b"", b"\5\xff"))),
        ("an HTTP head with a bare line feed is refused as such", http),
        ("SOCKS4 is rejected", lambda: expect_answer(b"\4\1\0\x50\0\0\0\1u\0home\0",
                                                     (b"\0\x5b" + bytes(6),))),
        ("no methods", lambda: expect_answer(b"\5\0", (b"\5\xff",))),
        ("only a method we do not speak", lambda: expect_answer(b"\5\1\1", (b"\5\xff",))),
        ("an empty name", lambda: expect_code(name(b""), (1, 4))),
        ("a name of 255 octets", lambda: expect_code(name(b"a" * 255), (4,))),
        ("a name of 255 octets in labels",
         lambda: expect_code(name(b".".join([b"a" * 63] * 4)), (4,))),
        ("a NUL in a name", lambda: expect_code(name(b"home\0.evil"), (1, 4))),
        ("a control character in a name", lambda: expect_code(name(b"ho\nme"), (1, 4))),
        ("octets that are no ASCII in a name", lambda: expect_code(name(b"h\xc3\xb6me"), (4,))),
        ("port 0", lambda: expect_code(name(b"home", 0), range(1, 9))),
        ("BIND", lambda: expect_code(b"\5\2\0\1\1\2\3\4\0\x50", (7,))),
        ("a command that is none", lambda: expect_code(b"\5\x42\0\1\1\2\3\4\0\x50", (7,))),
        ("an address type that is none", lambda: expect_code(b"\5\1\0\2\1\2\3\4\0\x50", (8,))),
        ("one octet at a time is fine", one_octet_at_a_time),
        ("300 half-open clients keep nobody out", many_half_open),
        ("garbage datagrams at the QUIC port", garbage_datagrams),
        ("an unknown QUIC version is answered", version_negotiation),
        ("the proxy works after all of it", still_works)):
    t.attempt(what, test)
t.finish()
