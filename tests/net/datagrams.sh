#!/bin/sh
# datagrams.sh - UDP both ways: UDP ASSOCIATE with several associations at once, -U, long datagrams, a
# real dig; and services that take TCP, UDP or both under one name.
. "$(dirname "$0")/lib.sh"

here=$(dirname "$0")
# PySocks is of the system's Python, which need not be the first one of $PATH.
datagrams() { timeout 60 /usr/bin/python3 "$here/datagrams.py" "$@" 2>&1; }

/usr/bin/python3 "$here/datagrams.py" serve "$T/udp.port" >"$T/serve.log" 2>&1 &
keep $!
until_ok 5 test -s "$T/udp.port"
udp=$(cat "$T/udp.port")
target web "over TCP"
mkdir -p -m 700 "$T/home" "$T/me"
gw_trusts home me
gw_start home -D none -l $LOOPBACK -S dns:53=127.0.0.1:"$PORT" -S dns:53/udp=127.0.0.1:"$udp" \
    -S only:9/udp=127.0.0.1:"$udp" -S web:80=127.0.0.1:"$PORT"
gw_knows me home
proxy=$(free_port)
forward=$(free_port)
gw_start me -D "127.0.0.1:$proxy" -l $LOOPBACK -U "$forward:home:53" -U 0:home:web

# One that waits on the flow's stream may be overtaken by the next: as on any net, order is no promise.
associated=$(datagrams associate "127.0.0.1:$proxy" home 53)
same "10 000 datagrams over four associations come back, each to its own" "10000 0" "${associated% *}"
check "and at most one in a thousand out of order" [ "${associated##* }" -le 10 ]
same "-U carries a datagram" "1200 True" "$(datagrams forward "$forward" 1200)"
same "-U carries one that no packet holds" "9000 True" "$(datagrams forward "$forward" 9000)"
same "dig by -U" "192.0.2.53" "$(dig +short +time=5 +tries=1 @127.0.0.1 -p "$forward" host.test)"
same "dig by UDP ASSOCIATE, with the peer's name" "192.0.2.53" \
    "$(socks_dig "127.0.0.1:$proxy" @home associate.test)"
has "it was a datagram that asked" '^asked for associate\.test$' "$(cat "$T/serve.log")"
has "and a name that the association was for" 'socks5-udp target=home:53/udp ' "$(cat "$T/me.log")"

same "the same name and port by TCP" "over TCP" \
    "$(curl -sS --max-time 20 -x "socks5h://127.0.0.1:$proxy" http://home:53/)"
refuses "a service of datagrams alone takes no connection" \
    curl -sS --max-time 20 -x "socks5h://127.0.0.1:$proxy" http://home:9/
same "status tells UDP forwards from others" "udp" \
    "$(gw_json me "next(f['protocol'] for f in s['forwards'] if f['target'] == 'home:53')")"
nowhere=$(gw_json me "next(f['listen'] for f in s['forwards'] if f['target'] == 'home:web')")
has "datagrams for a service of connections alone go nowhere" 'timed out|TimeoutError' \
    "$(datagrams forward "${nowhere##*:}" 10)"
has "and the log says why" 'forward-udp target=home:web .*failed: peer offers no such service' \
    "$(cat "$T/me.log")"
