#!/bin/sh
# payload.sh - what streams carry arrives whole, whichever end stops first; many streams at once
# and one after another leave nothing behind.
# timeout: 180
. "$(dirname "$0")/lib.sh"

target echo; echo=$PORT
target sum; sum=$PORT
target reset; reset=$PORT
target source 100000000; source=$PORT
source_out=$target_out
target watch; watch=$PORT
watch_out=$target_out
pair -S echo:7=127.0.0.1:$echo -S sum:8=127.0.0.1:$sum -S source:9=127.0.0.1:$source \
    -S reset:10=127.0.0.1:$reset -S watch:11=127.0.0.1:$watch
python3 "$NET/payload.py" "$PROXY" "$source_out" "$watch_out" \
    "$(gw_pid me)" "$(gw_pid home)" || FAILED=yes
