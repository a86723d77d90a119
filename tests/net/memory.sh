#!/bin/sh
# memory.sh - a daemon that may have no more memory, now at one call and now at another: what is
# asked for ends in order or broken, never cut short as if it were whole; the process lives, and
# serves again as soon as it may have more.
. "$(dirname "$0")/lib.sh"
[ -z "${GW_SANITIZED-}" ] || { skip "memory" "the sanitizer's malloc goes by rules of its own"; exit 0; }

target source 1000000
# malloc that gives back at once, so that it has to ask again.
WITHIN="env MALLOC_TRIM_THRESHOLD_=0 MALLOC_TOP_PAD_=0"
mkdir -p -m 700 "$T/home" "$T/guest"
gw_trusts home guest
pair -S source:8=127.0.0.1:"$PORT"
cp "$T/me/names" "$T/guest/names"
python3 "$NET/memory.py" "$PROXY" "$GW" "$T/guest" "$(gw_pid home)" "$(gw_pid me)" || FAILED=yes
