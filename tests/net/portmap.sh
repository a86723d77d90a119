#!/bin/sh
# portmap.sh - a real router of Debian's (miniupnpd) opens the ports of a host behind its NAT, by each
# of the protocols that it speaks, and closes them when the host goes.
# needs: root
# timeout: 150
#
#   home --- 192.168.77.0/24 --- router --- 198.41.0.0/24 --- away
#            2600:77::/64, a firewall               2600:88::/64
#
# Nothing leaves the namespaces: the addresses outside are public ones because others are not
# announced.
. "$(dirname "$0")/lib.sh"
need_root portmap

H=gwH$$ R=gwR$$ A=gwA$$
MINIUPNPD=$(command -v miniupnpd || echo /usr/sbin/miniupnpd)
[ -x "$MINIUPNPD" ] || { skip portmap "needs miniupnpd-nftables"; exit 0; }

namespaces $H $R $A
link lan $H $R
link wan $R $A
ip -n $R addr add 192.168.77.1/24 dev lan
ip -n $R addr add fe80::1/64 dev lan nodad
ip -n $R addr add 2600:77::1/64 dev lan nodad
ip -n $R addr add 198.41.0.9/24 dev wan
ip -n $R addr add 2600:88::1/64 dev wan nodad
ip -n $H addr add 192.168.77.2/24 dev lan
ip -n $H addr add 2600:77::2/64 dev lan nodad
ip -n $H route add default via 192.168.77.1
ip -n $H -6 route add default via fe80::1 dev lan
ip -n $A addr add 198.41.0.77/24 dev wan
ip -n $A addr add 2600:88::77/64 dev wan nodad
ip -n $A -6 route add default via 2600:88::1
ip netns exec $R sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1

# Drops what nobody inside asked for, and has the chains that miniupnpd fills.
ip netns exec $R nft -f - <<X
table inet filter {
    chain miniupnpd {
    }
    chain prerouting_miniupnpd {
    }
    chain postrouting_miniupnpd {
    }
    chain input {
        type filter hook input priority 0; policy accept
    }
    chain forward {
        type filter hook forward priority 0; policy drop
        ct state established,related accept
        iifname lan accept
        jump miniupnpd
    }
    chain prerouting {
        type nat hook prerouting priority -100
        jump prerouting_miniupnpd
    }
    chain postrouting {
        type nat hook postrouting priority 100
        jump postrouting_miniupnpd
        meta nfproto ipv4 oifname wan masquerade
    }
}
X

cat >"$T/miniupnpd.conf" <<X
ext_ifname=wan
listening_ip=lan
enable_natpmp=yes
enable_upnp=yes
secure_mode=yes
system_uptime=yes
uuid=00000000-0000-0000-0000-000000000001
lease_file=$T/leases
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
upnp_table_name=filter
upnp_nat_table_name=filter
allow 1024-65535 192.168.77.0/24 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
X
ip netns exec $R "$MINIUPNPD" -d -f "$T/miniupnpd.conf" -P "$T/miniupnpd.pid" >"$T/miniupnpd.log" 2>&1 &
keep $!
until_ok 10 grep -q 'HTTP listening' "$T/miniupnpd.log" ||
    { not_ok "miniupnpd" "$(tail -n 1 "$T/miniupnpd.log")"; exit 1; }

in_ns() # NAMESPACE NAME OPTION...: as gw_start, in there
{
    ns=$1
    name=$2
    shift 2
    mkdir -p -m 700 "$T/$name"
    ip netns exec "$ns" "$GW" -d "$T/$name" "$@" >>"$T/$name.log" 2>&1 &
    keep $!
    echo $! >"$T/$name.pid"
    until_ok 20 is_ready "$name" || { not_ok "$name starts" "$(tail -n 1 "$T/$name.log")"; exit 1; }
}

# What the router redirects to home; and the firewall's holes for IPv6.
redirects()
{
    ip netns exec $R nft list chain inet filter prerouting_miniupnpd | grep -c 'dnat.*192\.168\.77\.2'
}

pinholes()
{
    ip netns exec $R nft list chain inet filter miniupnpd | grep -c 'nfproto ipv6\|ip6 \|nh,192'
}

listens() # MULTIADDR-PREFIX
{
    gw_json home "any(a.startswith('$1') for a in s['addresses'])" | grep -qx True
}

no_redirect()
{
    [ "$(redirects)" = 0 ]
}

# by HOW SECONDS: home starts, is mapped, is reached from outside, and takes the mapping along.
by()
{
    echo "[node]
port-map = yes" >"$T/home/gw.conf"
    in_ns $H home -D none -l /ip4/0.0.0.0/udp/4001/quic-v1 -l /ip6/::/udp/4001/quic-v1 \
        -S echo:7=127.0.0.1:"$PORT"
    check "$1: the address outside is listed" until_ok "$2" listens /ip4/198.41.0.9/udp/4001/quic-v1
    check "$1: the log says how" grep -q "portmap addr=/ip4/198.41.0.9/udp/4001/quic-v1.* by=$1\$" \
        "$T/home.log"
    echo "home $(gw_id home) /ip4/198.41.0.9/udp/4001/quic-v1" >"$T/away/names"
    in_ns $A away -D none
    same "$1: a peer outside gets in" hello \
        "$(echo hello | timeout 20 ip netns exec $A "$GW" -d "$T/away" nc home echo 2>&1)"
    [ "$1" != pcp ] || has "pcp: a hole in the IPv6 firewall" '^[1-9]' "$(pinholes)"
    gw_stop away
    gw_stop home
    check "$1: the router forgets the mapping" until_ok 10 no_redirect
    : >"$T/home.log"
}

mkdir -p -m 700 "$T/home" "$T/away"
PORT_OUT=$T/echo
ip netns exec $H python3 "$NET/targets.py" echo >"$PORT_OUT" 2>"$T/targets.log" &
keep $!
until_ok 10 test -s "$PORT_OUT" || { not_ok "target echo" "did not start"; exit 1; }
PORT=$(head -n 1 "$PORT_OUT")
gw_trusts home away

by pcp 5
# A router of before 2013: to version 2 it says nothing.
ip netns exec $R nft add rule inet filter input udp dport 5351 @th,64,8 2 drop
by nat-pmp 12
# UPnP alone: nobody at the port.
ip netns exec $R nft flush chain inet filter input
ip netns exec $R nft add rule inet filter input udp dport 5351 reject
by upnp 20
