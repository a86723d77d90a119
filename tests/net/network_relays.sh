#!/bin/sh
# network_relays.sh - the relay of another network is called by a name: it has its rights here as
# long as the name is its own.
# timeout: 60
. "$(dirname "$0")/lib.sh"

mkdir -p -m 700 "$T/grewal" "$T/bob"
printf '[relay]\nenabled = yes\nnetwork = grewal\n[network bob]\nrelay = theirs\ntrust = full\n' \
    >"$T/grewal/gw.conf"
gw_start bob -D none -l $LOOPBACK
bob=$(gw_id bob)
gw_stop bob
echo "theirs $bob" >"$T/grewal/names"
gw_start grewal -D none -l $LOOPBACK
printf '[relay]\nenabled = yes\nnetwork = bob\n[network grewal]\nrelay = %s\ntrust = full\n' \
    "$(gw_addr grewal)/p2p/$(gw_id grewal)" >"$T/bob/gw.conf"
gw_start bob -D none -l $LOOPBACK

slots() { gw_json grewal 's["relay"]["reservations"]'; }
has_slots() { [ "$(slots)" = "$1" ]; }
check "the relay of another network has a slot" until_ok 10 has_slots 1
echo "theirs 12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA" >"$T/grewal/names"
check "which it loses with its name" until_ok 10 has_slots 0
