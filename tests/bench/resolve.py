"""resolve.py CTL-SOCKET TIER NAME - how long a daemon takes to resolve a name.

Asks through the control socket, $COLD times with the cache emptied before (gw reload) and $WARM times
without, and prints one line: tier, cold median and worst, warm median, 99th percentile and worst, in
milliseconds.  What is measured is the resolver's own time (`took_us` of gw resolve -v).  It fails when
another tier has answered."""
import json
import os
import socket
import sys
import time


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p / 100))]


class Control:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile("r")

    def ask(self, **request):
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        if not answer["ok"]:
            sys.exit("%s: %s" % (request, answer["error"]))
        return answer

    def resolve(self, name):
        return self.ask(cmd="resolve", name=name, verbose=True)


def cold(control, tier, name, rounds):
    times = []
    for _ in range(rounds):
        control.ask(cmd="reload")
        time.sleep(0.05)
        answer = control.resolve(name)
        if not answer["found"] or answer["tier"] != tier or answer["cached"]:
            sys.exit("%s is not found in %s: %s" % (name, tier, json.dumps(answer)))
        times.append(answer["took_us"] / 1000)
    return times


def main():
    path, tier, name = sys.argv[1:]
    control = Control(path)
    first = cold(control, tier, name, int(os.environ.get("COLD", "20")))
    again = [control.resolve(name)["took_us"] / 1000
             for _ in range(int(os.environ.get("WARM", "2000")))]
    print("%-12s %9.3f %9.3f %9.3f %9.3f %9.3f" % (
        tier.replace(" ", "-"), percentile(first, 50), max(first), percentile(again, 50),
        percentile(again, 99), max(again)))


main()
