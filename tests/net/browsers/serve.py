#!/usr/bin/env python3
"""serve.py DIRECTORY - the web site that the browsers visit; prints its port.

  /?WHO              work.html, which does the work
  /part/N.svg|js|css its resources
  /echo              a WebSocket (RFC 6455) that sends back every message
  /download          DOWNLOAD octets
  /result?WHO        POST: what the work came to, kept as DIRECTORY/WHO.json together with what was sent
  /done?WHO          an image, once the result of WHO is here
"""
import base64
import hashlib
import http.server
import json
import os
import struct
import sys
import threading
import zlib

DOWNLOAD = 50_000_000
DONE_TIMEOUT_S = 60
BLOCK = hashlib.shake_128(b"gw").digest(1 << 20)
WEBSOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE = 1, 2, 8

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="40"><rect width="{0}" height="40"/></svg>'
PARTS = {
    "svg": ("image/svg+xml", SVG),
    "js": ("text/javascript", "window.scripts.push({});"),
    "css": ("text/css", ":root {{ --part-{0}: {0} }}"),
}
here = os.path.dirname(os.path.abspath(__file__))
directory = sys.argv[1]
results = {}
news = threading.Condition()


def download():
    """Blocks that begin with their number: none can take the place of another."""
    left, number = DOWNLOAD, 0
    while left:
        block = (struct.pack(">Q", number) + BLOCK[8:])[:left]
        yield block
        left -= len(block)
        number += 1


def adler32():
    value = 1
    for block in download():
        value = zlib.adler32(block, value)
    return value


SENT = {"octets": DOWNLOAD, "adler32": adler32()}


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def head(self, kind, length, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        if self.close_connection:  # it was asked for, and the browser has to know (RFC 9112 s.9.6)
            self.send_header("Connection", "close")
        self.end_headers()

    def answer(self, kind, body, status=200):
        self.head(kind, len(body), status)
        self.wfile.write(body)

    def who(self):
        return self.path.partition("?")[2]

    def part(self):
        number, _, kind = self.path.removeprefix("/part/").partition(".")
        mime, text = PARTS[kind]
        self.answer(mime, text.format(int(number)).encode())

    def send_download(self):
        self.head("application/octet-stream", DOWNLOAD)
        for block in download():
            self.wfile.write(block)

    def done(self):
        with news:
            good = news.wait_for(lambda: self.who() in results, DONE_TIMEOUT_S)
        self.answer("image/svg+xml", SVG.format(600).encode(), 200 if good else 504)

    def frame(self):
        """One unfragmented frame: its opcode and its payload."""
        first, length = self.rfile.read(2)
        length &= 0x7f
        if length == 126:
            length, = struct.unpack(">H", self.rfile.read(2))
        elif length == 127:
            length, = struct.unpack(">Q", self.rfile.read(8))
        mask = self.rfile.read(4)
        mask = (mask * (length // 4 + 1))[:length]
        payload = int.from_bytes(self.rfile.read(length), "big") ^ int.from_bytes(mask, "big")
        return first & 0xf, payload.to_bytes(length, "big")

    def echo(self):
        key = self.headers["Sec-WebSocket-Key"].encode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept",
                         base64.b64encode(hashlib.sha1(key + WEBSOCKET_GUID).digest()).decode())
        self.end_headers()
        self.close_connection = True
        opcode = TEXT
        while opcode != CLOSE:
            opcode, payload = self.frame()
            head = bytes([0x80 | opcode])
            n = len(payload)
            if n < 126:
                head += bytes([n])
            elif n < 1 << 16:
                head += struct.pack(">BH", 126, n)
            else:
                head += struct.pack(">BQ", 127, n)
            self.wfile.write(head + payload)

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/":
            with open(f"{here}/work.html", "rb") as page:
                self.answer("text/html; charset=utf-8", page.read())
        elif path.startswith("/part/"):
            self.part()
        elif path == "/echo":
            self.echo()
        elif path == "/download":
            self.send_download()
        elif path == "/done":
            self.done()
        else:
            self.answer("text/plain", b"not here\n", 404)

    def do_POST(self):
        result = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(f"{directory}/{self.who()}.json", "w", encoding="utf-8") as f:
            json.dump(result | {"sent": SENT}, f)
        self.answer("text/plain", b"thank you\n")
        with news:
            results[self.who()] = result
            news.notify_all()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
