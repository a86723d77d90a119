#!/bin/sh
# udpblock.sh - networks without UDP: TCP to the relay, and TCP directly where that gets through.
# needs: root
# timeout: 90
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host relay
host home
lan a nat=port hosts=me   policy=noudp
lan b nat=port hosts=away policy=tcp443
END
reach_pair me home
known me home "$(relay_at relay)" "$(relay_at relay tcp)"
gw me reload >/dev/null
check "without UDP here: reached over the relay's TCP port" fetch me 20000 0
check "without UDP here: direct over TCP to a public host" until_ok 10 is_direct me home
same "and the path says so" tcp \
    "$(gw_json me 'next(p["transport"] for p in s["peers"] if p["path"] == "direct")')"
stands_still "the relay carries nothing of it" me

# --- the network loses UDP, and gets it back
natlab unblock a
gw_stop me
node me -D $PROXY
check "with UDP: reached" fetch me 20000 0
over_quic() { gw_json me '[p["transport"] for p in s["peers"] if p["path"] == "direct"]' | grep quic; }
check "with UDP: direct over QUIC" until_ok 10 over_quic
natlab block a
blocked=$(now_ms)
again() { fetch me 20000 0; }
check "UDP is blocked under way: reached" until_ok 30 again
at_most "UDP is blocked under way: within 15 s" 15000 $(($(now_ms) - blocked))

# --- only TCP to port 443 leaves the far side's network
mkdir -p -m 700 "$T/away"
gw_trusts away me
gw_trusts relay away
home away "$(relay_at relay tcp)"
reserved relay 2
known me away "$(relay_at relay)" "$(relay_at relay tcp)"
gw me reload >/dev/null
check "no UDP on either side: reached" fetch me 20000 0
sleep 5
same "no UDP on either side: through the relay" relayed "$(path_of me away)"
