#!/bin/sh
# lan.sh - two hosts behind one NAT, which does not hairpin: they meet inside.
# needs: root
# timeout: 60
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host relay
lan lan hosts=me,away
END
reach_pair me away
check "two hosts behind one NAT: connected" fetch me 20000 0
check "two hosts behind one NAT: direct" until_ok 5 is_direct me away
has "at their addresses in the LAN" '^/ip4/192\.168\.' \
    "$(gw_json me "next(p['addr'] for p in s['peers'] if p['id'] == '$(gw_id away)')")"
stands_still "the relay carries nothing of it" me
