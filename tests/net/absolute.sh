#!/bin/sh
# absolute.sh - requests to the proxy in absolute form: one for each connection, even to origins that
# would take more; what stands behind one goes to nobody.
# timeout: 60
. "$(dirname "$0")/lib.sh"

target keep "hello from home"
home=$PORT
home_out=$target_out
target keep "hello from away"
away=$PORT
away_out=$target_out
mkdir -p -m 700 "$T/away"
gw_trusts away me
gw_start away -D none -l $LOOPBACK -S web:80=127.0.0.1:"$away"
pair -S web:80=127.0.0.1:"$home"
gw_knows me away
gw me reload >/dev/null
python3 "$NET/absolute.py" "$PROXY" "$home_out" "$away_out" || FAILED=yes
same "curl takes two pages of two peers" "hello from home
hello from away" "$(curl -sS --max-time 20 -x "http://$PROXY" http://home/ http://away/)"
idle() { [ "$(gw_json "$1" "s['streams']['$2']['active']")" = 0 ]; }
check "and no stream is left at the near side" until_ok 10 idle me out
check "nor at the far sides" until_ok 10 idle home in
check "either of them" until_ok 10 idle away in
