#!/bin/sh
# relay.sh - what a relay costs: many reservations and circuits at one, and the way through it beside
# the direct one.
#
#   GW=build/gw sh tests/bench/relay.sh          (first: make -C build gw tests/bench/relayload)
#
# Prints a table, and one line for each figure owed; the exit status is 0 when all are met.
# $HOSTS (2000) and $CIRCUITS (500) at once; $ROUNDS (3) of $SECS (3) of each way, interleaved.
# $RELAYLOAD: the load generator, by default tests/bench/relayload beside $GW.  As root the times
# in the lab of tests/nat/timing.sh are measured, too.  Writes nothing into the tree.
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../nat/lib.sh"

BENCH=$(CDPATH='' cd "$(dirname "$0")" && pwd)
RELAYLOAD=${RELAYLOAD:-$(dirname "$GW")/tests/bench/relayload}
HOSTS=${HOSTS:-2000}
CIRCUITS=${CIRCUITS:-500}
ROUNDS=${ROUNDS:-3}
SECS=${SECS:-3}
SERVICE=bench:80
TCP=/ip4/127.0.0.1/tcp/0

[ -x "$RELAYLOAD" ] || { not_ok "relayload" "there is none at $RELAYLOAD"; exit 1; }
${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -O2 -o "$T/sockload" \
    "$BENCH/sockload.c" "$BENCH/loadconn.c" "$BENCH/loadserve.c" || exit 1

# at_least NAME LIMIT VALUE [UNIT]: as at_most.
at_least()
{
    check "$1: $3 $4" awk -v a="$3" -v b="$2" 'BEGIN { print a " < " b; exit !(a != "" && a >= b) }'
}

report()
{
    python3 "$BENCH/relay_report.py" "$@"
}

# --- many peers of one relay

# crowded: a relay that takes HOSTS peers, all from one address.
crowded()
{
    mkdir -m 700 "$T/crowded"
    cat >"$T/crowded/gw.conf" <<END
[node]
max-peers = $((2 * HOSTS))
half-open = 1024
[relay]
public = yes
max-reservations = $HOSTS
max-reservations-per-ip = $HOSTS
max-circuits = $((CIRCUITS + 64))
max-pending = 256
END
    gw_start crowded -q -R -D none -l $LOOPBACK
}

is_at_rest()
{
    grep -q '"rest"' "$T/load"
}

crowd()
{
    crowded
    mkfifo "$T/hold"
    "$RELAYLOAD" -n "$HOSTS" -m "$CIRCUITS" -p "$(gw_pid crowded)" \
        "$(gw_addr crowded)/p2p/$(gw_id crowded)" <"$T/hold" >"$T/load" 2>>"$T/crowd.log" &
    crowd_pid=$!
    keep $crowd_pid
    exec 9>"$T/hold"
    until_ok 400 is_at_rest || { not_ok "$HOSTS reservations" "$(tail -n 1 "$T/load")"; exit 1; }
    same "$HOSTS reservations and $CIRCUITS circuits at once" "$HOSTS $CIRCUITS" \
        "$(gw_json crowded '"%d %d" % (s["relay"]["reservations"], s["relay"]["circuits"])')"
    exec 9>&-
    wait $crowd_pid
    same "none failed, every octet came back" 0 $?
    report crowd "$T/load"
    at_most "memory of a reservation" 102400 "$(report reservation "$T/load")" octets
    gw_stop crowded
}

# --- the way through a relay beside the direct one

# near NAME ADDRESS: a near side that knows the far side by this address only.
near()
{
    echo "home $(gw_id home) $2" >"$T/$1/names"
    gw_start "$1" -q -D 127.0.0.1:0 -l $LOOPBACK
}

cpu_s() # NAME...
{
    for cpu_name; do
        cat "/proc/$(gw_pid "$cpu_name")/stat"
    done | awk -v hz="$(getconf CLK_TCK)" '{ t += $14 + $15 } END { print t / hz }'
}

# bulk NAME down|up: one stream through that near side; a line of $T/bulk.
bulk()
{
    bulk_cpu=$(cpu_s relay home "$1")
    "$T/sockload" "$2" -x "$(gw_proxy "$1")" -Q "127.0.0.1:$PORT" -t "$SECS" -w 1 home:80 >"$T/out" ||
        not_ok "$2 by $1" "$(cat "$T/out")"
    echo "$1 $2 $bulk_cpu $(cpu_s relay home "$1") $(cat "$T/out")" >>"$T/bulk"
}

three_ways()
{
    PORT=$(free_port)
    "$T/sockload" serve -b 127.0.0.1 -p "$PORT" >/dev/null 2>>"$T/serve.log" &
    keep $!
    mkdir -m 700 "$T/relay" "$T/home" "$T/direct" "$T/tcp" "$T/relayed"
    printf '[peer home]\npath = relay\n' >"$T/relayed/gw.conf"
    for way in direct tcp relayed; do
        gw_trusts home $way
    done
    gw_trusts relay home
    gw_start relay -q -R -D none -l $LOOPBACK
    relay_addr=$(gw_addr relay)/p2p/$(gw_id relay)
    gw_start home -q -D none -S "$SERVICE=127.0.0.1:$PORT" -l $LOOPBACK -l $TCP -r "$relay_addr"
    reserved relay 1
    near direct "$(gw_addr home)"
    near tcp "$(gw_json home 'next(a for a in s["listen"] if "/tcp/" in a)')"
    near relayed "$relay_addr/p2p-circuit"
    for round in $(seq "$ROUNDS"); do
        for direction in down up; do
            bulk direct $direction
            bulk tcp $direction
            bulk relayed $direction
        done
    done
    same "it went through the relay" relayed "$(path_of relayed home)"
    report bulk "$T/bulk"
    for direction in down up; do
        at_least "relayed throughput of one stream $direction" 60 \
            "$(report share "$T/bulk" $direction)" "% of direct"
    done
}

crowd
three_ways
[ "$(id -u)" != 0 ] || GW=$GW sh "$NAT_DIR/timing.sh" || FAILED=yes
