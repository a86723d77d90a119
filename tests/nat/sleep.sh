#!/bin/sh
# sleep.sh - the laptop sleeps longer than its connections live, and wakes, here or elsewhere.
# needs: root
# timeout: 120
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

#
# A process that is stopped sees what a sleep shows it: its clocks have jumped when it goes on.
# hour.sh has longer jumps.
ASLEEP_S=20 # connections end after 10 s without a word

lab_up <<END
host relay
lan cafe  nat=port hosts=me
lan train nat=addr hosts=other
lan house nat=port hosts=away
END
reach_pair me away
check "reached" fetch me 20000 0
check "direct" until_ok 10 is_direct me away

# nap NAME COMMAND...: the command while the near side sleeps.
nap()
{
    nap_name=$1
    shift
    kill -STOP "$(gw_pid me)"
    "$@"
    sleep $ASLEEP_S
    kill -CONT "$(gw_pid me)"
    woken=$(now_ms)
    check "$nap_name: reached" until_ok 20 again
    at_most "$nap_name: within 3 s" 3000 $(($(now_ms) - woken))
    check "$nap_name: direct again" until_ok 20 is_direct me away
}
again() { fetch me 20000 0; }

nap "a sleep" true
nap "a sleep, and another network" natlab move me train

kill -STOP "$(gw_pid away)"
sleep $ASLEEP_S
kill -CONT "$(gw_pid away)"
check "the far side sleeps: reached" until_ok 20 again
check "the far side sleeps: direct again" until_ok 20 is_direct me away
