#!/usr/bin/env python3
"""relay.py HOST:PORT - a UDP middlebox in front of a server, as a NAT is one for its client.

Prints the port on 127.0.0.1 that the client sends to.  SIGUSR1: from now on the server sees
another port; SIGUSR2: another port and address; SIGHUP: everything is dropped, or no longer.
"""
import selectors
import signal
import socket
import sys

SIZE = 65536
BUFFER = 4 << 20


def udp(host):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    s.setblocking(False)
    s.bind((host, 0))
    return s


class Relay:
    def __init__(self, server):
        self.server, self.client, self.dropping = server, None, False
        self.inside = udp("127.0.0.1")
        self.wait = selectors.DefaultSelector()
        self.wait.register(self.inside, selectors.EVENT_READ)
        self.outside = None
        self.rebind("127.0.0.1")

    def rebind(self, host):
        if self.outside:
            self.wait.unregister(self.outside)
            self.outside.close()
        self.outside = udp(host)
        self.wait.register(self.outside, selectors.EVENT_READ)

    def drop(self):
        self.dropping = not self.dropping

    def pass_on(self, source):
        for _ in range(64):
            try:
                data, sender = source.recvfrom(SIZE)
            except OSError:
                return
            if source is self.inside:
                self.client = sender
            to = (self.outside, self.server) if source is self.inside else (self.inside, self.client)
            if not self.dropping:
                try:
                    to[0].sendto(data, to[1])
                except OSError:
                    pass

    def run(self):
        while True:
            for key, _ in self.wait.select(0.1):
                if key.fileobj.fileno() >= 0:
                    self.pass_on(key.fileobj)


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    relay = Relay((host, int(port)))
    signal.signal(signal.SIGUSR1, lambda *_: relay.rebind("127.0.0.1"))
    signal.signal(signal.SIGUSR2, lambda *_: relay.rebind("127.0.0.2"))
    signal.signal(signal.SIGHUP, lambda *_: relay.drop())
    print(relay.inside.getsockname()[1], flush=True)
    relay.run()


if __name__ == "__main__":
    main()
