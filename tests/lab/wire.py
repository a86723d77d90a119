"""wire.py - the long-distance links: a process between two taps that delays and loses packets.

Not every kernel has netem.  Costs 0.3-0.5 ms per round trip and carries some 300 Mbit/s in all.
Both ways are treated alike; packets keep their order; ARP and neighbour discovery pass at once.
"""
import collections
import errno
import fcntl
import json
import os
import random
import select
import signal
import struct
import sys
import time

import topology
from netns import enter

TUNSETIFF, TAP_BARE = 0x400454CA, 0x1002  # IFF_TAP | IFF_NO_PI
PACKETS_PER_TURN = 32
GONE = (errno.EIO, errno.ENETDOWN)  # a far end that is down


def is_discovery(frame):
    ethertype = frame[12:14]
    return ethertype == b"\x08\x06" or (
        ethertype == b"\x86\xdd" and frame[20] == 58 and 133 <= frame[54] <= 137)


class Way:
    """One direction of a link."""

    def __init__(self, out):
        self.out, self.queue = out, collections.deque()
        self.delay_s = self.loss = 0.0

    def push(self, frame, now):
        if is_discovery(frame):
            self.write(frame)
        elif random.random() >= self.loss:
            self.queue.append((now + self.delay_s, frame))

    def write(self, frame):
        try:
            os.write(self.out, frame)
        except BlockingIOError:
            pass  # the device is full: lost, as on a real link
        except OSError as e:
            if e.errno not in GONE:
                raise

    def send_due(self, now):
        """Returns when the next one is due, or None."""
        while self.queue and self.queue[0][0] <= now:
            self.write(self.queue.popleft()[1])
        return self.queue[0][0] if self.queue else None


def open_tap(namespace, device):
    enter(namespace)
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", device.encode(), TAP_BARE))
    return fd


def read_frames(fd):
    for _ in range(PACKETS_PER_TURN):
        try:
            yield os.read(fd, 65536)
        except BlockingIOError:
            return
        except OSError as e:
            if e.errno not in GONE:
                raise
            return


def main(path):
    """Runs until it is ended.  Prints "up" when it holds the taps; SIGHUP: the state has changed."""
    ways, by_name = {}, {}

    def load(*_):
        with open(path) as f:
            state = json.load(f)
        for name, o in topology.links(state).items():
            for way in by_name.get(name, ()):
                way.delay_s = topology.quantity("delay", o["delay"])
                way.loss = topology.quantity("loss", o["loss"])
        return state

    state = load()
    for name, o in topology.links(state).items():
        if o["wire"]:
            near, far = open_tap(*topology.near_end(state, name)), open_tap(*topology.far_end(state, name))
            ways[near], ways[far] = Way(far), Way(near)
            by_name[name] = (ways[near], ways[far])
    load()
    signal.signal(signal.SIGHUP, load)
    print("up", flush=True)
    sys.stdout.close()
    fds = list(ways)
    while True:
        now = time.monotonic()
        due = [t for t in (way.send_due(now) for way in ways.values()) if t is not None]
        wait_s = max(0.0, min(due) - time.monotonic()) if due else 1.0
        for fd in select.select(fds, [], [], wait_s)[0]:
            for frame in read_frames(fd):
                ways[fd].push(frame, time.monotonic())


if __name__ == "__main__":
    main(sys.argv[1])
