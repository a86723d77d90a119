#!/bin/sh
# many.sh - 10 000 idle connections and 200 busy ones through two daemons.
# timeout: 120
. "$(dirname "$0")/lib.sh"

python3 "$NET/many.py" serve >"$T/port" 2>"$T/serve.log" &
keep $!
until_ok 10 test -s "$T/port"
mkdir -p -m 700 "$T/home" "$T/me"
printf '[node]\nmax-streams = 16384\n' | tee "$T/home/gw.conf" >"$T/me/gw.conf"
pair -S echo:7=127.0.0.1:"$(cat "$T/port")"
python3 "$NET/many.py" use "$PROXY" "$(gw_pid me)" "$(gw_pid home)" || FAILED=yes
