"""systems.py - how each system is started between the two hosts of a Lab.

A function takes the lab, starts processes with lab.client.start(...) and lab.server.start(...)
and returns the path to the service: (proxy "HOST:PORT" or None, host name to ask for).
"""
import os
import shutil
import subprocess
import time

from lab import CLIENT_IP, HERE, SERVER_IP, SERVICE, sh

SOCKS = "127.0.0.1:1080"
GW = os.environ.get("GW") or str(HERE.parent.parent / "gw")
GW_PORT = 4001


def raw(lab):
    return None, SERVER_IP


def ssh(lab, cipher=None):
    d = lab.dir("ssh")
    if not (d / "host_key").exists():
        for key in ("host_key", "user_key"):
            sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", d / key)
        shutil.copy(d / "user_key.pub", d / "authorized")
        (d / "authorized").chmod(0o600)
    os.makedirs("/run/sshd", exist_ok=True)
    (d / "sshd_config").write_text(
        f"Port 2222\nListenAddress {SERVER_IP}\nHostKey {d}/host_key\nStrictModes no\nUsePAM no\n"
        f"AuthorizedKeysFile {d}/authorized\nPidFile none\nPermitRootLogin yes\n")
    lab.server.start("/usr/sbin/sshd", "-D", "-e", "-f", d / "sshd_config")
    lab.server.wait_port(SERVER_IP, 2222)
    lab.client.start("ssh", "-N", "-F", "none", "-i", d / "user_key", "-p", 2222,
                     "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                     *(["-c", cipher] if cipher else []), "-D", SOCKS, f"root@{SERVER_IP}")
    lab.client.wait_port("127.0.0.1", 1080, 20)
    return SOCKS, "127.0.0.1"


def ssh_gcm(lab):
    return ssh(lab, "aes128-gcm@openssh.com")


def shadowsocks(lab):
    common = ["-s", SERVER_IP, "-p", 8388, "-k", "secret", "-m", "chacha20-ietf-poly1305",
              "-n", 20000]
    lab.server.start("ss-server", *common)
    lab.server.wait_port(SERVER_IP, 8388)
    lab.client.start("ss-local", *common, "-b", "127.0.0.1", "-l", 1080)
    lab.client.wait_port("127.0.0.1", 1080)
    return SOCKS, "127.0.0.1"


def microsocks(lab):
    """One hop, no encryption: what a plain SOCKS server costs."""
    lab.client.start("microsocks", "-i", "127.0.0.1", "-p", 1080)
    lab.client.wait_port("127.0.0.1", 1080)
    return SOCKS, SERVER_IP


# --- gw
def gw_ready(host, d, limit_s=10):
    """Waits until the daemon of directory `d` answers on its control socket."""
    limit = time.time() + limit_s
    while subprocess.run(host.command([GW, "-d", d, "status"]), stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL).returncode:
        if time.time() > limit:
            raise RuntimeError(f"gw -d {d} does not get ready")
        time.sleep(0.02)


def gw_dir(lab, name):
    """A fresh directory with a key.  Returns it and the peer id."""
    d = lab.dir("gw") / name
    shutil.rmtree(d, ignore_errors=True)
    d.mkdir(mode=0o700, parents=True)
    (d / "gw.conf").write_text("[node]\nmax-streams = 65536\n")  # for the 10 000 idle ones
    return d, sh(GW, "-d", d, "id").split()[-1]


def gw_allow(d, peers):
    (d / "authorized_keys").write_text("".join(p + "\n" for p in peers))
    (d / "authorized_keys").chmod(0o600)


def gw_server(lab, peers):
    d, home = gw_dir(lab, "home")
    gw_allow(d, peers)
    lab.server.start(GW, "-q", "-d", d, "-D", "none", "-S", f"load:{SERVICE}=127.0.0.1:{SERVICE}",
                     "-l", f"/ip4/{SERVER_IP}/udp/{GW_PORT}/quic-v1")
    gw_ready(lab.server, d)
    return home


def gw_names(d, home):
    (d / "names").write_text(f"home.test {home} /ip4/{SERVER_IP}/udp/{GW_PORT}/quic-v1\n")


def gw_client(lab, d, proxy=SOCKS):
    p = lab.client.start(GW, "-q", "-d", d, "-D", proxy, "-l", f"/ip4/{CLIENT_IP}/udp/0/quic-v1")
    gw_ready(lab.client, d)
    return p


def gw(lab):
    d, me = gw_dir(lab, "me")
    gw_names(d, gw_server(lab, [me]))
    gw_client(lab, d)
    return SOCKS, "home.test"


SYSTEMS = {"raw": raw, "ssh-D": ssh, "ssh-D-gcm": ssh_gcm, "ss": shadowsocks,
           "microsocks": microsocks, "gw": gw}
