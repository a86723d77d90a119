"""lab.py - two hosts in network namespaces, the processes that run on them, what they cost.

The client host and the server host are joined by a veth pair (profile lan: default offloads;
nooff: segmentation offloads off; MTU 1500 in both) or by wanlink (wan: 500 Mbit/s, 20 ms each
way, drop-tail queue of 2.5 MB).  The server host runs `sockload serve` on port 9000.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICK = os.sysconf("SC_CLK_TCK")
SERVICE = 9000
CLIENT_IP, SERVER_IP = "10.77.0.1", "10.77.0.2"
ALLOWED_CC = Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")


def sh(*cmd, check=True, **kw):
    done = subprocess.run([str(x) for x in cmd], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **kw)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, cmd))}: {done.stdout.strip()[-300:]}")
    return done.stdout


def tree(roots):
    """The live pids of the process trees that start at `roots`."""
    kids = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        kids.setdefault(int(stat[1]), []).append(int(pid))
    found, todo = [], list(roots)
    while todo:
        pid = todo.pop()
        if pid not in found and os.path.exists(f"/proc/{pid}"):
            found.append(pid)
            todo += kids.get(pid, [])
    return found


def cpu_s(procs):
    """User and system seconds of the trees, reaped children included."""
    ticks = 0
    for pid in tree(p.pid for p in procs):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += sum(int(x) for x in stat[11:15])
    return ticks / TICK


def pss_kib(procs):
    total = 0
    for pid in tree(p.pid for p in procs):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss:\s+(\d+)", rollup, re.M)
        total += int(found[1]) if found else 0
    return total


def end(procs):
    """Ends what this lab started: politely, then not."""
    pids = tree(p.pid for p in procs)
    for sig, wait_s in ((signal.SIGTERM, 3), (signal.SIGKILL, 2)):
        for pid in pids:
            try:
                os.kill(pid, sig)
            except OSError:
                pass
        limit = time.time() + wait_s
        while time.time() < limit and any(os.path.exists(f"/proc/{p}") for p in pids):
            for p in procs:
                p.poll()
            time.sleep(0.02)


class Host:
    """A network namespace and the processes of the system under test that run in it."""

    def __init__(self, ns, log):
        self.ns, self.log, self.procs = ns, log, []

    def command(self, cmd):
        return ["ip", "netns", "exec", self.ns] + [str(x) for x in cmd]

    def start(self, *cmd, keep=True):
        with open(self.log, "ab") as log:
            p = subprocess.Popen(self.command(cmd), stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=log, start_new_session=True)
        if keep:
            self.procs.append(p)
        return p

    def sh(self, *cmd, **kw):
        return sh(*self.command(cmd), **kw)

    def stop(self):
        end(self.procs)
        self.procs = []

    def wait_port(self, ip, port, limit_s=10):
        probe = (f"import socket,time\nend=time.time()+{limit_s}\nwhile 1:\n"
                 f" try: socket.create_connection(('{ip}',{port}),1); break\n"
                 f" except OSError:\n  if time.time()>end: raise\n  time.sleep(.02)\n")
        self.sh(sys.executable, "-S", "-c", probe)


class Lab:
    def __init__(self, profile, cc, run_dir):
        self.profile, self.cc, self.run_dir = profile, cc, Path(run_dir)
        self.run_dir.mkdir(parents=True, exist_ok=True)
        tag = f"{os.getpid()}"
        self.client = Host("gwbC" + tag, self.run_dir / "log")
        self.server = Host("gwbS" + tag, self.run_dir / "log")
        self.link = self.service = self.allowed_before = None

    # --- topology
    def up(self):
        for host in (self.client, self.server):
            sh("ip", "netns", "add", host.ns)
            sh("ip", "-n", host.ns, "link", "set", "lo", "up")
            host.sh("sysctl", "-qw", "net.ipv4.tcp_max_tw_buckets=2000", "net.core.somaxconn=8192",
                    "net.ipv4.ip_local_port_range=10240 65535", check=False)
        self.set_congestion_control()
        dev = "wan0" if self.profile == "wan" else "bench0"
        if self.profile == "wan":
            self.start_wanlink()
        else:
            sh("ip", "link", "add", dev, "netns", self.client.ns, "type", "veth",
               "peer", "name", dev, "netns", self.server.ns)
        for host, ip, peer in ((self.client, CLIENT_IP, SERVER_IP),
                               (self.server, SERVER_IP, CLIENT_IP)):
            sh("ip", "-n", host.ns, "addr", "add", ip, "peer", peer, "dev", dev)
            sh("ip", "-n", host.ns, "link", "set", dev, "mtu", "1500", "txqueuelen", "10000", "up")
            if self.profile == "nooff":
                host.sh("ethtool", "-K", dev, "tso", "off", "gso", "off", "gro", "off")
        self.service = self.server.start(HERE / "sockload", "serve", "-p", SERVICE, keep=False)
        self.server.wait_port("127.0.0.1", SERVICE)

    def set_congestion_control(self):
        """The kernel lets other namespaces use only what the host allows: widened for the run."""
        allowed = ALLOWED_CC.read_text().split()
        if self.cc not in allowed:
            try:
                ALLOWED_CC.write_text(" ".join(allowed + [self.cc]))
                self.allowed_before = " ".join(allowed)
            except OSError:
                pass
        for host in (self.client, self.server):
            host.sh("sysctl", "-qw", f"net.ipv4.tcp_congestion_control={self.cc}", check=False)
        self.cc = self.server.sh("sysctl", "-n", "net.ipv4.tcp_congestion_control").strip()

    def start_wanlink(self):
        def first():
            try:
                os.nice(-15)
            except OSError:
                pass
        self.link = subprocess.Popen([HERE / "wanlink", self.client.ns, self.server.ns],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                     bufsize=1, preexec_fn=first, start_new_session=True)
        if self.link.stdout.readline().strip() != "up":
            raise RuntimeError("wanlink did not start")

    def set_link(self, line):
        if self.link:
            self.link.stdin.write(line + "\n")
            return json.loads(self.link.stdout.readline())
        return {}

    def stop_system(self):
        self.client.stop()
        self.server.stop()

    def down(self):
        self.stop_system()
        if self.service:
            end([self.service])
        if self.link:
            self.link.stdin.close()
            self.link.wait(5)
        for host in (self.client, self.server):
            sh("ip", "netns", "del", host.ns, check=False)
        if self.allowed_before is not None:
            ALLOWED_CC.write_text(self.allowed_before)

    def dir(self, name):
        d = self.run_dir / name
        d.mkdir(parents=True, exist_ok=True)
        return d

    # --- load
    def load_start(self, mode, path, *opts):
        """`path` is (proxy or None, target host): how a system reaches the service."""
        proxy, host = path
        via = ["-x", proxy] if proxy else []
        cmd = [HERE / "sockload", mode, *via, *opts, f"{host}:{SERVICE}"]
        return subprocess.Popen(self.client.command(cmd), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    @staticmethod
    def load_result(p, timeout_s=90):
        try:
            out, _ = p.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            p.kill()
            p.communicate()
            return {"failures": 1, "error": "timed out"}
        try:
            return json.loads(out.strip().splitlines()[-1])
        except (ValueError, IndexError):
            return {"failures": 1, "error": out.strip()[-200:]}

    def load(self, mode, path, *opts, timeout_s=90):
        """Runs to the end; adds the CPU seconds of the system's processes at both ends."""
        before = cpu_s(self.client.procs), cpu_s(self.server.procs)
        r = self.load_result(self.load_start(mode, path, *opts), timeout_s)
        r["cpu_client_s"] = round(cpu_s(self.client.procs) - before[0], 3)
        r["cpu_server_s"] = round(cpu_s(self.server.procs) - before[1], 3)
        if r.get("all_bytes"):
            r["cpu_s_per_GB"] = round((r["cpu_client_s"] + r["cpu_server_s"]) / r["all_bytes"] * 1e9, 3)
        return r
