#!/usr/bin/env python3
"""absolute.py PROXY HOME-OUT AWAY-OUT - two requests for two peers on one connection to the proxy.

The origins (`targets.py keep`) ignore `Connection: close`; what they print is in the two files.
"""
import json
import sys
import time

import gwtest as t

PROXY, HOME_OUT, AWAY_OUT = sys.argv[1:]


def request(host, path, method="GET", body=b""):
    head = f"{method} http://{host}/{path} HTTP/1.1\r\nHost: {host}\r\n"
    if body:
        head += f"Content-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


def seen(path):
    """All that came to an origin."""
    with open(path) as f:
        return "".join(json.loads(line) for line in f.readlines()[1:])


def check_answer(answer, text):
    head, _, body = answer.partition(b"\r\n\r\n")
    t.expect(head.startswith(b"HTTP/1.1 200 ") and b"\r\nConnection: close" in head
             and b"eep-" not in head, f"the head is {head}")
    t.expect(body == f"hello from {text}\n".encode(), f"the body is {body}")


def ask(first, *later, text, wait=None):
    """Sends the first, after `wait` the others one by one, and reads to the end."""
    with t.connect(PROXY) as s:
        s.settimeout(10)
        s.sendall(first)
        answer = b""
        for part in later:
            answer += wait(s)
            try:
                s.sendall(part)
            except OSError:
                break  # it is closed already
        check_answer(answer + t.recv_to_end(s), text)


def an_answer(s):
    return s.recv(4096)


def a_moment(_):
    time.sleep(0.1)
    return b""


def first_only(name):
    got = seen(HOME_OUT)
    t.expect(f"GET /{name}-1 " in got or f"POST /{name}-1 " in got, f"home got {got}")
    t.expect("-2" not in got and "away" not in got, f"home got {got}")
    t.expect("-2" not in seen(AWAY_OUT), "away got the second request")


def behind_at_once():
    ask(request("home", "a-1") + request("away", "a-2"), text="home")
    first_only("a")


def behind_a_body():
    ask(request("home", "b-1", "POST", b"hello") + request("away", "b-2"), text="home")
    first_only("b")


def before_the_answer():
    ask(request("home", "c-1"), request("away", "c-2"), text="home", wait=a_moment)
    first_only("c")


def behind_the_answer():
    ask(request("home", "d-1"), request("away", "d-2"), text="home", wait=an_answer)
    first_only("d")


def on_its_own():
    ask(request("away", "e-1"), text="away")
    t.expect("GET /e-1 HTTP/1.1\r\nHost: away\r\n" in seen(AWAY_OUT), "away got nothing")


t.attempt("a request behind another one reaches nobody", behind_at_once)
t.attempt("nor behind a body", behind_a_body)
t.attempt("nor before the answer", before_the_answer)
t.attempt("nor behind the answer", behind_the_answer)
t.attempt("a connection of its own reaches the other peer", on_its_own)
t.finish()
