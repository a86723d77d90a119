#!/bin/sh
# forget.sh - NATs that forget their mappings, and peers that restart: traffic resumes.
# needs: root
# timeout: 280
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host relay
lan a nat=port hosts=me   ports=shift
lan b nat=port hosts=away ports=shift
END
reach_pair me away
check "reached" fetch me 20000 0
check "two NATs with shifted ports: direct" until_ok 10 is_direct me away

again() { fetch me 20000 0; }
# A path that nobody uses or keeps is mended by its next use.
used_and_direct() { again && is_direct me away; }

# flush_under NAME LAN...: the NATs forget under a transfer of 8 s.
flush_under()
{
    flush_name=$1
    shift
    fetch me 4000000 8 >"$T/flow" 2>&1 &
    flow=$!
    keep $flow
    until_ok 10 grep -q connected "$T/flow"
    sleep 2
    for lan; do
        natlab flush "$lan"
    done
    flushed=$(now_ms)
    until_ok 30 again || not_ok "$flush_name: a new stream" "none in 30 s"
    at_most "$flush_name: a new stream is open soon" 15000 $(($(now_ms) - flushed))
    wait $flow
    flow_status=$?
    check "$flush_name: the path is direct again" until_ok 30 used_and_direct
}

# Of two that set out at once either may come through first.
dials_itself()
{
    gw_stop me
    : >"$T/away.log"
    node me -D $PROXY
    again && until_ok 10 is_direct me away && ! grep -q "dir=out addr=/ip4/$(lab_addr a)/" "$T/away.log"
}

# The near side's next packet makes a new mapping, and the far NAT does not know its port: the way
# in opens again by another punch, through the relay, and the connection moves.  That cannot help
# where the end that was dialled gets another port, which QUIC does not follow (RFC 9000 s.9): the
# far NAT, or both, with shifted ports; nor where every destination has its own, a symmetric NAT.
until_ok 90 dials_itself >/dev/null || not_ok "the near side dials" "not in 90 s"
flush_under "the near NAT forgets" a
same "the near NAT forgets: the transfer itself went on" 0 $flow_status
at_most "the near NAT forgets: the transfer went on soon" 9500 "$(resumed_ms "$T/flow" "$flushed")"
flush_under "the far NAT forgets" b
flush_under "both NATs forget" a b

natlab set a ports=keep
natlab set b nat=full ports=keep
check "towards a full cone: direct" until_ok 40 used_and_direct
flush_under "the near NAT forgets, the far one is a full cone" a
same "the transfer itself went on" 0 $flow_status

# --- kept: mended by itself
natlab set b nat=port ports=shift
printf '[peer home]\nkeep = yes\n' >"$T/me/gw.conf"
"$GW" -d "$T/me" reload >/dev/null
check "kept: direct" until_ok 40 used_and_direct
# Either end may be the one that comes through.
opened() { grep -c "dir=[a-z]* addr=/ip4/$(lab_addr b)/.* open\$" "$T/me.log"; }
opened_more() { [ "$(opened)" -gt "$opened_before" ]; }
opened_before=$(opened)
natlab flush a
natlab flush b
check "kept: when both NATs forget it is punched again, unused" until_ok 25 opened_more

# --- restarts
gw_stop away KILL
home away "$(relay_at relay)"
restarted=$(now_ms)
check "the far side is killed and starts again: reached" until_ok 20 again
at_most "the far side is killed and starts again: soon" 12000 $(($(now_ms) - restarted))
check "the far side is killed and starts again: direct" until_ok 15 is_direct me away
gw_stop me KILL
node me -D $PROXY
check "the near side is killed and starts again: reached" fetch me 20000 0
check "the near side is killed and starts again: direct" until_ok 15 is_direct me away
gw_stop relay KILL
check "a direct path needs no relay" fetch me 20000 0
relay relay
reserved relay 1
ok "the relay is killed and starts again: reserved"
