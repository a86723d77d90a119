#!/bin/sh
# js_mdns.sh - gw and js-libp2p on one LAN find each other by mDNS, whoever comes first.
# needs: root
# timeout: 180
. "$(dirname "$0")/../net/lib.sh"
need_root mdns
. "$(dirname "$0")/js/lib.sh"

HUB=gwH$$ ONE=gw1$$ TWO=gw2$$
namespaces $HUB $ONE $TWO
ip -n $HUB link add lan type bridge mcast_snooping 0
ip -n $HUB link set lan up
for n in 1 2; do
    eval "ns=\$$(echo "ONE TWO" | cut -d' ' -f$n)"
    ip link add eth0 netns "$ns" type veth peer name "p$n" netns $HUB
    ip -n $HUB link set "p$n" master lan up
    ip -n "$ns" addr add "10.77.0.$n/24" dev eth0
    ip -n "$ns" link set eth0 up
    ip -n "$ns" route add default dev eth0 # js names no interface
done

in_two() { ip netns exec $TWO "$@"; }
in_two python3 "$NET/targets.py" web "from a service" >"$T/web" 2>"$T/targets.log" &
keep $!
until_ok 10 test -s "$T/web"
mkdir -p -m 700 "$T/me"
js_id=$(timeout 60 node "$js/dial.mjs" id --seed js)
echo "$js_id" >"$T/me/authorized_keys"
chmod 600 "$T/me/authorized_keys"

# js_start NAME: a js node on TWO; its events are in $T/NAME.
js_start()
{
    in_two env PATH="$PATH" node "$js/lan.mjs" --seed js --listen /ip4/10.77.0.2/udp/0/quic-v1 \
        --serve web=127.0.0.1:"$(head -n 1 "$T/web")" >"$T/$1" 2>"$T/$1.log" &
    js_pid=$!
    keep $js_pid
    until_ok 30 grep -q ready "$T/$1" || { not_ok "js starts" "$(tail -n 1 "$T/$1.log")"; exit 1; }
}
me_start()
{
    WITHIN="ip netns exec $ONE"
    gw_start me -D 127.0.0.1:1080
    WITHIN=
}
found() { grep -q "\"found\".*$(gw_id me).*/ip4/10.77.0.1/" "$T/$1"; }
pinged() { grep -q "\"pinged\".*$(gw_id me)" "$T/$1"; }

# --- gw is there first
me_start
js_start second
check "js finds the gw that was there before" until_ok 5 found second
check "and reaches it" until_ok 5 pinged second
check "gw finds the js that comes" until_ok 5 gw me resolve "$js_id"
has "at its address" '/ip4/10\.77\.0\.2/udp/[0-9]*/quic-v1' "$(gw me resolve "$js_id")"
has "which the LAN told" LAN "$(gw me resolve "$js_id")"
same "and uses its service by its id alone" "from a service" \
    "$(ip netns exec $ONE curl -sS --max-time 20 --socks5-hostname 127.0.0.1:1080 "http://web.$js_id/")"
gw_stop me
kill $js_pid
until_ok 10 gone $js_pid

# --- js is there first
js_start first
before=$(date +%s%N)
me_start
until_ok 5 sh -c "\"$GW\" -d $T/me resolve $js_id | grep -q LAN"
took=$((($(date +%s%N) - before) / 1000000))
check "gw finds the js that was there before: $took ms after its start" [ $took -lt 1000 ]
check "js finds the gw that comes" until_ok 5 found first
check "and reaches that, too" until_ok 5 pinged first
