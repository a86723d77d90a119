#!/bin/sh
# federation.sh - three networks, each with its relay and a member behind NAT: names and circuits
# cross from one to the next where the relays trust each other, and no further than they allow.
# needs: root
# timeout: 150
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host g
host b
host c
lan x nat=sym hosts=laptop delay=20ms
lan y nat=sym hosts=server
lan z nat=sym hosts=cat
END

# network RELAY NAME [KEY=VALUE...]: its section of a gw.conf.
network()
{
    printf '[network %s]\nrelay = %s\n' "$2" "$(relay_at "$1")"
    shift 2
    for network_key; do
        echo "$network_key"
    done
}

# of NAME: that it is a relay of this network.
of()
{
    printf '[relay]\nenabled = yes\nnetwork = %s\n' "$1"
}

mkdir -p -m 700 "$T/g" "$T/b" "$T/c" "$T/laptop" "$T/server" "$T/cat"
{ of grewal; network b bob trust=full; } >"$T/g/gw.conf"
{ of bob; network g grewal trust=full; network c carol trust=full; } >"$T/b/gw.conf"
{ of carol; network b bob trust=full; } >"$T/c/gw.conf"
fresh() { printf '[dns]\nlookup = no\n[node]\nname-ttl = 1s\n'; } # nothing is remembered for long
{ network g grewal host=laptop; fresh; } >"$T/laptop/gw.conf"
{ network b bob host=server; fresh; } >"$T/server/gw.conf"
network c carol host=cat >"$T/cat/gw.conf"
gw_trusts g laptop
gw_trusts b server
gw_trusts c cat
gw_trusts server laptop
gw_trusts cat laptop
gw_trusts laptop server

short() { gw_id "$1" | tail -c 9; }
try() { on laptop timeout 60 python3 "$NAT_DIR/flow.py" fetch $PROXY "$@"; }
relay_path() { gw_json laptop "[p['addr'] for p in s['peers'] if p['id'] == '$(gw_id "$1")'][0]"; }
asked_ms() { gw laptop resolve -v --json "$1" | json "next(t['took_us'] for t in s['tiers'] if t['tier'] == 'network') / 1000"; }
rtt_ms() { gw_json laptop "next(p['rtt_ms'] for p in s['peers'] if p['id'] == '$(gw_id g)')"; }
said() { gw laptop resolve "$1" 2>&1; }

relay g b c
home server
home cat
home laptop -- -D $PROXY
for member in laptop server cat; do
    check "$member has its name" until_ok 10 grep -q "claimed" "$T/$member.log"
done

# --- our own
took=$(asked_ms laptop.grewal)
at_most "a name takes one round trip, $(rtt_ms) ms" "$(rtt_ms | awk '{ print $1 * 1.4 + 5 }')" "$took"

# --- one network to the next
until_ok 10 gw laptop resolve server.bob
found=$(said server.bob)
has "server.bob is found from grewal" "$(gw_id server)" "$found"
has "behind bob's relay" "/ip4/$(lab_addr b)/udp/4001/quic-v1/p2p/$(gw_id b)/p2p-circuit" "$found"
has "and behind both" \
    "/ip4/$(lab_addr g)/udp/4001/quic-v1/p2p/$(gw_id g)/p2p-circuit/p2p/$(gw_id b)/p2p-circuit" "$found"
has "a name that bob has not" "relay $(short b): nobody has this name" "$(said nobody.bob)"
# Bob's relay cannot be reached from here but through ours.
on laptop ip route add blackhole "$(lab_addr b)"
check "it is reached through both relays" until_ok 30 try server.bob 20000 0
has "by a circuit within a circuit" "$(gw_id g)/p2p-circuit/p2p/$(gw_id b)" "$(relay_path server)"
on laptop ip route del blackhole "$(lab_addr b)"
check "the other way, too" until_ok 10 gw server resolve laptop.grewal

# --- and to the one behind it
has "without transit carol's are not found" "relay $(short b): not for us to ask" "$(said cat.carol)"
printf '[relay]\ntransit = yes\n' >>"$T/b/gw.conf"
check "transit is switched on" gw b reload
check "then they are" until_ok 10 gw laptop resolve cat.carol
has "behind all three relays" "$(gw_id g)/p2p-circuit/p2p/$(gw_id b)/p2p-circuit/p2p/$(gw_id c)/p2p-circuit" \
    "$(said cat.carol)"
check "and reached" until_ok 30 try cat.carol 20000 0
has "a name that carol has not" "nobody has this name" "$(said nobody.carol)"

# --- circles
network g dave trust=full >>"$T/c/gw.conf" # whom our relay does not know either
printf '[relay]\ntransit = yes\n' >>"$T/c/gw.conf"
gw c reload >/dev/null
start=$(now_ms)
refuses "a question that goes in circles is not answered" gw laptop resolve x.nowhere
at_most "and soon over" 3000 $(($(now_ms) - start))

# --- one way
sed -i 's/trust=full/trust=one-way/' "$T/g/gw.conf"
gw g reload >/dev/null
gw_stop server
rm -f "$T/server/state/names-cache" # what it was told before still holds
home server
until_ok 10 gw server status
has "one way: bob's do not find ours" "relay $(short g): not for us to ask" \
    "$(gw server resolve laptop.grewal 2>&1)"
check "but ours bob's" until_ok 10 gw laptop resolve server.bob
check "and reach them" until_ok 30 try server.bob 20000 0
