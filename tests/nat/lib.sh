# lib.sh - what the scripts in tests/nat share: gw daemons in a lab, relays, and who is reached how.
# Sourced behind tests/net/lib.sh and tests/lab/lib.sh.
#
# A daemon is named after the host it runs on.  Relays listen on UDP 4001 and TCP 443.

NAT_DIR=$(CDPATH='' cd "$(dirname "$0")/../nat" && pwd)
export PYTHONPATH="$PYTHONPATH:$NAT_DIR"
PROXY=127.0.0.1:1080 # of every host: each has its own loopback

# node HOST OPTION...: starts gw there, as gw_start does.
node()
{
    node_host=$1
    shift
    mkdir -p -m 700 "$T/$node_host"
    ip netns exec "$NATLAB.$node_host" "$GW" -d "$T/$node_host" "$@" >>"$T/$node_host.log" 2>&1 &
    keep $!
    echo $! >"$T/$node_host.pid"
    until_ok 20 is_ready "$node_host" ||
        { not_ok "$node_host starts" "no answer: $(tail -n 1 "$T/$node_host.log")"; exit 1; }
}

relay() # HOST...
{
    for relay_host; do
        node "$relay_host" -R -D none -l /ip4/0.0.0.0/udp/4001/quic-v1 -l /ip6/::/udp/4001/quic-v1 \
            -l /ip4/0.0.0.0/tcp/443 -l /ip6/::/tcp/443
    done
}

# relay_at RELAY [quic|tcp|quic6]: one of its addresses, with its peer id.
relay_at()
{
    case ${2-quic} in
    quic) at=/ip4/$(lab_addr "$1")/udp/4001/quic-v1 ;;
    tcp) at=/ip4/$(lab_addr "$1")/tcp/443 ;;
    quic6) at=/ip6/$(lab_addr "$1" 6)/udp/4001/quic-v1 ;;
    esac
    echo "$at/p2p/$(gw_id "$1")"
}

# home HOST RELAY-ADDRESS... [-- OPTION...]: a far side with the service of flow.py at port 9 that
# reserves at these relays.
home()
{
    home_host=$1
    home_relays=
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        home_relays="$home_relays -r $1"
        shift
    done
    [ $# = 0 ] || shift
    [ -S "$T/flow.sock" ] || flow_serve
    # shellcheck disable=SC2086
    node "$home_host" -D none -S flow:9=unix:"$T/flow.sock" $home_relays "$@"
}

flow_serve()
{
    python3 "$NAT_DIR/flow.py" serve "$T/flow.sock" >"$T/flow.out" 2>>"$T/flow.log" &
    keep $!
    until_ok 10 test -s "$T/flow.out"
}

# reserved RELAY COUNT: so many reservations are held there, within 10 s.
reserved()
{
    has_reservations() { [ "$(gw_json "$1" 's["relay"]["reservations"]')" = "$2" ]; }
    until_ok 10 has_reservations "$1" "$2" ||
        { not_ok "$2 reservations at $1" "$(gw_json "$1" 's["relay"]')"; exit 1; }
}

# known ME HOME RELAY-ADDRESS...: ME knows HOME behind these relays, as "home".
known()
{
    known_line="home $(gw_id "$2")"
    known_me=$1
    shift 2
    mkdir -p -m 700 "$T/$known_me"
    for at; do
        known_line="$known_line $at/p2p-circuit"
    done
    echo "$known_line" >"$T/$known_me/names"
}

# reach_pair ME HOME [RELAY]: the usual three daemons; ME knows HOME only behind the relay.
reach_pair()
{
    reach_relay=${3-relay}
    mkdir -p -m 700 "$T/$1" "$T/$2" "$T/$reach_relay"
    gw_trusts "$2" "$1"
    gw_trusts "$reach_relay" "$2"
    relay "$reach_relay"
    home "$2" "$(relay_at "$reach_relay")"
    reserved "$reach_relay" 1
    known "$1" "$2" "$(relay_at "$reach_relay")"
    node "$1" -D $PROXY
}

# fetch ME OCTETS SECONDS [TEXT]: from the service of home; prints what flow.py does.
fetch()
{
    fetch_me=$1
    shift
    on "$fetch_me" timeout 90 python3 "$NAT_DIR/flow.py" fetch $PROXY home "$@"
}

# path_of ME HOME: direct, relayed or none: the best path that there is.
path_of()
{
    gw_json "$1" "min((p['path'] for p in s['peers'] if p['id'] == '$(gw_id "$2")'), default='none')"
}

is_direct() # ME HOME
{
    [ "$(path_of "$1" "$2")" = direct ]
}

relay_bytes() # [RELAY]
{
    gw_json "${1-relay}" 's["relay"]["bytes"]'
}

now_ms()
{
    echo $(($(date +%s%N) / 1000000))
}

# stands_still NAME ME [RELAY]: a direct transfer of 1 MB costs the relay nothing.  What it may carry
# meanwhile are pings of the relayed connection, while that is kept.
stands_still()
{
    still_before=$(relay_bytes "${3-relay}")
    fetch "$2" 1000000 0 >"$T/still" 2>&1 || { not_ok "$1" "$(tail -n 1 "$T/still")"; return; }
    still_grown=$(($(relay_bytes "${3-relay}") - still_before))
    check "$1" sh -c "echo the relay carried $still_grown octets; [ $still_grown -lt 10000 ]"
}

# resumed_ms FILE SINCE: how long after SINCE the flow whose events are in FILE went on: the end of
# its last stall, 0 when there was none.
resumed_ms()
{
    awk -v since="$2" '$1 == "stall" { end = $3 } END { print (end > since) ? int(end - since) : 0 }' "$1"
}

# at_most NAME LIMIT VALUE [UNIT]: numbers, which may have a fraction.
at_most()
{
    check "$1: $3 ${4-ms}" awk -v a="$3" -v b="$2" 'BEGIN { print a " > " b; exit !(a != "" && a <= b) }'
}
