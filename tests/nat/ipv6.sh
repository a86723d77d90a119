#!/bin/sh
# ipv6.sh - IPv6 firewalls instead of NATs: both sides open their own.
# needs: root
# timeout: 90
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host relay
lan a nat=v6only hosts=me
lan b nat=v6only hosts=away
lan c nat=port   hosts=dual v6=fw
lan d nat=cgnat
lan e nat=port   hosts=star v6=fw via=d-isp
END
addr_of_direct() { gw_json "$1" 'next((p["addr"] for p in s["peers"] if p["path"] == "direct"), "")'; }

# behind NAME ME HOME: reached through the relay's IPv6 address, and directly over IPv6.
behind()
{
    mkdir -p -m 700 "$T/$2" "$T/$3"
    gw_trusts "$3" "$2"
    gw_trusts relay "$3"
    home "$3" "$(relay_at relay quic6)"
    reserved relay 1
    known "$2" "$3" "$(relay_at relay quic6)"
    node "$2" -D $PROXY
    check "$1: reached" fetch "$2" 20000 0
    check "$1: direct" until_ok 10 is_direct "$2" "$3"
    has "$1: over IPv6" '^/ip6/2a11:' "$(addr_of_direct "$2")"
    stands_still "$1: the relay carries nothing of it" "$2"
    gw_stop "$2"
    gw_stop "$3"
    reserved relay 0
}
relay relay
behind "two firewalls" me away
behind "a firewall, and one beside a carrier's NAT" me star
behind "firewalls beside a NAT and a carrier's NAT" dual star
