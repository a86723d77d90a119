#!/bin/sh
# strangers.sh - AutoNAT finds out what each kind of NAT does with strangers, from a relay that is
# talked to over UDP and another one over TCP; without a mapped port.  A relay is asked once a minute:
# the first time it may be about TCP.
# needs: root
# timeout: 240
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host relay
host relay2
lan a nat=full hosts=cone
lan b nat=addr hosts=addr
lan c nat=port hosts=port
END

# netcheck HOST EXPRESSION: over what its netcheck says, s.
netcheck()
{
    gw "$1" netcheck --json |
        python3 -c 'import json, sys; s = json.load(sys.stdin); print(eval(sys.argv[1]))' "$2"
}
is_public() { [ "$(netcheck "$1" 's["reach"]')" = public ]; }
is_private() { [ "$(netcheck "$1" 's["reach"]')" = private ]; }
filters() { [ "$(netcheck "$1" 's["filtering"]')" = "$2" ]; }

# outside HOST LAN: it tells peers the UDP address that its NAT gives it.
outside()
{
    [ "$(netcheck "$1" "any(a.startswith('/ip4/$(natlab addr "$2")/udp/') for a in s['announced'])")" = True ]
}

(umask 077 && mkdir "$T/cone" "$T/addr" "$T/port" "$T/relay" "$T/relay2")
for who in cone addr port; do
    gw_trusts relay $who
    gw_trusts relay2 $who
    printf '[node]\nport-map = no\nautonat-delay = 500ms\nautonat-retry = 10s\n' >"$T/$who/gw.conf"
done
relay relay relay2
for who in cone addr port; do
    node $who -D none -r "$(relay_at relay)" -r "$(relay_at relay2 tcp)"
done

check "full cone: public" until_ok 100 is_public cone
check "full cone: its outside address is told" until_ok 5 outside cone a
check "full cone: lets everybody in" filters cone endpoint-independent
check "address-restricted: lets in who was sent to" until_ok 100 filters addr address-dependent
check "address-restricted: private" until_ok 100 is_private addr
check "port-restricted: lets in whose port was sent to" \
    until_ok 100 filters port address-and-port-dependent
check "port-restricted: private" until_ok 100 is_private port
