#!/usr/bin/env python3
"""outside.py - the programs of tests/net/exits.sh; each says on stdout what it was asked.

  outside.py web                      a page on port 80 of every address here: "HERE CALLER"
  outside.py dns ADDR NAME=ADDR...    a DNS server on ADDR; a name may have several
"""
import collections
import http.server
import socket
import socketserver
import sys

import dnsmsg


def plain(address):
    return address.removeprefix("::ffff:")


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        here = plain(self.connection.getsockname()[0])
        body = f"{here} {plain(self.client_address[0])}\n".encode()
        print(here, flush=True)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Web(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def dns(address, entries):
    zone = collections.defaultdict(list)
    for name, to in (entry.split("=") for entry in entries):
        zone[name].append(to)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 53))
    print("ready", flush=True)
    while True:
        query, who = s.recvfrom(4096)
        asked = dnsmsg.question(query)
        if asked:
            print(asked[0], flush=True)
            s.sendto(dnsmsg.answer(query, zone.get(asked[0])), who)


if __name__ == "__main__":
    if sys.argv[1] == "web":
        server = Web(("::", 80), Page)
        print("ready", flush=True)
        server.serve_forever()
    else:
        dns(sys.argv[2], sys.argv[3:])
