"""gwtest.py - what the Python parts of tests/net share: result lines and a SOCKS5 client.

The client writes its octets by hand, so that tests can send what no library would.
"""
import os
import socket
import struct
import sys

TEST = os.environ["TEST"]
failed = 0


def check(name, good, why=""):
    """One result line.  Returns `good`."""
    global failed
    if good:
        print(f"ok {TEST}: {name}", flush=True)
    else:
        failed += 1
        print(f"not ok {TEST}: {name}: {why}", flush=True)
    return good


def attempt(name, fn, *args):
    """Runs a test function; what it raises is the reason it failed."""
    try:
        fn(*args)
    except Exception as e:  # noqa: BLE001 - any failure is a result
        check(name, False, f"{type(e).__name__}: {e}")
    else:
        check(name, True)


def finish():
    sys.exit(1 if failed else 0)


def expect(condition, why):
    if not condition:
        raise AssertionError(why)


class Refused(Exception):
    """The proxy answered with another reply code than 0."""

    def __init__(self, code):
        super().__init__(f"SOCKS reply {code}")
        self.code = code


def recv_exactly(s, n):
    data = b""
    while len(data) < n:
        got = s.recv(n - len(data))
        if not got:
            raise EOFError(f"closed after {len(data)} of {n} octets")
        data += got
    return data


def recv_to_end(s, limit=1 << 20):
    data = b""
    while len(data) < limit:
        got = s.recv(65536)
        if not got:
            break
        data += got
    return data


def connect(proxy, timeout=15):
    host, port = proxy.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout)


def request(host, port):
    name = host if isinstance(host, bytes) else host.encode()
    return b"\5\1\0\3" + bytes([len(name)]) + name + struct.pack(">H", port)


def read_reply(s):
    """Reads a whole reply; returns the code."""
    head = recv_exactly(s, 4)
    expect(head[0] == 5 and head[2] == 0, f"bad reply {head!r}")
    expect(head[3] in (1, 4), f"address type {head[3]} in a reply")
    recv_exactly(s, 6 if head[3] == 1 else 18)
    return head[1]


def socks(proxy, host, port, timeout=15):
    """A connected socket to `host:port` through the proxy, or Refused."""
    s = connect(proxy, timeout)
    s.sendall(b"\5\1\0")
    expect(recv_exactly(s, 2) == b"\5\0", "the proxy wants another method")
    s.sendall(request(host, port))
    code = read_reply(s)
    if code:
        s.close()
        raise Refused(code)
    return s


def reply_code(proxy, host, port, timeout=15):
    """The reply code of a CONNECT; 0 is success."""
    try:
        socks(proxy, host, port, timeout).close()
    except Refused as e:
        return e.code
    return 0


def reset(s):
    """Closes with RST."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
