#!/usr/bin/env python3
"""firefox.py PROFILE SCREENS NAME=URL... - one headless Firefox visits every URL in turn.

The text of each page goes to PROFILE/NAME.txt, its picture to SCREENS/firefox-NAME.png.  Spoken is
Marionette, Firefox's own remote protocol: LENGTH:JSON both ways.
"""
import base64
import json
import os
import socket
import subprocess
import sys
import time

START_S, PAGE_S = 30, 60


class Marionette:
    def __init__(self, port):
        self.stream = socket.create_connection(("127.0.0.1", port), PAGE_S).makefile("rwb")
        self.last = 0
        self.receive()  # who it is

    def receive(self):
        length = b""
        while not length.endswith(b":"):
            octet = self.stream.read(1)
            if not octet:
                raise EOFError("Firefox has gone")
            length += octet
        return json.loads(self.stream.read(int(length[:-1])))

    def __call__(self, command, **parameters):
        self.last += 1
        text = json.dumps([0, self.last, command, parameters]).encode()
        self.stream.write(b"%d:%s" % (len(text), text))
        self.stream.flush()
        _, number, error, value = self.receive()
        assert number == self.last
        if error:
            raise RuntimeError(f"{command}: {error['message']}")
        return value


def port_of(profile, firefox):
    """Firefox writes it there when it listens."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and firefox.poll() is None:
        try:
            with open(f"{profile}/MarionetteActivePort", encoding="ascii") as f:
                return int(f.read())
        except (FileNotFoundError, ValueError):
            time.sleep(0.05)
    raise TimeoutError(f"Firefox did not start (exit status {firefox.poll()})")


def visit(do, url):
    """The text of the page, or why it is not there."""
    try:
        do("WebDriver:Navigate", url=url)
    except RuntimeError as e:
        return str(e)
    return do("WebDriver:ExecuteScript", script="return document.body.textContent", args=[])["value"]


def main():
    profile, screens, *pages = sys.argv[1:]
    firefox = subprocess.Popen(["firefox-esr", "--headless", "--no-remote", "--marionette",
                                "--profile", profile], stdout=sys.stderr)
    try:
        do = Marionette(port_of(profile, firefox))
        do("WebDriver:NewSession")
        do("WebDriver:SetWindowRect", width=900, height=700)
        for page in pages:
            name, url = page.split("=", 1)
            with open(f"{profile}/{name}.txt", "w", encoding="utf-8") as f:
                f.write(visit(do, url))
            picture = do("WebDriver:TakeScreenshot", full=False)["value"]
            with open(f"{screens}/firefox-{name}.png", "wb") as f:
                f.write(base64.b64decode(picture))
        do("Marionette:Quit", flags=["eForceQuit"])
        firefox.wait(10)
    finally:
        firefox.kill()


main()
