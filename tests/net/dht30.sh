#!/bin/sh
# dht30.sh - thirty gw on one machine, each told of two others: every one finds every other by its id
# and what it published, and still does when half of them, the two among them, are killed at once.
# needs: root
# timeout: 180
. "$(dirname "$0")/lib.sh"
need_root dht

# An interface of their own: addresses of loopback are not published.
LAN=gwD$$ END=gwE$$
namespaces $LAN $END
link eth0 $LAN $END
ip -n $LAN addr add 10.77.0.1/24 dev eth0
WITHIN="ip netns exec $LAN"

port() { echo $((4000 + $1)); }
at() { echo "/ip4/10.77.0.1/udp/$(port "$1")/quic-v1/p2p/$(cat "$T/id.$1")"; }

# node NUMBER BOOTSTRAP...: starts it, and does not wait.
node()
{
    node_n=$1
    shift
    mkdir -p -m 700 "$T/n$node_n"
    {
        printf '[node]\nmdns = no\n[dht]\nmode = server\nrequest-timeout = 2s\n'
        for boot; do echo "bootstrap = $boot"; done
    } >"$T/n$node_n/gw.conf"
    gw_run "n$node_n" -D none -S web:80=127.0.0.1:80 \
        -l "/ip4/10.77.0.1/udp/$(port "$node_n")/quic-v1"
}

up() { until_ok 20 gw_id "n$1" && gw_id "n$1" >"$T/id.$1" && until_ok 20 is_ready "n$1"; }
met() # CONTACTS WHO: it has so many
{
    [ "$(gw "n$2" dht --json status | json 's["contacts"]')" -ge "$1" ]
}

# all COMMAND...: each number of stdin, as the command's last argument; prints those that it fails for.
all()
{
    while read -r all_n; do
        "$@" "$all_n" >/dev/null 2>&1 || printf '%s ' "$all_n"
    done
}

finds() # WHOM WHO: by its id
{
    gw "n$2" dht find "$(cat "$T/id.$1")" | grep -q "/ip4/10.77.0.1/udp/$(port "$1")/"
}
gets() # WHOSE WHO: the record that it has published
{
    gw "n$2" dht get "$(cat "$T/id.$1")" | grep -q "/ip4/10.77.0.1/udp/$(port "$1")/"
}
# The one that stands so far behind in a ring of FIRST to 30.
behind() { echo $((($3 - $2 + $1) % (31 - $2) + $2)); }
resolves() # BY FIRST WHO: that one, through the DHT
{
    resolves_n=$(behind "$1" "$2" "$3")
    resolves_by=$(gw "n$3" resolve "$(cat "$T/id.$resolves_n")" 2>&1)
    echo "$resolves_by" | grep -q DHT &&
        echo "$resolves_by" | grep -q "/ip4/10.77.0.1/udp/$(port "$resolves_n")/"
}
reaches() # BY FIRST WHO: that one, by its id alone
{
    gw "n$3" ping -n 1 "$(cat "$T/id.$(behind "$1" "$2" "$3")")"
}

start=$(date +%s)
for n in 1 2; do
    node $n
    up $n || { not_ok "n$n starts" "$(tail -n 1 "$T/n$n.log")"; exit 1; }
done
for n in $(seq 3 30); do
    node "$n" "$(at 1)" "$(at 2)"
done
same "thirty start" "" "$(seq 1 30 | all up)"
same "and get to know most of the others" "" "$(seq 1 30 | all until_ok 20 met 20)"
same "each finds another by its id" "" "$(seq 1 30 | all resolves 7 1)"
same "and reaches it" "" "$(seq 1 30 | all reaches 11 1)"
same "all find one" "" "$(seq 1 30 | grep -vx 23 | all finds 23)"
same "and get what it has published" "" "$(seq 1 30 | all until_ok 5 gets 23)"
same "what another has, too" "" "$(seq 1 30 | all until_ok 5 gets 4)"

# --- half of them, and who the others began with
for n in $(seq 1 15); do
    kill -9 "$(gw_pid "n$n")"
done
same "half of them killed: each finds another" "" "$(seq 16 30 | all resolves 4 16)"
same "and reaches it" "" "$(seq 16 30 | all reaches 5 16)"
same "what was published is there" "" "$(seq 16 30 | all gets 23)"
same "also what one has that is gone" "" "$(seq 16 30 | all gets 4)"
gw_stop n30
node 30 "$(at 1)" "$(at 2)"
up 30
check "one that restarts remembers others than who is gone" until_ok 10 met 5 30
check "and is found again" until_ok 10 finds 30 16
took=$(($(date +%s) - start))
check "all in less than 60 s: $took" [ $took -lt 60 ]
