"""router.py - the nftables rules that make a Linux router behave like each kind of NAT (RFC 4787).

  kind           mapping  filtering  how
  public         none     none       forwards everything
  fw             none     APDF       no translation; lets in what answers
  full           EIM      EIF        masquerade; @ext says which inner socket has an outer port
  addr           EIM      ADF        the same, only for addresses in @perm, which the inside sent to
  port           EIM      APDF       masquerade; conntrack lets in replies only
  sym            APDM     APDF       masquerade fully-random: another outer port for each flow

EIM, APDM: endpoint-independent and address-and-port-dependent mapping; EIF, ADF, APDF: filtering
that is endpoint-independent, address-dependent, address-and-port-dependent.  TCP is always APDF.

Things to know before a change:
* conntrack reuses the mapping that a source already has, and keeps its port when it can.  Alone it
  also lets two inner sockets share an outer port towards different destinations, which is APDM for
  the second one: @taken and @own forbid that.
* The chain `learn` comes behind srcnat and sees translated packets.  When someone outside began
  the flow, the inner socket is in its reply direction: both directions fill the map.
* What nobody inside asked for is dropped, not rejected.  If the router took it, its conntrack entry
  would hold the tuple, and the inside's own packet would leave from another port.
* No hairpinning: two hosts behind one router reach each other at their inner addresses only.
"""
SHIFTED = "20000-31999"  # below the ephemeral ports, so never a port that a host kept

UDP4_OUT = "oifname wan meta nfproto ipv4 meta l4proto udp"
UDP4_IN = "iifname wan meta nfproto ipv4 meta l4proto udp"
ANY4_OUT = "oifname wan meta nfproto ipv4"
NO_UDP = ["meta l4proto udp drop"]
BLOCKS = {
    "all": [],
    "noudp": NO_UDP,
    "tcp443": NO_UDP + ["iifname br0 tcp dport != 443 ct state new drop",
                        "iifname br0 meta l4proto != { tcp, icmp, ipv6-icmp } drop"],
}
EIM = ("full", "addr", "port")
ROUTED = ("public", "fw")  # no translation


def inward(lan):
    """Who may come in to a mapped port unasked."""
    to_owner = "dnat ip to udp dport map @ext"
    if lan["nat"] == "full":
        return [f"{UDP4_IN} {to_owner}"]
    if lan["nat"] == "addr":
        return [f"{UDP4_IN} udp dport . ip saddr @perm {to_owner}"]
    return []


def outward(lan):
    """How a source is translated."""
    if lan["nat"] == "sym":
        return [f"{ANY4_OUT} masquerade random,fully-random"]
    if lan["nat"] not in EIM:
        return []
    if lan["ports"] == "shift":
        return [f"{ANY4_OUT} meta l4proto {{ tcp, udp }} masquerade to :{SHIFTED}",
                f"{ANY4_OUT} masquerade"]
    return [f"{ANY4_OUT} udp sport . ip saddr . udp sport @own masquerade",
            f"{ANY4_OUT} udp sport @taken masquerade to :{SHIFTED}",
            f"{ANY4_OUT} masquerade"]


def learning(lan):
    if lan["nat"] not in EIM:
        return []
    rules = []
    for way in ("original", "reply"):
        inner = f"ct {way} ip saddr . ct {way} proto-src"
        rules += [f"{UDP4_OUT} ct direction {way} update @ext {{ udp sport : {inner} }}",
                  f"{UDP4_OUT} ct direction {way} update @own {{ udp sport . {inner} }}"]
    return rules + [f"{UDP4_OUT} update @taken {{ udp sport }}",
                    f"{UDP4_OUT} update @perm {{ udp sport . ip daddr }}"]


def to_router(lan):
    hairpin = [] if lan["nat"] in ROUTED else [f"iifname br0 ip daddr {lan['wan4']} drop"]
    return ["iifname lo accept", *hairpin, "iifname br0 accept",
            "ct state established,related accept", "meta l4proto { icmp, ipv6-icmp } accept"]


def through(lan):
    rules = ["jump block", "ct state established,related accept", "iifname br0 accept",
             "ct status dnat accept", "meta l4proto ipv6-icmp accept"]
    if lan["nat"] == "public":
        rules.append("meta nfproto ipv4 accept")
    if lan["v6"] == "open":
        rules.append("meta nfproto ipv6 accept")
    return rules


def chain(name, hook, rules):
    return f"  chain {name} {{\n    " + "\n    ".join([hook, *rules]) + "\n  }\n"


def ruleset(lan):
    """The router's whole table; whatever it had learned is gone."""
    dynamic = f"flags dynamic,timeout; timeout {lan['timeout']}s; size 65535; "
    return (
        "table inet nat\ndelete table inet nat\ntable inet nat {\n"
        f"  map ext {{ type inet_service : ipv4_addr . inet_service; {dynamic}}}\n"
        f"  set own {{ type inet_service . ipv4_addr . inet_service; {dynamic}}}\n"
        f"  set taken {{ type inet_service; {dynamic}}}\n"
        f"  set perm {{ type inet_service . ipv4_addr; {dynamic}}}\n"
        + chain("block", "", BLOCKS[lan["policy"]])
        + chain("inward", "type nat hook prerouting priority dstnat;", inward(lan))
        + chain("outward", "type nat hook postrouting priority srcnat;", outward(lan))
        + chain("learn", "type filter hook postrouting priority srcnat + 10;", learning(lan))
        + chain("to-router", "type filter hook input priority filter; policy drop;", to_router(lan))
        + chain("through", "type filter hook forward priority filter; policy drop;", through(lan))
        + "}\n")


def block_rules(lan):
    """Only the policy, anew: what the router has learned stays."""
    return "flush chain inet nat block\n" + "".join(
        f"add rule inet nat block {rule}\n" for rule in BLOCKS[lan["policy"]])


def timeouts(lan):
    return [(f"net/netfilter/nf_conntrack_udp_timeout{kind}", lan["timeout"])
            for kind in ("", "_stream")]
