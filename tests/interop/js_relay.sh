#!/bin/sh
# js_relay.sh - circuits, hole punching and AutoNAT between gw and js-libp2p: js as relay, js behind
# gw's relay, js at the other end of a hole.
# needs: root
# timeout: 300
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/../reach/lib.sh"
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
    on "$js_host" timeout 60 node "$js/circuit.mjs" "$@" --seed "$js_host" 2>"$T/$js_host.err"
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
    ip netns exec "$NATLAB.$js_host" node "$js/circuit.mjs" node --seed "$js_host" \
        --serve "echo=127.0.0.1:$(cat "$serve_out")" "$@" >"$T/js.$js_host" 2>"$T/js-$js_host.log" &
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
sys.exit(not any(eval(sys.argv[2]) for e in map(json.loads, open(sys.argv[1]))))' "$T/$1" "$2"
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

LISTEN="--listen /ip4/0.0.0.0/udp/4001/quic-v1 --listen /ip4/0.0.0.0/tcp/443" # of js, as `relay` does
GW_LISTEN="-l /ip4/0.0.0.0/udp/4001/quic-v1 -l /ip4/0.0.0.0/tcp/443"

# knows HOST NAME ID MULTIADDR...: a line in the names of gw there.
knows()
{
    mkdir -p -m 700 "$T/$1"
    known_host=$1
    shift
    echo "$*" >>"$T/$known_host/names"
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

holds() # HOST
{
    grep -q 'reservation relay=.* held' "$T/$1.log"
}

# gw_behind HOST RELAY-ADDRESS [OPTION...]: gw there, with a slot at that relay and the service echo.
gw_behind()
{
    behind_host=$1
    behind_relay=$2
    shift 2
    home "$behind_host" "$behind_relay" -- -S echo:7=unix:"$T/echo.sock" "$@"
    until_ok 10 holds "$behind_host" ||
        { not_ok "gw at $behind_host gets a slot" "$(tail -n 1 "$T/$behind_host.log")"; exit 1; }
}

gw_relay() # OPTION...
{
    # shellcheck disable=SC2086
    node relay -R -D none $GW_LISTEN "$@"
}

for host in relay open jsme jsaway behind stranger; do
    (cd "$js" && env node dial.mjs id --seed $host) >"$T/id.$host"
done
mkdir -p -m 700 "$T/me" "$T/away" "$T/gate"
for host in away open behind; do
    trusts $host "$(gw_id me)" "$(js_id jsme)" "$(js_id open)" "$(js_id behind)"
done

trusts relay "$(gw_id away)" "$(js_id jsaway)" "$(js_id behind)" "$(js_id open)"
trusts relay "$(gw_id behind)" "$(gw_id open)"

# --- js is the relay, over either transport
# shellcheck disable=SC2086
js_node relay --relay $LISTEN
for transport in quic tcp; do
    relay=$(place relay $transport)/p2p/$(js_id relay)
    gw_behind away "$relay"
    rm -f "$T/me/names"
    knows me home "$(gw_id away)" "$relay/p2p-circuit"
    knows me js "$(js_id jsaway)" "$relay/p2p-circuit"
    node me -D $PROXY
    js_node jsaway --reserve "$relay"
    check "js's relay over $transport carries gw to gw: SOCKS" fetch me 20000 0
    gw_echo "and 200 kB both ways" me home
    same "by no other path" relayed "$(path_of me away)"
    gw_echo "js's relay over $transport carries gw to js" me js
    js_echo "js's relay over $transport carries js to gw" jsme "$relay/p2p-circuit/p2p/$(gw_id away)"
    gw_stops me away
    js_stop jsaway
done
js_stop relay

# --- js is a relay with limits
# shellcheck disable=SC2086
js_node relay --relay --data 131072 --time 120000 $LISTEN
relay=$(place relay quic)/p2p/$(js_id relay)
gw_behind away "$relay" -v
rm -f "$T/me/names"
knows me home "$(gw_id away)" "$relay/p2p-circuit"
node me -D $PROXY -v
check "js's relay with 128 KiB for a circuit carries 20 kB" fetch me 20000 0
has "gw has read the limit" 'limit_bytes=131072' "$(cat "$T/me.log")"
refuses "and not 500 kB" fetch me 500000 0
check "gw makes a new circuit afterwards" until_ok 10 fetch me 20000 0
gw_stops me away
js_stop relay

# --- gw is the relay
gw_relay
for transport in quic tcp; do
    relay=$(place relay $transport)/p2p/$(gw_id relay)
    gw_behind away "$relay"
    js_node jsaway --reserve "$relay"
    rm -f "$T/me/names"
    knows me js "$(js_id jsaway)" "$relay/p2p-circuit"
    node me -D $PROXY
    gw_echo "gw's relay over $transport carries gw to js" me js
    js_echo "gw's relay over $transport carries js to gw" jsme "$relay/p2p-circuit/p2p/$(gw_id away)"
    js_echo "gw's relay over $transport carries js to js" jsme \
        "$relay/p2p-circuit/p2p/$(js_id jsaway)" --plain
    check "js sees a circuit without limits" event jsme.err \
        "e.get('event') == 'called' and e['relayed'] and 'limits' not in e"
    refuses "js that nobody allowed gets no slot at gw's relay over $transport" \
        js_run stranger listen "$relay"
    has "with PERMISSION_DENIED" 'status PERMISSION_DENIED' "$(cat "$T/stranger.err")"
    refuses "js that has no slot is not called" \
        js_run jsme stream "$relay/p2p-circuit/p2p/$(js_id stranger)" $ECHO
    has "with NO_RESERVATION" 'NO_RESERVATION' "$(cat "$T/jsme.err")"
    gw_stops me away
    js_stop jsaway
done
gw_stops relay

# --- gw's relay with limits: libp2p's word for such a connection is "limited"
mkdir -p "$T/relay"
printf '[relay]\ncircuit-time = 8s\ncircuit-data = 2M\n' >"$T/relay/gw.conf"
gw_relay
relay=$(place relay quic)/p2p/$(gw_id relay)
gw_behind away "$relay"
js_echo "a limited circuit carries streams that are meant for one" jsme \
    "$relay/p2p-circuit/p2p/$(gw_id away)"
check "js knows its limits" event jsme.err \
    "e.get('event') == 'called' and 0 < e['limits']['seconds'] <= 8 and e['limits']['bytes'] > 1900000"
refuses "and opens no other streams" \
    js_run jsme stream "$relay/p2p-circuit/p2p/$(gw_id away)" $ECHO --plain </dev/null
has "by its own rule" LimitedConnectionError "$(cat "$T/jsme.err")"
since=$(now_ms)
refuses "the circuit ends when its time is over" \
    sh -c "sleep 30 | ip netns exec $NATLAB.jsme timeout 60 node $js/circuit.mjs stream \
        $relay/p2p-circuit/p2p/$(gw_id away) $ECHO --seed jsme"
at_most "within 8 s" 12000 $(($(now_ms) - since))
js_node jsaway --reserve "$relay"
js_run jsme stream "$relay/p2p-circuit/p2p/$(js_id jsaway)" $ECHO <"$T/blob" >/dev/null
check "js that is called knows them, too" event js.jsaway \
    "e['event'] == 'open' and e['relayed'] and 0 < e['limits']['seconds'] <= 8"
gw_stops away relay
js_stop jsaway
rm "$T/relay/gw.conf"

# --- js is the other end of a hole: whoever is called begins (DCUtR)
gw_relay
relay=$(place relay quic)/p2p/$(gw_id relay)
punched() # HOST PATTERN: js there has a direct connection at such an address
{
    event "js.$1" "e['event'] == 'open' and not e['relayed'] and re.search('$2', e['at'])"
}

for transport in quic tcp; do
    case $transport in
    quic) own="/ip4/0.0.0.0/udp/4001/quic-v1" ;;
    tcp) own="/ip4/0.0.0.0/tcp/443" ;;
    esac
    # js is public and listens on one transport.
    gw_behind behind "$relay" -v
    js_echo "js calls gw behind a NAT: direct over $transport" open \
        "$relay/p2p-circuit/p2p/$(gw_id behind)" --listen "$own" \
        --announce "$(place open $transport)" --dcutr --direct 15
    gw_stops behind
    js_node open --listen "$own" --announce "$(place open $transport)" --reserve "$relay" --dcutr
    rm -f "$T/behind/names"
    knows behind js "$(js_id open)" "$relay/p2p-circuit"
    node behind -D $PROXY -v
    gw_echo "gw behind a NAT calls js" behind js
    js_direct() { gw_json behind "'direct' in [p['path'] for p in s['peers'] if p['id'] == '$(js_id open)']" | grep -q True; }
    check "direct over $transport" until_ok 15 js_direct
    gw_echo "and of use" behind js
    gw_stops behind
    js_stop open

    # gw is public and listens on one transport.
    gw_behind open "$relay" -l "$own" -v
    js_echo "js behind a NAT calls gw: direct over $transport" behind \
        "$relay/p2p-circuit/p2p/$(gw_id open)" --dcutr --direct 15
    gw_stops open
    js_node behind --reserve "$relay" --dcutr
    rm -f "$T/open/names"
    knows open js "$(js_id behind)" "$relay/p2p-circuit"
    node open -D $PROXY -l "$own" -v
    gw_echo "gw calls js behind a NAT" open js
    js_direct() { gw_json open "'direct' in [p['path'] for p in s['peers'] if p['id'] == '$(js_id behind)']" | grep -q True; }
    check "direct over $transport" until_ok 15 js_direct
    gw_echo "and of use" open js
    gw_stops open
    js_stop behind
done
gw_stops relay
