#!/bin/sh
# relays.sh - two relays: when the one in use dies the other takes over.
# needs: root
# timeout: 90
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host first
host second
lan a nat=sym  hosts=me
lan b nat=port hosts=away
END
mkdir -p -m 700 "$T/first" "$T/second" "$T/away" "$T/me"
gw_trusts away me
gw_trusts first away
gw_trusts second away
relay first second
home away "$(relay_at first)" "$(relay_at second)"
reserved first 1
reserved second 1
known me away "$(relay_at first)" "$(relay_at second)"
node me -D $PROXY

check "reached through one of two relays" fetch me 20000 0
same "by no direct path" relayed "$(path_of me away)"
used=first other=second
[ "$(gw_json second 's["relay"]["circuits"]')" = 0 ] || { used=second other=first; }
gw_stop $used KILL
died=$(now_ms)
again() { fetch me 20000 0; }
check "when it dies the other one takes over" until_ok 20 again
at_most "within 5 s" 5000 $(($(now_ms) - died))
same "a circuit goes through the other one" 1 "$(gw_json $other 's["relay"]["circuits"]')"

# --- the dead one comes back
relay $used
reserved $used 1
ok "the far side reserves again when a relay is back"
gw_stop $other KILL
died=$(now_ms)
check "and is reached through it when the other one dies" until_ok 20 again
at_most "within 5 s as well" 5000 $(($(now_ms) - died))
