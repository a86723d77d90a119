#!/bin/sh
# ciphertext.sh - what crosses a relay is ciphertext, on its wires and in its memory.
# needs: root
# timeout: 90
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host relay
lan a nat=sym hosts=me
lan b nat=sym hosts=away
END
MARK=tell-nobody-$$-$(date +%s%N)
reach_pair me away
check "reached" fetch me 20000 0
same "through the relay only" relayed "$(path_of me away)"

# The outer connections are encrypted as well: only the relay's memory shows what it can read.
python3 "$NAT_DIR/seek.py" wire "$NATLAB.relay" "$MARK" >"$T/wire" 2>&1 &
wire=$!
keep $wire
until_ok 10 grep -q listening "$T/wire"
before=$(relay_bytes)
fetch me 20000000 8 "$MARK" >"$T/flow" 2>&1 &
flow=$!
keep $flow
until_ok 10 grep -q connected "$T/flow"
relay_hits=0 near_hits=0
for _ in 1 2 3 4 5 6; do
    relay_hits=$((relay_hits + $(python3 "$NAT_DIR/seek.py" memory "$(gw_pid relay)" "$MARK")))
    near_hits=$((near_hits + $(python3 "$NAT_DIR/seek.py" memory "$(gw_pid me)" "$MARK")))
    sleep 0.5
done
wait $flow
has "a transfer through the relay" '^done ' "$(cat "$T/flow")"
check "the relay has carried it" test $(($(relay_bytes) - before)) -gt 20000000
kill -TERM $wire
wait $wire
has "the capture saw it pass" '^packets [0-9]{4,}' "$(cat "$T/wire")"
has "the text is on none of the relay's wires" '^found 0$' "$(cat "$T/wire")"
check "the near side has the text in its memory" test $near_hits -gt 0
same "the relay has not" 0 $relay_hits
