#!/bin/sh
# quotas.sh - a relay gives nobody more than [relay] in its gw.conf says, and says so.
# needs: root
# timeout: 120
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host relay
lan a nat=sym hosts=me
lan b nat=sym hosts=away
lan c nat=sym hosts=third
END

# limits LINE...: what the relay allows from now on, and nothing else.
limits()
{
    mkdir -p "$T/relay"
    chmod 700 "$T/relay"
    printf '%s\n' "[relay]" "$@" >"$T/relay/gw.conf"
    [ ! -S "$T/relay/ctl.sock" ] || gw relay reload >/dev/null ||
        { not_ok "limits $*" "they are not taken"; exit 1; }
}

# anew: the near side starts again, with no circuit yet.
anew()
{
    gw_stop me
    node me -D $PROXY
}

limits "max-reservations = 1"
reach_pair me away
gw_trusts relay third
gw_trusts away third
gw_trusts third me
home third "$(relay_at relay)"
refused() { grep -q RESERVATION_REFUSED "$T/third.log"; }
check "a reservation too many is refused with RESERVATION_REFUSED" until_ok 10 refused
same "the one that is held stays" 1 "$(gw_json relay 's["relay"]["reservations"]')"
gw_stop third

limits "max-circuits = 1"
check "one circuit" fetch me 20000 0
known third away "$(relay_at relay)"
node third -D $PROXY
refuses "a circuit too many is refused" fetch third 20000 0
same "the one that is open stays" 1 "$(gw_json relay 's["relay"]["circuits"]')"
limits
check "until the limit is lifted" fetch third 20000 0
gw_stop third

limits "circuit-data = 1000000"
anew
check "a circuit that stays within its octets" fetch me 200000 0
refuses "one that does not ends" fetch me 5000000 0

limits "rate = 250000"
anew
fetch me 1000000 0 >"$T/slow" 2>&1
check "a circuit is as fast as its rate" awk '$1 == "done" { ms = $2 }
    END { print ms " ms for 1 MB at 250 kB/s"; exit !(ms > 2500 && ms < 6000) }' "$T/slow"

limits "monthly-data = $(($(relay_bytes) + 1000000))"
anew
refuses "a month's octets come to an end" fetch me 5000000 0
refuses "and nobody gets a circuit then" fetch me 20000 0
limits
check "until the limit is lifted" fetch me 20000 0
