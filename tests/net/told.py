#!/usr/bin/python3
"""told.py PORTFILE - a service that says what it was told of its caller: PROXY protocol v2 (command,
family, source, TLV 0xE0) when the octets begin with it, else the X-Gw-Peer fields of an HTTP request.
It keeps HTTP connections open."""
import socket
import socketserver
import sys

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


class Service(socketserver.StreamRequestHandler):
    def proxy(self):
        head = self.rfile.read(4)
        body = self.rfile.read(int.from_bytes(head[2:4], "big"))
        source = socket.inet_ntoa(body[:4])
        tlv = body[12:]
        length = int.from_bytes(tlv[1:3], "big")
        self.wfile.write(f"{head[0]:02x} {head[1]:02x} {source} {tlv[0]:02x} "
                         f"{tlv[3:3 + length].decode()}\n".encode())

    def http(self, first):
        while first:
            fields = [first]
            while fields[-1].strip():
                fields.append(self.rfile.readline())
            told = [f.decode().strip() for f in fields if b"gw" in f.lower()]
            body = ("\n".join(told) + "\n").encode()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            first = self.rfile.readline()

    def handle(self):
        first = self.rfile.read(len(SIGNATURE))
        if first == SIGNATURE:
            self.proxy()
        else:
            self.http(first + self.rfile.readline())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Service)
with open(sys.argv[1], "w", encoding="ascii") as f:
    f.write(f"{server.server_address[1]}\n")
server.serve_forever()
