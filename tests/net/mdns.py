"""mdns.py - the LAN's talk as a bystander hears it, and a liar's part in it.

mdns.py query NAME TYPE          one question by plain DNS from a port of its own (RFC 6762 s.6.7);
                                prints the answer's id, flags, counts, port and text
mdns.py hear SECONDS             prints a line for each datagram to the group: "ADDRESS question|answer"
mdns.py lie ID NAME PORT SECONDS says, again and again, that the peer ID is called NAME and is here, at
                                PORT; with garbage in between
"""
import os
import random
import select
import socket
import struct
import sys
import time

GROUP4, GROUP6, PORT = "224.0.0.251", "ff02::fb", 5353
TYPES = {"A": 1, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33}
SERVICE = "_p2p._udp.local"


def name(text):
    return b"".join(bytes([len(x)]) + x.encode() for x in text.split(".")) + b"\0"


def record(owner, kind, data, ttl=120, flush=0x8000):
    return name(owner) + struct.pack("!HHIH", TYPES[kind], 1 | flush, ttl, len(data)) + data


def txt(strings):
    return b"".join(bytes([len(s)]) + s.encode() for s in strings)


def member(interface):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind(("", PORT))
    index = socket.if_nametoindex(interface)
    joined = struct.pack("4s4si", socket.inet_aton(GROUP4), b"\0" * 4, index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, joined)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    return s


def query(asked, kind):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(2)
    message = struct.pack("!6H", 4711, 0, 1, 0, 0, 0) + name(asked) + struct.pack("!HH", TYPES[kind], 1)
    s.sendto(message, (GROUP4, PORT))
    answer, who = s.recvfrom(9000)
    number, flags, *counts = struct.unpack("!6H", answer[:12])
    text = "".join(chr(b) if 32 < b < 127 else " " for b in answer[12:])
    print(number, "%04x" % flags, *counts, who[1], text)


def hear(seconds):
    s = member("eth0")
    end = time.time() + float(seconds)
    while (left := end - time.time()) > 0:
        if select.select([s], [], [], left)[0]:
            data, who = s.recvfrom(9000)
            is_answer = len(data) > 2 and data[2] & 0x80
            print(who[0], "answer" if is_answer else "question", flush=True)


def lie(peer, called, port, seconds):
    s = member("eth0")
    end = time.time() + float(seconds)
    here = socket.gethostbyname(os.environ["HERE"])
    label = "l" * 32 + "." + SERVICE
    claims = ["gw-name=" + called] + ["dnsaddr=/ip4/%s/udp/%d/quic-v1/p2p/%s" % (here, int(port) + i, peer)
                                      for i in range(8)]
    message = struct.pack("!6H", 0, 0x8400, 0, 1, 0, 1) + record(SERVICE, "PTR", name(label), flush=0)
    message += record(label, "TXT", txt(claims))
    while time.time() < end:
        s.sendto(message, (GROUP4, PORT))
        cut = message[:random.randrange(len(message))]
        s.sendto(cut, (GROUP4, PORT))
        noise = bytearray(message)
        for _ in range(8):
            noise[random.randrange(len(noise))] = random.randrange(256)
        s.sendto(bytes(noise), (GROUP4, PORT))
        s.sendto(struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + b"\xc0\x0c" * 20, (GROUP4, PORT))
        s.sendto(os.urandom(300), (GROUP4, PORT))
        time.sleep(0.05)


if __name__ == "__main__":
    {"query": query, "hear": hear, "lie": lie}[sys.argv[1]](*sys.argv[2:])
