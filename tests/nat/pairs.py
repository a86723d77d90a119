#!/usr/bin/env python3
"""pairs.py - every kind of network to every other: connected, and direct wherever theory allows.

  pairs.py [-n RUNS] [OPTION...]     OPTION: of each LAN in the lab, such as ports=shift delay=20ms

One relay, and on either side one host in each kind of network: 64 pairs, all at the same time.  A
run has new daemons with the old keys, and NATs that know nothing yet.  Prints result lines for all
runs together, and a table.  Needs $GW, $NATLAB, $T (a directory) and $TEST in the environment.
"""
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import flow
import gwtest as t
from netns import enter

KINDS = {"public": "nat=public v6=open", "full": "nat=full", "addr": "nat=addr", "port": "nat=port",
         "sym": "nat=sym", "cgnat": "nat=cgnat", "fw": "nat=fw v6=fw", "udpblock": "nat=udpblock"}
FILTERING = {"public": "EIF", "full": "EIF", "addr": "ADF"}  # others: APDF
GW, LAB, T = os.environ["GW"], os.environ["NATLAB"], Path(os.environ["T"])
NATLAB = Path(__file__).resolve().parent.parent / "lab" / "natlab"
PROXY = "127.0.0.1:1080"
CONNECT_S, DIRECT_S, START_S = 30, 20, 20
SMALL, BULK = 20_000, 300_000
AT_ONCE = 8  # of the bulk transfers
STILL = 100_000  # what 42 kept relayed connections may cost the relay meanwhile
PAIRS = list(itertools.product(KINDS, KINDS))


def in_theory(a, b):
    """Can the pair be direct over UDP?  A symmetric NAT's packets come from a port that nobody
    foresees: the other side must not filter by port."""
    if "udpblock" in (a, b):
        return False
    return not any(one == "sym" and other not in FILTERING for one, other in ((a, b), (b, a)))


DIRECT = [pair for pair in PAIRS if in_theory(*pair)]
assert len(DIRECT) == 42


def me(kind):
    return f"a{kind}"


def home(kind):
    return f"b{kind}"


def natlab(*words, text=None):
    return subprocess.run([NATLAB, *words], input=text, text=True, check=True,
                          stdout=subprocess.PIPE).stdout.strip()


def gw(name, *words):
    return subprocess.run([GW, "-d", T / name, *words], text=True, check=True, timeout=10,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()


def gw_answers(name):
    try:
        return gw(name, "status")
    except subprocess.CalledProcessError:
        return None


def wait_for(what, fn, limit_s):
    end = time.monotonic() + limit_s
    while not fn():
        t.expect(time.monotonic() < end, f"{what}: not within {limit_s} s")
        time.sleep(0.1)


class Net:
    """The lab, the daemons' directories and, during a run, the daemons."""

    def __init__(self, lan_options):
        spec = ["host relay"]
        for name, (kind, options) in itertools.product((me, home), KINDS.items()):
            spec.append(f"lan {name(kind)} hosts={name(kind)}x {options} {' '.join(lan_options)}")
        self.spec = "\n".join(spec) + "\n"
        self.daemons = []
        names = ["relay", *map(me, KINDS), *map(home, KINDS)]
        for name in names:
            (T / name).mkdir(mode=0o700)
        self.ids = {name: gw(name, "id") for name in names}
        for kind in KINDS:
            self.allow(home(kind), map(me, KINDS))
        self.allow("relay", map(home, KINDS))

    def allow(self, name, peers):
        path = T / name / "authorized_keys"
        path.write_text("".join(f"{self.ids[peer]}\n" for peer in peers))
        path.chmod(0o600)

    def start(self, name, host, *options):
        with open(T / f"{name}.log", "a") as log:
            self.daemons.append(subprocess.Popen(
                ["ip", "netns", "exec", f"{LAB}.{host}", GW, "-d", T / name, *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def relay_status(self):
        return json.loads(gw("relay", "status", "--json"))["relay"]

    def up(self):
        natlab("-o", str(os.getppid()), "up", "-", text=self.spec)
        address = natlab("addr", "relay")
        udp, tcp = (f"/ip4/{address}/udp/4001/quic-v1", f"/ip4/{address}/tcp/443")
        self.start("relay", "relay", "-R", "-D", "none", "-l", "/ip4/0.0.0.0/udp/4001/quic-v1",
                   "-l", "/ip4/0.0.0.0/tcp/443")
        relays = {at: f"{at}/p2p/{self.ids['relay']}" for at in (udp, tcp)}
        for kind in KINDS:
            self.start(home(kind), f"{home(kind)}x", "-D", "none", "-S", f"flow:9=unix:{T}/flow.sock",
                       "-r", relays[tcp if kind == "udpblock" else udp])
            (T / me(kind) / "names").write_text("".join(
                f"{far} {self.ids[home(far)]} {relays[udp]}/p2p-circuit {relays[tcp]}/p2p-circuit\n"
                for far in KINDS))
            self.start(me(kind), f"{me(kind)}x", "-D", PROXY)
        for name in self.ids:
            wait_for(f"{name} is ready", lambda: gw_answers(name), START_S)
        wait_for("8 reservations", lambda: self.relay_status()["reservations"] == len(KINDS), START_S)

    def down(self):
        for daemon in self.daemons:
            daemon.terminate()
        for daemon in self.daemons:
            daemon.wait(10)
        self.daemons.clear()

    def fetch(self, pair, octets):
        """In a thread, which goes into the near side's namespace.  What went wrong, or None."""
        try:
            enter(f"{LAB}.{me(pair[0])}x")
            for _ in flow.fetch(PROXY, pair[1], octets, 0, timeout=CONNECT_S):
                pass
        except Exception as e:  # noqa: BLE001 - any failure is a result
            return f"{type(e).__name__}: {e}"
        return None

    def fetch_all(self, pairs, octets, at_once):
        with ThreadPoolExecutor(at_once) as pool:
            return dict(zip(pairs, pool.map(lambda pair: self.fetch(pair, octets), pairs)))

    def direct_pairs(self):
        """The pairs with a direct path, as their near sides see it."""
        found = set()
        for kind in KINDS:
            peers = json.loads(gw(me(kind), "status", "--json"))["peers"]
            direct = {p["id"] for p in peers if p["path"] == "direct"}
            found |= {(kind, far) for far in KINDS if self.ids[home(far)] in direct}
        return found


class Tally:
    """What was seen, of all runs."""

    def __init__(self):
        self.runs = 0
        self.direct = dict.fromkeys(PAIRS, 0)
        self.bad = {"connected": [], "direct": [], "still": [], "works": []}

    def note(self, promise, subject, why):
        self.bad[promise].append(f"run {self.runs}: {subject}: {why}")

    def note_all(self, promise, outcomes):
        """Of Net.fetch_all(); returns the pairs that failed."""
        failed = {pair for pair, why in outcomes.items() if why}
        for pair in sorted(failed):
            self.note(promise, " to ".join(pair), outcomes[pair])
        return failed

    def table(self):
        print(f"direct, of {self.runs} runs; rows: the near side; * theory says relay")
        print(f"{'':9}" + "".join(f"{b:>9}" for b in KINDS))
        for a in KINDS:
            cells = (f"{self.direct[a, b]}{'' if in_theory(a, b) else '*'}" for b in KINDS)
            print(f"{a:9}" + "".join(f"{cell:>9}" for cell in cells), flush=True)


def run(net, tally):
    tally.runs += 1
    failed = tally.note_all("connected", net.fetch_all(PAIRS, SMALL, len(PAIRS)))
    start = time.monotonic()
    while not (direct := net.direct_pairs()) >= set(DIRECT) and time.monotonic() - start < DIRECT_S:
        time.sleep(0.2)
    print(f"run {tally.runs}: {len(direct)} direct after {time.monotonic() - start:.1f} s", flush=True)
    for pair in direct:
        tally.direct[pair] += 1
    for pair in sorted(set(DIRECT) - direct):
        tally.note("direct", " to ".join(pair), f"not within {DIRECT_S} s")
    before = net.relay_status()["bytes"]
    tally.note_all("works", net.fetch_all(sorted(direct), BULK, AT_ONCE))
    grown = net.relay_status()["bytes"] - before
    if grown > STILL:
        tally.note("still", "all", f"the relay carried {grown} octets of {BULK * len(direct)}")
    relayed = set(PAIRS) - direct - failed
    tally.note_all("works", net.fetch_all(sorted(relayed), BULK, AT_ONCE))


def main(words):
    runs = int(words[1]) if words[:1] == ["-n"] else 1
    options = words[2:] if words[:1] == ["-n"] else words
    threading.Thread(target=flow.serve, args=(f"{T}/flow.sock",), daemon=True).start()
    net, tally = Net(options), Tally()
    for _ in range(runs):
        try:
            net.up()
            run(net, tally)
        except (AssertionError, OSError, subprocess.SubprocessError) as e:
            t.check(f"run {tally.runs} begins and ends", False, e)
        finally:
            net.down()
    tally.table()
    for promise, name in (("connected", "all 64 pairs are connected through the relay"),
                          ("direct", "the 42 pairs that theory allows are direct"),
                          ("still", "direct transfers cost the relay nothing"),
                          ("works", "transfers on the path found")):
        bad = tally.bad[promise]
        t.check(f"{name}, in {runs} runs", not bad and tally.runs == runs,
                f"{tally.runs} runs, {len(bad)} failures: {'; '.join(bad[:5])}")
    t.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
