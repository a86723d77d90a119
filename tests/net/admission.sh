#!/bin/sh
# admission.sh - who may use what: strangers, single services, expiry, a rate limit, deny.
# timeout: 120
. "$(dirname "$0")/lib.sh"

target echo
echo=$PORT
target source 100000000
pair -S echo:7=127.0.0.1:$echo -S source:9=127.0.0.1:"$PORT" -S more:8=127.0.0.1:$echo
me=$PROXY
me_id=$(gw_id me)
keys=$T/home/authorized_keys

# use NAME: a second daemon that knows home; its proxy is $PROXY.
use()
{
    mkdir -p -m 700 "$T/$1"
    cp "$T/me/names" "$T/$1/names"
    gw_start "$1" -D 127.0.0.1:0 -l $LOOPBACK
    PROXY=$(gw_proxy "$1")
}

use stranger
replies <<END
2 home 7 a stranger
END
same "a stranger is not connected" 0 "$(gw_json stranger 'len(s["peers"])')"
has "the log says who was refused" "$(gw_id stranger | tail -c 9)" "$(cat "$T/home.log")"
refuses "ping is no way around" gw stranger ping -n 1 home

# --- what a line grants
mkdir -p -m 700 "$T/part" "$T/old" "$T/slow"
gw_trusts home part services=echo,source
gw_trusts home old expires=2020-01-01T00:00Z
gw_trusts home slow limit=1M
use part
replies <<END
0 home 7 a service that the line names
2 home 8 a service that the line does not name
END
use old
replies <<END
2 home 7 an expired line
END
use slow
python3 - "$PROXY" >"$T/rate" <<'PY'
import sys
import time

import gwtest as t

s = t.socks(sys.argv[1], "home", 9)
end, got = time.time() + 4, 0
while time.time() < end:
    got += len(s.recv(65536))
    if time.time() < end - 3:
        got = 0  # the bucket's first fill
print(int(got / 3))
PY
rate=$(cat "$T/rate")
if [ "$rate" -gt 700000 ] && [ "$rate" -lt 1500000 ]; then
    ok "limit=1M carries about 1 MB/s"
else
    not_ok "limit=1M carries about 1 MB/s" "it carried $rate octets a second"
fi

# --- allow and deny
PROXY=$(gw_proxy stranger)
check "gw allow" gw home allow "$(gw_id stranger)" echo
replies <<END
0 home 7 a peer that was allowed while we run
END
# has_peer NAME PEER: does NAME list it as connected?
has_peer()
{
    [ "$(gw_json "$1" "'$(gw_id "$2")' in [p['id'] for p in s['peers']]")" = True ]
}
lost_peer() { ! has_peer "$1" "$2"; }
check "it is listed as connected" has_peer home stranger
check "gw deny" gw home deny "$(gw_id stranger)"
check "which ends its connection" until_ok 2 lost_peer home stranger
check "at both ends" until_ok 2 lost_peer stranger home
replies <<END
2 home 7 a peer that was denied again
END

# --- a removed key loses what it has open
PROXY=$me
python3 "$NET/hold.py" "$PROXY" home 7 >"$T/held" 2>&1 &
held=$!
keep $held
until_ok 10 test -s "$T/held"
sed -i "/^$me_id/d" "$keys"
check "a removed key loses its open stream within 2 s" until_ok 3 gone $held
same "and its client sees a reset" reset "$(tail -n 1 "$T/held")"
check "and loses its connection" until_ok 3 lost_peer home me
check "that of another one stands" has_peer home part
has "allow of a service that is not there says so" ': sss \(no such service here yet\)$' \
    "$(gw home allow "$(gw_id part)" sss)"
gw home deny "$(gw_id old)" >/dev/null
echo rubbish >>"$keys"
has "allow with a bad file says where it is bad" 'authorized_keys:[0-9]*: ' \
    "$(gw home allow "$(gw_id old)" 2>&1)"
sed -i '$d' "$keys"
replies <<END
2 home 7 a peer whose line was removed
END
has "the other lines stand" "$(gw_id part) services=echo,source,sss" "$(cat "$keys")"
