#!/bin/sh
# limits.sh - a relay serves those whom it knows.
# needs: root
# timeout: 60
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host relay
lan a nat=sym hosts=me
lan b nat=sym hosts=away
lan c nat=sym hosts=stranger
END
reach_pair me away
mkdir -p -m 700 "$T/stranger"
gw_trusts stranger me
home stranger "$(relay_at relay)"
denied() { grep -q PERMISSION_DENIED "$T/stranger.log"; }
check "a stranger's reservation is refused with PERMISSION_DENIED" until_ok 10 denied
same "the reservation of one who is known stays" 1 "$(gw_json relay 's["relay"]["reservations"]')"
check "and is of use" fetch me 20000 0

known me stranger "$(relay_at relay)"
gw me reload >/dev/null
refuses "a stranger is not reached through the relay" fetch me 20000 0

# --- let in while it runs, and out again
gw_trusts relay stranger
reserved relay 2
ok "it reserves once it is let in"
stranger_reached() { fetch me 20000 0; }
check "and is reached" until_ok 10 stranger_reached
gw relay deny "$(gw_id stranger)" >/dev/null
reserved relay 1
ok "its reservation ends when it is let out"
refuses "and it is not reached any more" fetch me 20000 0

# --- a relay for everybody
printf '[relay]\nenabled = yes\npublic = yes\n' >>"$T/relay/gw.conf"
gw relay reload >/dev/null
gw_stop stranger
home stranger "$(relay_at relay)"
reserved relay 2
ok "a public relay takes those whom it does not know"
check "who are reached through it" until_ok 10 stranger_reached
sed -i 's/^public = yes/public = no/' "$T/relay/gw.conf"
gw relay reload >/dev/null
reserved relay 1
ok "and lets them out when it is public no more"
