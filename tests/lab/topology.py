"""topology.py - a lab's description: the spec file, the addresses, and who is linked to whom.

The internet is one namespace, `inet`, that routes between public hosts and the routers of LANs.
Every other namespace has one link upwards: a host's eth0, a router's wan.  A LAN is its router's
bridge br0.  The state of a lab is plain dicts and lists, and lives in a JSON file between commands.

libp2p programs take documentation, benchmark and carrier ranges for private addresses and then do
not punch holes there.  So the public space is 11.0.0.0/16 and 2a11::/32; nothing leaves the lab.
"""
import re

from netns import LabError
from router import BLOCKS, EIM, ROUTED

GATEWAY4, GATEWAY6 = "11.0.0.1", "fe80::1"
LINK = {"delay": "0ms", "loss": "0%"}
HOST = {"ip": "1", "v6": "on", **LINK}
LAN = {"nat": "port", "hosts": "1", "via": "", "v4": "on", "v6": "off", "timeout": "30",
       "ports": "keep", "policy": "all", **LINK}
CHOICES = {"nat": (*ROUTED, *EIM, "sym"), "v4": ("on", "off"), "v6": ("off", "fw", "open", "on"),
           "ports": ("keep", "shift"), "policy": tuple(BLOCKS)}
SHORT = {"cgnat": {"nat": "port"}, "udpblock": {"nat": "port", "policy": "tcp443"},
         "v6only": {"nat": "fw", "v4": "off", "v6": "fw"}}
UNITS = {"delay": {"ms": 1e-3, "s": 1}, "loss": {"%": 1e-2}, "timeout": {"": 1}}
RESERVED = ("inet", "lo", "wan", "br0", "eth0")


def quantity(key, text):
    """Seconds, or a share of 1."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([a-z%]*)", text)
    if not found or found[2] not in UNITS[key]:
        raise LabError(f"{key}={text}: not a number with one of {list(UNITS[key])}")
    return float(found[1]) * UNITS[key][found[2]]


def options(words, defaults):
    """KEY=VALUE words over the defaults, each checked; short names of kinds are unfolded."""
    out = dict(defaults)
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in defaults:
            raise LabError(f"unknown option '{word}'")
        out.update(SHORT.get(value, {key: value}) if key == "nat" else {key: value})
    for key, value in out.items():
        if key in UNITS:
            quantity(key, value)
        elif key in CHOICES and value not in CHOICES[key]:
            raise LabError(f"{key}={value}: not one of {', '.join(CHOICES[key])}")
    return out


class Reader:
    """Reads a spec into the state of a lab."""

    def __init__(self, lab):
        self.lans, self.hosts = {}, {}
        self.state = {"lab": lab, "lans": self.lans, "hosts": self.hosts}

    def name(self, text):
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,11}", text) or text in RESERVED:
            raise LabError(f"bad name '{text}'")
        if text in self.lans or text in self.hosts:
            raise LabError(f"'{text}' is named twice")
        return text

    def host(self, name, words):
        host = options(words, HOST)
        n, count = 10 + len(self.hosts), int(host["ip"])
        if n > 250 or count not in (1, 2):
            raise LabError("too many hosts, or addresses of one")
        host.update(lan="", ip4=[f"11.0.0.{n}", f"11.0.100.{n}"][:count],
                    ip6=[f"2a11::{n:x}", f"2a11::1:{n:x}"][:count] if host["v6"] == "on" else [])
        self.hosts[name] = host

    def lan(self, name, words):
        if "nat=cgnat" in words:  # the customer's router behind the provider's
            self.lan(self.name(f"{name}-isp"), ["hosts=0", "v6=open"])
            words = [*words, f"via={name}-isp"]
        lan = options(words, LAN)
        if lan["via"] and lan["via"] not in self.lans:
            raise LabError(f"via={lan['via']}: no such LAN above")
        i = len(self.lans) + 1
        if i > 60:
            raise LabError("too many LANs")
        inner = (f"11.0.{128 + i}." if lan["nat"] in ROUTED else
                 f"100.64.{i}." if name.endswith("-isp") else f"192.168.{i}.")
        lan.update(id=i, net4=inner, net6=f"2a11:{i:x}::", next=11, addresses=0)
        self.lans[name] = lan
        new_address(self.state, name)
        names = lan.pop("hosts")
        for host in [f"{name}{k + 1}" for k in range(int(names))] if names.isdigit() else names.split(","):
            self.hosts[self.name(host)] = {}
            join(self.state, host, name)

    def line(self, text):
        words = text.split("#")[0].split()
        if not words:
            return
        if len(words) < 2 or words[0] not in ("host", "lan"):
            raise LabError("expected: host NAME ..., or lan NAME ...")
        {"host": self.host, "lan": self.lan}[words[0]](self.name(words[1]), words[2:])


def parse(text, lab):
    reader = Reader(lab)
    for number, line in enumerate(text.splitlines(), 1):
        try:
            reader.line(line)
        except (LabError, ValueError) as e:
            raise LabError(f"line {number}: {e}") from None
    for o in links(reader.state).values():
        o["wire"] = any(quantity(key, o[key]) for key in LINK)
    return reader.state


def new_address(state, name):
    """Gives a LAN's router its next outer address."""
    lan = state["lans"][name]
    if lan["via"]:
        isp = state["lans"][lan["via"]]
        lan["wan4"], isp["next"] = f"{isp['net4']}{isp['next']}", isp["next"] + 1
    else:
        lan["addresses"] += 1
        lan["wan4"] = f"11.0.{lan['id']}.{lan['addresses']}"


def join(state, name, lan_name):
    """Gives a host its place in a LAN."""
    lan = state["lans"][lan_name]
    n, lan["next"] = lan["next"], lan["next"] + 1
    state["hosts"][name] = {"lan": lan_name, "ip4": [f"{lan['net4']}{n}"] if lan["v4"] == "on" else [],
                            "ip6": [f"{lan['net6']}{n:x}"] if lan["v6"] != "off" else []}


def links(state):
    """The LANs and public hosts: what has a link that can be delayed."""
    return {**state["lans"], **{k: h for k, h in state["hosts"].items() if not h.get("lan")}}


def namespace(state, name):
    return f"{state['lab']}.{name}"


def upper(state, name):
    """What a LAN or host hangs on: a LAN, or '' for the internet."""
    if name in state["lans"]:
        return state["lans"][name]["via"]
    if name in state["hosts"]:
        return state["hosts"][name]["lan"]
    raise LabError(f"no host or LAN '{name}'")


def near_end(state, name):
    """(namespace, device) of a link's lower end."""
    return namespace(state, name), "wan" if name in state["lans"] else "eth0"


def far_end(state, name):
    """(namespace, device) of a link's upper end; the device has the lower one's name."""
    return namespace(state, upper(state, name) or "inet"), name


def prefixes(state, name):
    """The public networks behind a router: its own, and those of the routers behind it."""
    lan = state["lans"][name]
    out = [f"{lan['net6']}/48"]
    if lan["nat"] in ROUTED and lan["v4"] == "on":
        out.append(f"{lan['net4']}0/24")
    for other, o in state["lans"].items():
        if o["via"] == name:
            out += prefixes(state, other)
    return out


def near_lines(state, name):
    """ip lines for the lower end: addresses and default routes."""
    dev = near_end(state, name)[1]
    lan = state["lans"].get(upper(state, name))
    o = state["lans"].get(name) or state["hosts"][name]
    if name in state["lans"]:
        ip4, ip6 = [o["wan4"]] if o["v4"] == "on" else [], [f"fe80::{0x100 + o['id']:x}"]
    else:
        ip4, ip6 = o["ip4"], o["ip6"]
    gateway, length = (f"{lan['net4']}1", 24) if lan else (f"{GATEWAY4} dev {dev} onlink", 32)
    out = [f"link set dev {dev} up"]
    for a in ip4:
        out += [f"addr replace {a}/{length} dev {dev}", f"route replace default via {gateway}"]
    for a in ip6:
        out += [f"addr replace {a}/{64 if lan or name in state['lans'] else 128} dev {dev} nodad",
                f"route replace ::/0 via {GATEWAY6} dev {dev}"]
    return out


def far_lines(state, name):
    """ip lines for the upper end: the port, and the routes back."""
    inside = upper(state, name)
    out = [f"link set dev {name} up"]
    if inside:
        out.append(f"link set dev {name} master br0")
    else:
        out += [f"addr replace {GATEWAY4}/32 dev {name}", f"addr replace {GATEWAY6}/64 dev {name} nodad"]
    if name in state["hosts"]:
        if not inside:
            host = state["hosts"][name]
            out += [f"route replace {a} dev {name}" for a in host["ip4"] + host["ip6"]]
        return out
    lan = state["lans"][name]
    dev = "br0" if inside else name
    if not inside and lan["v4"] == "on":
        out.append(f"route replace {lan['wan4']} dev {name}")
    for p in prefixes(state, name):
        via = f"fe80::{0x100 + lan['id']:x} dev {dev}" if ":" in p else f"{lan['wan4']} dev {dev} onlink"
        out.append(f"route replace {p} via {via}")
    return out


def bridge_lines(state, name):
    """ip lines for a router's LAN side."""
    lan = state["lans"][name]
    # An address of its own: it would take one of a port's, and change it when a host moves away.
    out = [f"link add name br0 address 02:00:00:00:00:{lan['id']:02x} "
           "type bridge mcast_snooping 0 forward_delay 0 stp_state 0",
           "link set dev br0 up", f"addr add {GATEWAY6}/64 dev br0 nodad"]
    if lan["v4"] == "on":
        out.append(f"addr add {lan['net4']}1/24 dev br0")
    if lan["v6"] != "off":
        out.append(f"addr add {lan['net6']}1/64 dev br0 nodad")
    return out
