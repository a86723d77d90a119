#!/bin/sh
# js_relay.sh - circuits, hole punching and AutoNAT between gw and js-libp2p: js as relay, js behind
# gw's relay, js at the other end of a hole.
# needs: root
# timeout: 300
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/../nat/lib.sh"
. "$(dirname "$0")/js/lib.sh"

# a and b are never connected directly: js cannot, and two symmetric NATs do not let gw.
lab_up <<END
host relay
host open
lan a nat=sym  hosts=me,jsme,stranger
lan b nat=sym  hosts=away,jsaway
lan c nat=port hosts=behind
END
ECHO=/peerup/echo/1.0.0
head -c 200000 /dev/urandom >"$T/blob"
blob=$(sha256sum <"$T/blob")
python3 "$NET/targets.py" echo "$T/echo.sock" >"$T/echo.out" 2>>"$T/targets.log" &
keep $!

# js_run HOST ARGUMENT...: circuit.mjs there, with a key that comes from the host's name.
js_run()
{
    js_host=$1
    shift
    DEBUG=${JS_DEBUG-} on "$js_host" timeout 60 node "$js/circuit.mjs" "$@" --seed "$js_host" \
        2>"$T/$js_host.err"
}

js_id() # HOST
{
    cat "$T/id.$1"
}

# js_node HOST OPTION...: a node there that serves echo; its events are in $T/js.HOST.
js_node()
{
    js_host=$1
    shift
    lab_serve "$js_host" python3 "$NET/targets.py" echo
    : >"$T/js.$js_host" # before it is looked at
    DEBUG=${JS_DEBUG-} ip netns exec "$NATLAB.$js_host" node "$js/circuit.mjs" node \
        --seed "$js_host" --serve "echo=127.0.0.1:$(cat "$serve_out")" "$@" \
        >"$T/js.$js_host" 2>"$T/js-$js_host.log" &
    echo $! >"$T/js-$js_host.pid"
    keep $!
    until_ok 20 grep -q '"ready"' "$T/js.$js_host" ||
        { not_ok "js at $js_host starts" "$(tail -n 1 "$T/js-$js_host.log")"; exit 1; }
}

js_stop() # HOST...
{
    for js_host; do
        kill "$(cat "$T/js-$js_host.pid")"
        until_ok 5 gone "$(cat "$T/js-$js_host.pid")"
    done
}

gw_stops() # HOST...
{
    for gw_host; do
        gw_stop "$gw_host"
        rm -f "$T/$gw_host.log"
    done
}

# event HOST EXPRESSION: one of the events of js there, called e, is so.
event()
{
    python3 -c 'import json, re, sys
lines = (line for line in open(sys.argv[1]) if line.startswith("{"))
sys.exit(not any(eval(sys.argv[2]) for e in map(json.loads, lines)))' "$T/$1" "$2"
}

# js_echo NAME HOST MULTIADDR [OPTION...]: js there calls; 200 kB go to the service echo and back.
js_echo()
{
    js_name=$1
    js_caller=$2
    js_at=$3
    shift 3
    same "$js_name" "$blob" "$(js_run "$js_caller" stream "$js_at" $ECHO "$@" <"$T/blob" | sha256sum)"
}

gw_echo() # NAME HOST PEER
{
    same "$1" "$blob" "$(timeout 30 "$GW" -d "$T/$2" nc "$3" echo <"$T/blob" | sha256sum)"
}

# place HOST quic|tcp: where a node of that host listens, without its id.
place()
{
    case $2 in
    quic) echo "/ip4/$(lab_addr "$1")/udp/4001/quic-v1" ;;
    tcp) echo "/ip4/$(lab_addr "$1")/tcp/443" ;;
    esac
}

# Where a relay listens, js and gw.
LISTEN="--listen /ip4/0.0.0.0/udp/4001/quic-v1 --listen /ip4/0.0.0.0/tcp/443"
GW_LISTEN="-l /ip4/0.0.0.0/udp/4001/quic-v1 -l /ip4/0.0.0.0/tcp/443"

# knows HOST NAME ID: gw there knows this peer behind the relay.
knows()
{
    echo "$2 $3 $relay/p2p-circuit" >>"$T/$1/names"
}

# trusts HOST ID...
trusts()
{
    mkdir -p -m 700 "$T/$1"
    trusting=$T/$1/authorized_keys
    shift
    printf '%s\n' "$@" >>"$trusting"
    chmod 600 "$trusting"
}

says() # HOST TEXT: in the log of gw there
{
    grep -q "$2" "$T/$1.log"
}

# gw_behind HOST [OPTION...]: gw there, with a slot at the relay and the service echo.
gw_behind()
{
    behind_host=$1
    shift
    home "$behind_host" "$relay" -- -S echo:7=unix:"$T/echo.sock" "$@"
    until_ok 10 says "$behind_host" 'reservation relay=.* held' ||
        { not_ok "gw at $behind_host gets a slot" "$(tail -n 1 "$T/$behind_host.log")"; exit 1; }
}

gw_relay()
{
    # shellcheck disable=SC2086
    node relay -R -D none $GW_LISTEN
    relay=$(place relay quic)/p2p/$(gw_id relay)
}

js_relay() # OPTION...
{
    # shellcheck disable=SC2086
    js_node relay --relay $LISTEN "$@"
    relay=$(place relay quic)/p2p/$(js_id relay)
}

for host in relay open jsme jsaway behind stranger; do
    (cd "$js" && env node dial.mjs id --seed $host) >"$T/id.$host"
done
mkdir -p -m 700 "$T/me"
for host in away open behind; do
    trusts $host "$(gw_id me)" "$(js_id jsme)" "$(js_id open)" "$(js_id behind)"
done
trusts relay "$(gw_id away)" "$(gw_id open)" "$(gw_id behind)"
trusts relay "$(js_id jsaway)" "$(js_id open)" "$(js_id behind)"

# carries: the relay carries gw to js and js to gw.
carries() # WHOSE OVER
{
    gw_echo "$1 relay over $2 carries gw to js" me js
    js_echo "$1 relay over $2 carries js to gw" jsme "$relay/p2p-circuit/p2p/$(gw_id away)" \
        --security $security
}

# --- either of them is the relay; what js speaks over TCP it speaks within circuits, too
for transport in quic tcp; do
    security=noise over=QUIC
    [ $transport = quic ] || security=tls over="TCP and TLS"
    js_relay --security $security
    relay=$(place relay $transport)/p2p/$(js_id relay)
    gw_behind away
    js_node jsaway --reserve "$relay" --security $security
    rm -f "$T/me/names"
    knows me home "$(gw_id away)"
    knows me js "$(js_id jsaway)"
    node me -D $PROXY
    check "js's relay over $over carries gw to gw: SOCKS" fetch me 20000 0
    gw_echo "and 200 kB both ways" me home
    same "by no other path" relayed "$(path_of me away)"
    carries "js's" "$over"
    gw_stops me away
    js_stop jsaway relay

    gw_relay
    relay=$(place relay $transport)/p2p/$(gw_id relay)
    gw_behind away
    js_node jsaway --reserve "$relay" --security $security
    rm -f "$T/me/names"
    knows me js "$(js_id jsaway)"
    node me -D $PROXY
    carries "gw's" "$over"
    js_echo "gw's relay over $over carries js to js" jsme \
        "$relay/p2p-circuit/p2p/$(js_id jsaway)" --security $security --plain
    check "js sees a circuit without limits" event jsme.err \
        "e.get('event') == 'called' and e['relayed'] and 'limits' not in e"
    refuses "js that nobody allowed gets no slot at gw's relay over $over" \
        js_run stranger listen "$relay" --security $security
    has "with PERMISSION_DENIED" 'status PERMISSION_DENIED' "$(cat "$T/stranger.err")"
    refuses "js that has no slot is not called" js_run jsme stream \
        "$relay/p2p-circuit/p2p/$(js_id stranger)" $ECHO --security $security
    has "with NO_RESERVATION" 'NO_RESERVATION' "$(cat "$T/jsme.err")"
    gw_stops me away relay
    js_stop jsaway
done

# --- js is a relay with limits
js_relay --data 131072 --time 120000
gw_behind away
rm -f "$T/me/names"
knows me home "$(gw_id away)"
node me -D $PROXY -v
check "js's relay with 128 KiB for a circuit carries 20 kB" fetch me 20000 0
check "gw has read the limit" says me 'limit_bytes=131072'
refuses "and not 500 kB" fetch me 500000 0
check "gw makes a new circuit afterwards" until_ok 10 fetch me 20000 0
gw_stops me away
js_stop relay

# --- gw is a relay with limits: libp2p's word for such a connection is "limited"
printf '[relay]\ncircuit-time = 6s\ncircuit-data = 2M\n' >"$T/relay/gw.conf"
gw_relay
gw_behind away
circuit=$relay/p2p-circuit/p2p/$(gw_id away)
js_echo "a limited circuit carries streams that are meant for one" jsme "$circuit"
check "js knows its limits" event jsme.err \
    "e.get('event') == 'called' and 0 < e['limits']['seconds'] <= 6 and e['limits']['bytes'] > 1900000"
refuses "and opens no other streams" js_run jsme stream "$circuit" $ECHO --plain </dev/null
has "by its own rule" LimitedConnectionError "$(cat "$T/jsme.err")"
check "a circuit ends with its octets" test \
    "$(head -c 5000000 /dev/zero | js_run jsme stream "$circuit" $ECHO | wc -c)" -lt 2000000
: >"$T/jsme.err"
sleep 20 | js_run jsme stream "$circuit" $ECHO &
keep $!
until_ok 5 event jsme.err "e.get('event') == 'called'"
called=$(now_ms)
until_ok 15 event jsme.err "e.get('event') == 'close' and e['relayed']"
ended=$(($(now_ms) - called))
check "and with its time: after $ended ms" test $ended -gt 4000 -a $ended -lt 8000
js_node jsaway --reserve "$relay"
js_run jsme stream "$relay/p2p-circuit/p2p/$(js_id jsaway)" $ECHO </dev/null
check "js that is called knows them, too" event js.jsaway \
    "e['event'] == 'open' and e['relayed'] and 0 < e['limits']['seconds'] <= 6"
gw_stops away relay
js_stop jsaway
rm "$T/relay/gw.conf"

# --- js is the other end of a hole
gw_relay

direct_to_js() # HOST JS-HOST
{
    gw_json "$1" "any(p['path'] == 'direct' for p in s['peers'] if p['id'] == '$(js_id "$2")')" |
        grep -q True
}

# gw_calls HOST JS-HOST TRANSPORT HOW: gw there calls js, which says how it got a direct connection.
gw_calls()
{
    rm -f "$T/$1/names"
    knows "$1" js "$(js_id "$2")"
    # shellcheck disable=SC2086
    node "$1" -D $PROXY $own
    gw "$1" nc js echo <"$T/blob" >/dev/null # js ends the circuit, and what is on it, once it is direct
    check "gw at $1 calls js at $2: direct over $3" until_ok 15 direct_to_js "$1" "$2"
    gw_echo "and of use" "$1" js
    has "by js's part in it" "$4" "$(cat "$T/js-$2.log")"
    gw_stops "$1"
    js_stop "$2"
}

js_calls() # HOST GW-HOST TRANSPORT OPTION...
{
    js_calls_from=$1
    js_calls_to=$2
    js_calls_over=$3
    shift 3
    # shellcheck disable=SC2086
    gw_behind "$js_calls_to" $own
    js_echo "js at $js_calls_from calls gw at $js_calls_to: direct over $js_calls_over" \
        "$js_calls_from" "$relay/p2p-circuit/p2p/$(gw_id "$js_calls_to")" --dcutr --direct 15 "$@"
    has "by CONNECT and SYNC" 'A dialing' "$(cat "$T/$js_calls_from.err")"
    gw_stops "$js_calls_to"
}

# One end is public and listens on one transport, the other is behind a NAT.  js itself cannot open
# a hole in a NAT before it: it dials from other ports than it listens on.
JS_DEBUG=libp2p:dcutr
for transport in quic tcp; do
    case $transport in
    quic) listen=/ip4/0.0.0.0/udp/4001/quic-v1 ;;
    tcp) listen=/ip4/0.0.0.0/tcp/443 ;;
    esac
    set -- --listen $listen --announce "$(place open $transport)" --dcutr
    own=
    js_calls open behind $transport "$@"
    js_node open "$@" --reserve "$relay"
    gw_calls behind open $transport 'B dialing'
    own="-l $listen"
    js_calls behind open $transport
    js_node behind --reserve "$relay" --dcutr
    gw_calls open behind $transport 'unilateral connection upgrade to .* succeeded'
done
JS_DEBUG=

# --- AutoNAT: each dials the other back.  js's v1 is a client here only: asked to dial back, it takes
# the connection that it is asked on for the new one, and closes it.
is_public() # js at open, as it knows
{
    event js.open "e['event'] == 'verified' and '$(place open quic)' in e['addrs']"
}
for version in 1 2; do
    # shellcheck disable=SC2086
    js_node open $LISTEN --reserve "$relay" --autonat $version
    check "gw dials js back: AutoNAT v$version" until_ok 15 is_public
    js_stop open
done
gw_stops relay
js_relay --autonat 2
# shellcheck disable=SC2086
gw_behind open $GW_LISTEN
check "js dials gw back: AutoNAT v2" until_ok 15 says open 'announce reach=public'
gw_behind behind
check "and finds it behind a NAT" until_ok 15 says behind 'announce reach=private'
