#!/bin/sh
# relays.sh - two relays: when the one in use dies the other takes over.
# needs: root
# timeout: 120
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host first  delay=1ms
host second delay=10ms
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

# told_first: the relay whose circuit away tells first.
told_first()
{
    gw_json away "next(a for a in s['addresses'] if 'p2p-circuit' in a)" |
        awk -v first="$(gw_id first)" '{ print index($0, first) ? "first" : "second" }'
}
is_told_first() { [ "$(told_first)" = "$1" ]; }
has_load() { [ "$(gw_json away "[r['load'] for r in s['reservations'] if r['relay'] == '$(gw_id "$1")'][0]")" = "$2" ]; }
check "the nearer relay is told first" until_ok 15 is_told_first first
check "and has little to do" until_ok 15 has_load first low
natlab set first delay=100ms
check "when packets queue on the way to it, it is busy" until_ok 45 has_load first busy
same "and the other one is told first" second "$(told_first)"
natlab set first delay=1ms

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
