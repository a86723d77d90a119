#!/bin/sh
# move.sh - the laptop moves to another network under a transfer, or its router gets another address.
# needs: root
# timeout: 150
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host relay
lan cafe  nat=port hosts=me    delay=10ms
lan train nat=sym  hosts=other delay=20ms
lan house nat=public hosts=home delay=10ms
lan flat  nat=port hosts=away  delay=10ms
END
reach_pair me home
check "reached" fetch me 20000 0
check "towards a public host: direct" until_ok 10 is_direct me home

# under_transfer NAME LIMIT COMMAND...: the command under a transfer of 8 s, which goes on in LIMIT ms.
under_transfer()
{
    under_name=$1
    under_limit=$2
    shift 2
    fetch me 8000000 8 >"$T/flow" 2>&1 &
    flow=$!
    keep $flow
    until_ok 10 grep -q connected "$T/flow"
    sleep 2
    "$@" >/dev/null
    changed=$(now_ms)
    wait $flow
    has "$under_name: every octet" '^done ' "$(cat "$T/flow")"
    at_most "$under_name: goes on within $under_limit ms" "$under_limit" "$(resumed_ms "$T/flow" "$changed")"
    has "$under_name: direct" '^direct$' "$(path_of me home)"
}

under_transfer "into another network" 1000 natlab move me train
under_transfer "and back" 1000 natlab move me cafe
# Nothing on this machine tells of these two: who receives asks after 0.3 s of silence.
for time in first second third; do
    under_transfer "the router gets another address, the $time time" 1000 natlab roam cafe
done
gap() { natlab cut cafe; sleep 3; natlab heal cafe; }
under_transfer "3 s of silence from the network" 5000 gap

# --- to a far side that lets in nobody whom it has not sent to: punched anew through the relay
gw_stop me
gw_stop home
mkdir -p -m 700 "$T/away"
gw_trusts away me
gw_trusts relay away
home away "$(relay_at relay)"
reserved relay 1
known me away "$(relay_at relay)"
node me -D $PROXY
check "behind another NAT: reached" fetch me 20000 0
check "behind another NAT: direct" until_ok 10 is_direct me away
natlab move me house
moved=$(now_ms)
again() { fetch me 20000 0; }
check "after a move it is reached" until_ok 20 again
at_most "within 5 s" 5000 $(($(now_ms) - moved))
check "after a move it is direct again" until_ok 20 is_direct me away
