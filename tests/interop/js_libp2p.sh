#!/bin/sh
# js_libp2p.sh - gw and js-libp2p, each dialling the other: over QUIC (rust-libp2p's inside js), and
# over TCP with Noise and with TLS.
# timeout: 300
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/js/lib.sh"

PERF=200000000
WEB=/peerup/web/1.0.0
TCP=/ip4/127.0.0.1/tcp/0

dial() { timeout 120 node "$js/dial.mjs" "$@" 2>"$T/dial.err"; }

target web "from a service"
web=$PORT
target echo
echo=$PORT
target sum

# --- js dials gw
mkdir -p -m 700 "$T/home"
printf '[node]\nperf = yes\nnegotiate-timeout = 2s\n' >"$T/home/gw.conf"
js_id=$(dial id --seed friend)
echo "$js_id" >"$T/home/authorized_keys"
chmod 600 "$T/home/authorized_keys"
gw_start home -D none -l $LOOPBACK -l $TCP -S web:80=127.0.0.1:$web -S echo:7=127.0.0.1:$echo \
    -S sum:8=127.0.0.1:"$PORT"
home=$(gw_addr home)/p2p/$(gw_id home)
friend() { dial "$@" --seed friend; }

seen=$(friend identify "$home")
same "js identifies gw" True "$(printf %s "$seen" | json "s['peer'] == '$(gw_id home)' and 'gw' in s['agent']")"
same "gw tells its protocols" True "$(printf %s "$seen" | json "{'/ipfs/id/1.0.0', \
    '/ipfs/id/push/1.0.0', '/ipfs/ping/1.0.0', '/perf/1.0.0'} <= set(s['protocols'])")"
same "gw tells the observed address" True \
    "$(printf %s "$seen" | json "'/ip4/127.0.0.1/udp/' in s['observed']")"
same "js pings gw" 3 "$(friend ping "$home" -n 3 | json 'len(s["ms"])')"
same "perf js -> gw, 200 MB up" $PERF "$(friend perf "$home" --up $PERF | json 's["sent"]')"
same "perf gw -> js, 200 MB down" $PERF "$(friend perf "$home" --down $PERF | json 's["received"]')"
same "js uses gw's service web" "from a service" \
    "$(printf 'GET / HTTP/1.0\r\n\r\n' | friend stream "$home" $WEB | tail -n 1)"
head -c 8000000 /dev/urandom >"$T/blob"
same "8 MB, the end, then the answer" "8000000 $(sha256sum <"$T/blob" | cut -d' ' -f1)" \
    "$(friend stream "$home" /peerup/sum/1.0.0 <"$T/blob")"
same "8 MB both ways" "$(sha256sum <"$T/blob")" \
    "$(friend stream "$home" /shurli/echo/1.0.0 <"$T/blob" | sha256sum)"
refuses "an unknown protocol is refused" friend stream "$home" /no/such/1.0.0
has "with na" 'UnsupportedProtocol' "$(cat "$T/dial.err")"
refuses "a stranger is refused in the handshake" dial stream "$home" $WEB --seed stranger

# Streams on which js says half of multistream's first line, all of it and then no more, or noise.
line=132f6d756c746973747265616d2f312e302e300a
silent=$(friend raw "$home" "${line%0a}" $line)
same "streams that never negotiate are ended by negotiate-timeout" True \
    "$(printf %s "$silent" | json "all(1900 < ms < 6000 for ms in s['ended_ms'])")"
same "and the connection stays usable" "[1, 'open', True]" \
    "$(printf %s "$silent" | json "[s['connections'], s['status'], s['ping_ms'] >= 0]")"
noise=$(friend raw "$home" ffffffffffffffffffff "13$(printf %038d 0)" "${line}00")
same "garbage in place of multistream ends its stream at once" True \
    "$(printf %s "$noise" | json "max(s['ended_ms']) < 1500")"
same "and leaves the connection usable, too" "[1, 'open', True]" \
    "$(printf %s "$noise" | json "[s['connections'], s['status'], s['ping_ms'] >= 0]")"
for type in secp256k1 RSA; do # js itself has no peer id for ECDSA keys
    gw home allow "$(dial id --key "$T/$type" --key-type $type)" >/dev/null
    same "a peer with a $type key is verified and served" "from a service" \
        "$(printf 'GET / HTTP/1.0\r\n\r\n' | dial stream "$home" $WEB --key "$T/$type" | tail -n 1)"
done

# --- gw dials js
# js_start NAME OPTION...: a js node that gw's daemon `me` knows by that name.
js_start()
{
    js_name=$1
    shift
    node "$js/node.mjs" --seed "$js_name" --serve web=127.0.0.1:$web \
        --serve echo=127.0.0.1:$echo "$@" >"$T/$js_name.out" 2>"$T/$js_name.log" &
    keep $!
    until_ok 20 grep -q ready "$T/$js_name.out"
    head -n 1 "$T/$js_name.out" |
        json "'$js_name ' + s['peer'] + ' ' + s['addrs'][0].split('/p2p/')[0]" >>"$T/me/names"
}

mkdir -p -m 700 "$T/me"
js_start js
gw_start me -D 127.0.0.1:0 -l $LOOPBACK
PROXY=$(gw_proxy me)

has "gw pings js" 'time=' "$(gw me ping -n 3 js)"
same "gw identifies js" True "$(gw_json me '"js-libp2p" in s["peers"][0]["agent"]')"
identified() { grep -q "\"event\":\"identify\".*$(gw_id me)" "$T/js.out"; }
check "js identifies the gw that dialled it" until_ok 5 identified
same "gw uses js's service web by name" "from a service" "$(socks http://web.js/)"
same "gw nc reaches js's service" "$(sha256sum <"$T/blob")" \
    "$(gw me nc js echo <"$T/blob" | sha256sum)"
has "perf gw -> js, 200 MB up" "$PERF" "$(gw me perf js --up $PERF)"
same "js has received all of it" True \
    "$(grep '"event":"perf"' "$T/js.out" | head -n 1 | json "s['received'] == $PERF")"
has "perf js -> gw, 200 MB down" "$PERF" "$(gw me perf js --down $PERF)"
replies <<END
5 nosuch.js 80 a service that js does not have
END

# --- over TCP, where js speaks one security protocol: Noise, or TLS (after it has said na to Noise)
tcp_addr() # NAME
{
    gw_json "$1" 'next(a for a in s["listen"] if "/tcp/" in a)'
}

tcp_home=$(tcp_addr home)/p2p/$(gw_id home)
for security in noise tls; do
    over="over TCP and $security"
    friend() { dial "$@" --seed friend --security $security; }
    same "js identifies gw $over" "$(gw_id home)" \
        "$(friend identify "$tcp_home" | json 's["peer"]')"
    same "js pings gw $over" 3 "$(friend ping "$tcp_home" -n 3 | json 'len(s["ms"])')"
    same "perf js -> gw $over, 200 MB up" $PERF \
        "$(friend perf "$tcp_home" --up $PERF | json 's["sent"]')"
    same "perf gw -> js $over, 200 MB down" $PERF \
        "$(friend perf "$tcp_home" --down $PERF | json 's["received"]')"
    same "8 MB $over, the end, then the answer" \
        "8000000 $(sha256sum <"$T/blob" | cut -d' ' -f1)" \
        "$(friend stream "$tcp_home" /peerup/sum/1.0.0 <"$T/blob")"
    same "8 MB both ways $over" "$(sha256sum <"$T/blob")" \
        "$(friend stream "$tcp_home" /shurli/echo/1.0.0 <"$T/blob" | sha256sum)"
    refuses "a stranger $over is refused" \
        dial stream "$tcp_home" $WEB --seed stranger --security $security

    js_start "tcp$security" --listen $TCP --security $security
    has "gw pings js $over" 'time=' "$(gw me ping -n 3 "tcp$security")"
    same "gw nc reaches js's service $over" "$(sha256sum <"$T/blob")" \
        "$(gw me nc "tcp$security" echo <"$T/blob" | sha256sum)"
    same "gw uses js's service web $over" "from a service" "$(socks "http://web.tcp$security/")"
    has "perf gw -> js $over, 200 MB up" "$PERF" "$(gw me perf "tcp$security" --up $PERF)"
    has "perf js -> gw $over, 200 MB down" "$PERF" "$(gw me perf "tcp$security" --down $PERF)"
done
