#!/bin/sh
# resolve.sh - how long a name takes, in each tier and from the cache.
#
#   GW=build/gw sh tests/bench/resolve.sh
#
# In network namespaces: a relay that is also a DHT server, a member of its network, a peer that only
# the DHT knows, and the one that asks.  That one is $RTT ms (10) away from the relay and shares a LAN
# with the member.  Prints a table, and one line for each figure owed; the exit status is 0 when all
# are met.  Needs root.
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../nat/lib.sh"
need_root resolve

BENCH=$(CDPATH='' cd "$(dirname "$0")" && pwd)
RTT=${RTT:-10}
HUB=gwH$$ MEMBER=gw1$$ FAR=gw2$$ ME=gw3$$
namespaces $HUB $MEMBER $FAR $ME
${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -O2 -o "$T/wanlink" "$BENCH/wanlink.c" || exit 1

# cable NAME NAMESPACE NAMESPACE NET: one between them, with the addresses NET.1 and NET.2.
cable()
{
    link "$1" "$2" "$3"
    ip -n "$2" addr add "$4.1/24" dev "$1"
    ip -n "$3" addr add "$4.2/24" dev "$1"
}

cable member $HUB $MEMBER 10.78.1
cable far $HUB $FAR 10.78.2
cable lan $ME $MEMBER 10.77.0
ip -n $ME route add 224.0.0.0/4 dev lan
ip -n $MEMBER route add 224.0.0.0/4 dev lan
mkfifo "$T/wan.in"
"$T/wanlink" $ME $HUB -d $((RTT / 2)) -r 1000 <"$T/wan.in" >"$T/wan.out" &
keep $!
exec 9>"$T/wan.in"
until_ok 5 grep -q up "$T/wan.out" || { not_ok wanlink "it did not start"; exit 1; }
ip -n $ME addr add 10.79.0.1/24 dev wan0
ip -n $ME link set wan0 up
ip -n $HUB addr add 10.79.0.2/24 dev wan0
ip -n $HUB link set wan0 up

# peer NAMESPACE NAME OPTION...: starts gw there, with the configuration on stdin.
peer()
{
    WITHIN="ip netns exec $1"
    shift
    mkdir -p -m 700 "$T/$1"
    cat >"$T/$1/gw.conf"
    gw_start "$@" -D none || exit 1
    WITHIN=
}

mkdir -p -m 700 "$T/hub" "$T/home" "$T/far" "$T/me"
gw_trusts hub home
gw_trusts hub me
peer $HUB hub -l /ip4/0.0.0.0/udp/4001/quic-v1 <<END
[node]
mdns = no
[relay]
enabled = yes
network = grewal
[dht]
mode = server
END
# hub_at HOST: its address there.
hub_at() { echo "/ip4/$1/udp/4001/quic-v1/p2p/$(gw_id hub)"; }
peer $MEMBER home -S web:80=127.0.0.1:80 <<END
[node]
name = home
[network grewal]
relay = $(hub_at 10.78.1.1)
host = home
END
peer $FAR far -S web:80=127.0.0.1:80 <<END
[node]
mdns = no
[dht]
bootstrap = $(hub_at 10.78.2.1)
END
echo "filed $(gw_id hub)" >"$T/me/names"
peer $ME me <<END
[node]
name = me
[network grewal]
relay = $(hub_at 10.79.0.2)
[dht]
bootstrap = $(hub_at 10.79.0.2)
[dns]
lookup = no
END

knows() # NAME TIER
{
    [ "$(gw me resolve -v --json "$1" | json 's["tier"]')" = "$2" ]
}
check "the LAN knows home" until_ok 5 knows home LAN
check "the network's relay knows home.grewal" until_ok 10 knows home.grewal network
check "the DHT knows far" until_ok 20 knows "$(gw_id far)" DHT

{
    python3 "$BENCH/resolve.py" "$T/me/ctl.sock" "names file" filed
    python3 "$BENCH/resolve.py" "$T/me/ctl.sock" LAN home
    python3 "$BENCH/resolve.py" "$T/me/ctl.sock" network home.grewal
    python3 "$BENCH/resolve.py" "$T/me/ctl.sock" DHT "$(gw_id far)"
} >"$T/table" || FAILED=yes

echo "tier        cold: median     worst   warm: median    99 %     worst   (ms; round trip $RTT ms)"
cat "$T/table"
of() # TIER COLUMN
{
    awk -v t="$1" -v c="$2" '$1 == t { print $c }' "$T/table"
}
for tier in names-file LAN network DHT; do
    at_most "$tier: warm, 99 of 100" 0.1 "$(of $tier 5)"
done
at_most "the relay's tier takes one round trip, and 3 ms" $((RTT + 3)) "$(of network 2)"
at_most "the LAN's takes nothing once it is known" 1 "$(of LAN 2)"
