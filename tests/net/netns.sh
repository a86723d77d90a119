#!/bin/sh
# netns.sh - two hosts in network namespaces: the client's own address changes under a transfer.
# needs: root
# timeout: 90
. "$(dirname "$0")/lib.sh"
need_root netns

A=gwA$$ B=gwB$$
namespaces $A $B
link gw0 $A $B
ip -n $A addr add 10.88.0.1/24 dev gw0
ip -n $B addr add 10.88.0.9/24 dev gw0

ip netns exec $B python3 "$NET/targets.py" source 300000000 >"$T/source" 2>"$T/targets.log" &
keep $!
until_ok 10 test -s "$T/source"
mkdir -p -m 700 "$T/home" "$T/me"
gw_trusts home me
WITHIN="ip netns exec $B"
gw_start home -D none -l /ip4/0.0.0.0/udp/4001/quic-v1 \
    -S source:9=127.0.0.1:"$(head -n 1 "$T/source")"
echo "home $(gw_id home) /ip4/10.88.0.9/udp/4001/quic-v1" >"$T/me/names"
WITHIN="ip netns exec $A"
gw_start me -D 127.0.0.1:0
PROXY=$(gw_proxy me)

ip netns exec $A python3 "$NET/fetch.py" "$PROXY" home 9 >"$T/sum" 2>"$T/fetch.log" &
fetch=$!
keep $fetch
until_ok 10 test -s "$T/sum"
ip -n $A addr add 10.88.0.77/24 dev gw0
ip -n $A addr del 10.88.0.1/24 dev gw0
# Deleting the first address of a network takes the later ones along.
ip -n $A addr replace 10.88.0.77/24 dev gw0
wait $fetch
same "an own address that changes under a transfer" 300000000 "$(tail -n 1 "$T/sum" | cut -d" " -f1)"
has "home saw the new address" '/ip4/10\.88\.0\.77/' "$(gw_json home 's["peers"][0]["addr"]')"
