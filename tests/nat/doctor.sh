#!/bin/sh
# doctor.sh - gw doctor and gw netcheck find out what the lab is built to be.
# needs: root
# timeout: 150
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host relay
host relay2
host open
lan a nat=sym  hosts=me
lan b nat=sym  hosts=home
lan c nat=port hosts=near
lan d nat=udpblock hosts=away
END

# doctor ME NAME: what it says of NAME, as JSON in $T/doctor; its exit status is in $status.
doctor()
{
    gw "$1" doctor --json "$2" >"$T/doctor" 2>"$T/doctor.err"
    status=$?
}

# told EXPRESSION: over the answer s.
told()
{
    python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' \
        "$T/doctor" "$1"
}

# netcheck ME EXPRESSION: the same of its netcheck.
netcheck()
{
    gw "$1" netcheck --json >"$T/doctor" && told "$2"
}

causes() { told '[w["cause"] for w in s["why"]]'; }

(umask 077 && mkdir "$T/me" "$T/home" "$T/near" "$T/away" "$T/open" "$T/relay" "$T/relay2")
for who in me home near away; do
    gw_trusts relay $who
    gw_trusts relay2 $who
    gw_trusts open $who
done
relay relay relay2
both="$(relay_at relay) $(relay_at relay2)"

# --- two symmetric NATs
gw_trusts home me
# shellcheck disable=SC2086
home home $both
reserved relay 1
# shellcheck disable=SC2086
known me home $both
node open -D none -l /ip4/0.0.0.0/udp/4001/quic-v1
at_open="open $(gw_id open) /ip4/$(lab_addr open)/udp/4001/quic-v1"
echo "$at_open" >>"$T/me/names"
node me -D none -r "$(relay_at relay)" -r "$(relay_at relay2)"
reserved relay 2

symmetric() { [ "$(netcheck me 's["mapping"]')" = "address- or port-dependent" ]; }
check "netcheck: the NAT is symmetric, once two have told" until_ok 10 symmetric
same "netcheck: UDP works" works "$(netcheck me 's["udp"]')"
same "netcheck: the slots that are held" 2 \
    "$(netcheck me 'sum(r["state"] == "held" and r["rtt_ms"] > 0 for r in s["relays"])')"

doctor me home
sleep 8 # the three tries at a hole
doctor me home
same "symmetric to symmetric: exit status" 0 $status
same "symmetric to symmetric: path" relayed "$(told 's["path"]')"
same "symmetric to symmetric: by a relay of ours" True \
    "$(told 's["relay"] in [r["id"] for r in s["here"]["relays"]]')"
same "symmetric to symmetric: the far NAT" "address- or port-dependent" "$(told 's["there"]["mapping"]')"
check "symmetric to symmetric: why" sh -c "echo \"$(causes)\" | grep both-symmetric"
check "symmetric to symmetric: cure" sh -c "echo \"$(told 's["cure"]')\" | grep port-map"
same "symmetric to symmetric: no address answers directly" 0 \
    "$(told 'sum(c["result"] == "ok" for c in s["candidates"] if c["path"] == "direct")')"
same "symmetric to symmetric: the circuit does" True \
    "$(told 'any(c["result"] == "ok" for c in s["candidates"] if c["path"] == "relayed")')"

# --- a public host
doctor me open
same "to a public host: exit status" 0 $status
same "to a public host: direct, nothing to cure" "direct [] []" \
    "$(told 's["path"]') $(causes) $(told 's["cure"]')"
same "to a public host: its addresses answer" True \
    "$(told 'any(c["result"] == "ok" and c["ms"] > 0 for c in s["candidates"])')"

# --- nobody there
gw_stop home
sleep 1
doctor me home
same "gone: exit status" 1 $status
same "gone: path" none "$(told 's["path"]')"
same "gone: why" "['offline']" "$(causes)"
doctor me stranger
same "unknown: exit status" 1 $status
same "unknown: why" "['unknown-name']" "$(causes)"
check "unknown: who was asked" sh -c "echo \"$(told 's["trail"]')\" | grep 'names file: no line'"

# --- denied
echo "$at_open" >"$T/near/names"
node near -D none
gw open deny "$(gw_id near)" >/dev/null
doctor near open
same "denied: exit status" 1 $status
same "denied: why" "['denied']" "$(causes)"

# --- no UDP
node away -D none -r "$(relay_at relay)" -r "$(relay_at relay tcp)"
blocked() { [ "$(netcheck away 's["udp"]')" = blocked ]; }
check "netcheck: UDP is blocked" until_ok 15 blocked
