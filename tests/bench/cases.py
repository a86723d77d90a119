"""cases.py - what is measured.  A case takes the lab, the name of the running system and the path
to the service, and returns a dict of numbers (units in the names)."""
import json
import select
import time

from lab import SERVER_IP, SERVICE, end, pss_kib
from systems import (gw_allow, gw_client, gw_dir, gw_names, gw_ready, gw_server)

SECS = 5.0  # length of a bulk measurement; gwbench.py sets it
CASES = {}


def case(fn):
    CASES[fn.__name__] = fn
    return fn


def is_wan(lab):
    return lab.profile == "wan"


# --- bulk
def bulk(mode, streams=1):
    def run(lab, system, path):
        # A side stream only where it costs nothing: on the WAN the count rides on the stream.
        side = ["-Q", f"{SERVER_IP}:{SERVICE}"] if mode == "up" and not is_wan(lab) else []
        return lab.load(mode, path, *side, "-c", streams, "-t", SECS, "-w", 2 if is_wan(lab) else 1)
    return run


CASES["down"], CASES["up"] = bulk("down"), bulk("up")
CASES["down16"], CASES["up16"] = bulk("down", 16), bulk("up", 16)


# --- latency
def ping_opts(lab, secs):
    return ["-t", secs, "-w", 0.3, *(["-c", 8] if is_wan(lab) else [])]


@case
def ping(lab, system, path):
    return lab.load("ping", path, *ping_opts(lab, 2))


@case
def loadping(lab, system, path):
    """Ping-pong (wan: on 8 streams) beside one bulk download through the same system."""
    secs = 10 if is_wan(lab) else 3
    bulk_run = lab.load_start("down", path, "-t", secs + 1.5, "-w", 1)
    time.sleep(1)
    r = lab.load("ping", path, *ping_opts(lab, secs))
    beside = lab.load_result(bulk_run)
    r["bulk_gbps"] = beside.get("gbps")
    r["failures"] = r.get("failures", 0) + beside.get("failures", 0)
    r["error"] = r.get("error") or beside.get("error")
    return r


# --- connections
@case
def conn1(lab, system, path):
    return lab.load("conn", path, "-c", 1, "-t", 2)


@case
def conn64(lab, system, path):
    return lab.load("conn", path, "-c", 64, "-t", 2)


@case
def newstream(lab, system, path):
    """From connect() to the SOCKS reply, to a peer that is connected already."""
    lab.load("open", path, "-n", 1)
    return lab.load("open", path, "-n", 30)


@case
def firstconn(lab, system, path):
    """The same to a peer that is not connected yet: a fresh daemon each time (gw only)."""
    if system != "gw":
        return None
    runs = []
    for _ in range(5):
        lab.stop_system()
        d, me = gw_dir(lab, "me")
        gw_names(d, gw_server(lab, [me]))
        gw_client(lab, d)
        runs.append(lab.load("open", path, "-n", 1))
    good = sorted(r["p50_us"] for r in runs if r.get("n"))
    return {"n": len(good), "p50_us": good[len(good) // 2] if good else None,
            "max_us": good[-1] if good else None, "failures": len(runs) - len(good),
            "error": next((r["error"] for r in runs if r.get("error")), "")}


# --- memory
def memory(lab):
    return pss_kib(lab.client.procs), pss_kib(lab.server.procs)


@case
def mem0(lab, system, path):
    """Idle, right after the start, nothing connected yet by us."""
    time.sleep(0.5)
    client, server = memory(lab)
    return {"pss_client_kib": client, "pss_server_kib": server}


def idle_streams(n):
    def run(lab, system, path):
        lab.load("open", path, "-n", 1)
        time.sleep(0.5)
        before = memory(lab)
        p = lab.load_start("idle", path, "-n", n, "-t", 40)
        line = p.stdout.readline() if select.select([p.stdout], [], [], 60)[0] else ""
        try:
            r = json.loads(line)
        except ValueError:
            r = {"failures": 1, "error": f"no answer {line[:100]}"}
        time.sleep(0.5)
        after = memory(lab)
        if r.get("open"):
            r["kib_per_stream_client"] = round((after[0] - before[0]) / r["open"], 2)
            r["kib_per_stream_server"] = round((after[1] - before[1]) / r["open"], 2)
        if r.get("open", 0) < n:
            r["failures"], r["error"] = 1, r.get("error") or "did not finish"
        end([p])
        time.sleep(0.5)
        return r
    return run


CASES["idle1k"], CASES["idle10k"] = idle_streams(1000), idle_streams(10000)
IDLE_PEERS = 50


@case
def mempeer(lab, system, path):
    """The server's growth for each connected, idle peer (gw only)."""
    if system != "gw":
        return None
    lab.stop_system()
    peers = [gw_dir(lab, f"peer{i}") for i in range(IDLE_PEERS)]
    home = gw_server(lab, [me for _, me in peers])
    time.sleep(0.5)
    before = pss_kib(lab.server.procs)
    failures = 0
    for i, (d, _) in enumerate(peers):
        proxy = f"127.0.0.1:{20000 + i}"
        gw_names(d, home)
        gw_client(lab, d, proxy)
        failures += lab.load("open", (proxy, "home.test"), "-n", 1).get("failures", 1)
    time.sleep(1)
    return {"peers": IDLE_PEERS, "failures": failures,
            "kib_per_peer": round((pss_kib(lab.server.procs) - before) / IDLE_PEERS, 1)}


@case
def mem100k(lab, system, path):
    """Growth between the 10 000th and the 100 000th connection."""
    first = lab.load("conn", path, "-c", 64, "-n", 10000, timeout_s=120)
    time.sleep(1)
    before = memory(lab)
    r = lab.load("conn", path, "-c", 64, "-n", 90000, timeout_s=300)
    time.sleep(1)
    after = memory(lab)
    r.update(grown_client_kib=after[0] - before[0], grown_server_kib=after[1] - before[1],
             failures=r.get("failures", 0) + first.get("failures", 0))
    return r


# --- the same at a loss rate
def at_loss(rate, fn):
    def run(lab, system, path):
        lab.set_link(f"loss {rate}")
        try:
            return fn(lab, system, path)
        finally:
            lab.set_link("loss 0")
    return run


for suffix, rate in (("_l0", 0), ("_l01", 0.001), ("_l1", 0.01)):
    for name in ("down", "up", "loadping"):
        CASES[name + suffix] = at_loss(rate, CASES[name])

# What each profile runs when no case is named.
DEFAULT = {
    "lan": ("mem0 ping down up down16 up16 conn1 conn64 loadping idle1k idle10k mem100k "
            "mempeer").split(),
    "nooff": ["down", "up"],
    "wan": ("ping newstream down_l0 down_l01 down_l1 up_l0 up_l01 up_l1 loadping_l1 "
            "firstconn").split(),
}
# ssh and microsocks need minutes for these; the issue asks them of gw and ss alone.
HEAVY = {"idle10k", "mem100k"}
