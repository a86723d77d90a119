#!/usr/bin/env python3
"""pictures.py FILE... - complains of PNG files that are small, that show nothing, or that show the same."""
import struct
import sys
import zlib

WIDTH, HEIGHT, LINES = 600, 400, 30  # at least


def pixels(path):
    """Width, height and the rows of a PNG file as its filters left them."""
    with open(path, "rb") as f:
        data = f.read()
    assert data.startswith(b"\x89PNG\r\n\x1a\n"), "is no PNG"
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            width, height = struct.unpack(">II", data[at + 8:at + 16])
        elif kind == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += length + 12
    raw = zlib.decompress(packed)
    row = len(raw) // height
    return width, height, [raw[i:i + row] for i in range(0, len(raw), row)]


def main():
    seen = {}
    for path in sys.argv[1:]:
        width, height, rows = pixels(path)
        assert width >= WIDTH and height >= HEIGHT, f"{path} is {width} x {height}"
        assert len(set(rows)) >= LINES, f"{path} shows nothing"
        shown = b"".join(rows)
        assert shown not in seen, f"{path} shows the same as {seen[shown]}"
        seen[shown] = path


main()
