"""netns.py - work inside network namespaces: ip and nft batches, sysctls, conntrack, who lives there.

Namespaces have names, as `ip netns` knows them.  What is done in one is done by a child process,
so the caller stays where it is.
"""
import ctypes
import errno
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

NAMES = "/run/netns"
CLONE_NEWNET = 0x40000000
NETLINK_NETFILTER = 12
CT_DELETE = 1 << 8 | 2  # NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE
REQUEST_ACK = 5         # NLM_F_REQUEST | NLM_F_ACK
AT_ONCE = 4             # children of each()

libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """What the user is told; no traceback."""


def enter(name):
    """Moves this process into the namespace."""
    fd = os.open(f"{NAMES}/{name}", os.O_RDONLY)
    try:
        if libc.setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {name}")
    finally:
        os.close(fd)


def feed(command, text):
    """Runs a command with the text as its input; a failure names the line that `ip -batch` named."""
    done = subprocess.run(command, input=text, text=True, capture_output=True)
    if done.returncode:
        reason = done.stderr.strip()
        line = re.search(r"failed -:(\d+)", reason)
        what = text.splitlines()[int(line[1]) - 1] if line else command[0]
        raise LabError(f"{what}: {reason.splitlines()[0] if reason else done.returncode}")


def ip(lines):
    if lines:
        feed(["ip", "-batch", "-"], "\n".join(lines) + "\n")


def flush_conntrack():
    """Empties the conntrack table of the namespace: a delete request that names no connection."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as s:
        header = struct.pack("=LHHLL", 20, CT_DELETE, REQUEST_ACK, 1, 0)
        s.send(header + struct.pack("=BBH", socket.AF_UNSPEC, 0, 0))
        error = -struct.unpack_from("=i", s.recv(4096), 16)[0]
    if error and error != errno.ENOENT:
        raise OSError(error, "conntrack flush")


def set_up(sysctls=(), links=(), nft="", flush=False):
    """In this namespace: sysctls as (path, value), lines for ip, text for nft, in this order."""
    for path, value in sysctls:
        try:
            with open(f"/proc/sys/{path}", "w") as f:
                f.write(str(value))
        except FileNotFoundError:
            if "bridge" not in path:  # without br_netfilter it is not there, nor needed
                raise
    ip(links)
    if nft:
        feed(["nft", "-f", "-"], nft)
    if flush:
        flush_conntrack()


def each(jobs):
    """Runs set_up() in several namespaces at once: jobs are (namespace, its arguments)."""
    running, failed = {}, []

    def reap():
        pid, status = os.wait()
        name = running.pop(pid, None)
        if name and status:
            failed.append(name)

    for name, arguments in jobs:
        while len(running) >= AT_ONCE:
            reap()
        pid = os.fork()
        if pid:
            running[pid] = name
            continue
        status = 1
        try:
            enter(name)
            set_up(**arguments)
            status = 0
        except BaseException as e:  # noqa: BLE001 - a child: said here, counted by the parent
            print(f"natlab: {name}: {e}", file=sys.stderr, flush=True)
        finally:
            os._exit(status)
    while running:
        reap()
    if failed:
        raise LabError("failed in " + ", ".join(failed))


def named(prefix):
    """The namespaces whose name begins so."""
    names = os.listdir(NAMES) if os.path.isdir(NAMES) else []
    return [n for n in names if n.startswith(prefix)]


def inhabitants(names):
    """The processes, other than this one, that run in these namespaces."""
    inodes = set()
    for name in names:
        try:
            inodes.add(os.stat(f"{NAMES}/{name}").st_ino)
        except FileNotFoundError:
            pass
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{pid}/ns/net").st_ino in inodes and int(pid) != os.getpid():
                found.append(int(pid))
        except OSError:
            pass  # it has just ended
    return found


def remove(names):
    """Ends what runs in the namespaces, which would otherwise live on, and deletes them."""
    for sig, grace_s in ((signal.SIGTERM, 2), (signal.SIGKILL, 2)):
        for pid in inhabitants(names):
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                pass
        end = time.monotonic() + grace_s
        while inhabitants(names) and time.monotonic() < end:
            time.sleep(0.02)
    ip([f"netns del {name}" for name in names])
