#!/bin/sh
# js_relay.sh - circuits, hole punching and AutoNAT between gw and js-libp2p: js as relay, js behind
# gw's relay, js at the other end of a hole.
# needs: root
# timeout: 300
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/../reach/lib.sh"
. "$(dirname "$0")/js/lib.sh"
trap "rm -rf /tmp/w/keepT; cp -r $T /tmp/w/keepT; lab_down" EXIT

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
        2>>"$T/$js_host.err"
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
        >"$T/js.$js_host" 2>>"$T/js-$js_host.log" &
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
        mv "$T/$gw_host.log" "$T/$gw_host.log.$(date +%s)"
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

# --- AutoNAT: each dials the other back
public_at() # EXPRESSION: js at open takes such an address, called a, for a public one
{
    event js.open "e['event'] == 'verified' and any($1 for a in e['addrs'])"
}
gw_relay
relay=$(place relay quic)/p2p/$(gw_id relay)
for version in 1 2; do
    # shellcheck disable=SC2086
    js_node open $LISTEN --reserve "$relay" --autonat $version
    check "gw dials js back: AutoNAT v$version" until_ok 15 public_at "a == '$(place open quic)'"
    js_stop open
done
gw_stops relay
says() # HOST TEXT
{
    grep -q "$2" "$T/$1.log"
}
for version in 1 2; do
    # shellcheck disable=SC2086
    js_node relay --relay --autonat $version $LISTEN
    relay=$(place relay quic)/p2p/$(js_id relay)
    # shellcheck disable=SC2086
    gw_behind open "$relay" $GW_LISTEN -v
    check "js dials gw back: AutoNAT v$version" until_ok 15 says open 'announce reach=public'
    gw_behind behind "$relay" -v
    check "and finds it behind a NAT" until_ok 15 says behind 'announce reach=private'
    cp $T/open.log /tmp/w/open.$version.log; cp $T/behind.log /tmp/w/behind.$version.log
    gw_stops open behind
    js_stop relay
done
