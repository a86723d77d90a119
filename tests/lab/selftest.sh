#!/bin/sh
# selftest.sh - the lab is what it says: each NAT kind behaves as RFC 4787 has it, and nothing stays.
# needs: root
# timeout: 120
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/lib.sh"

STUN="11.0.0.11 11.0.100.11"
STUN6="2a11::b 2a11::1:b"

# kinds LINE...: "HOST FAMILY NAT EXPECTED", all asked at the same time.
kinds()
{
    kinds_hosts=
    while read -r host family what expected; do
        [ "$family" = 4 ] && to=$STUN || to=$STUN6
        # shellcheck disable=SC2086
        probe "$host" classify $to >"$T/class.$host.$family" 2>&1 &
        kinds_hosts="$kinds_hosts $!"
        echo "$host $family $what $expected" >>"$T/kinds"
    done
    # shellcheck disable=SC2086
    wait $kinds_hosts
    while read -r host family what expected; do
        same "$(echo "$what" | tr _ ' ') over IPv$family" "$expected" "$(cat "$T/class.$host.$family")"
    done <"$T/kinds"
    rm "$T/kinds"
}

lab_up <<END
host relay   loss=10%
host stun    ip=2
lan public   nat=public   v6=open
lan fw       nat=fw       v6=fw
lan full     nat=full     hosts=2
lan addr     nat=addr     hosts=2
lan port     nat=port     hosts=2
lan sym      nat=sym
lan cgnat    nat=cgnat
lan udpblock nat=udpblock
lan v6only   nat=v6only
lan fulls    nat=full     ports=shift
lan addrs    nat=addr     ports=shift
lan ports    nat=port     ports=shift
lan noudp    nat=port     policy=noudp
lan short    nat=port     timeout=2
lan slow     nat=port     delay=20ms
lan dual     nat=port     via=cgnat-isp v6=fw
END
relay=$(lab_addr relay)
# shellcheck disable=SC2086
lab_serve stun python3 "$LAB_DIR/probe.py" serve $STUN
# shellcheck disable=SC2086
lab_serve stun python3 "$LAB_DIR/probe.py" serve $STUN6
lab_serve relay python3 "$LAB_DIR/probe.py" serve "$relay"

open="tcp443=open tcp3478=open"
kinds <<END
public1   4 a_public_host                  none EIF kept $open
public1   6 a_public_host                  none EIF kept $open
fw1       4 a_firewall                     none APDF kept $open
fw1       6 a_firewall                     none APDF kept $open
v6only1   6 a_host_without_IPv4            none APDF kept $open
dual1     4 carrier's_NAT_beside_IPv6      EIM APDF kept $open
dual1     6 carrier's_NAT_beside_IPv6      none APDF kept $open
full1     4 a_full_cone                    EIM EIF kept $open
addr1     4 an_address-restricted_cone     EIM ADF kept $open
port1     4 a_port-restricted_cone         EIM APDF kept $open
sym1      4 a_symmetric_NAT                APDM APDF changed $open
cgnat1    4 a_carrier's_NAT                EIM APDF kept $open
fulls1    4 a_full_cone,_ports_shifted     EIM EIF changed $open
addrs1    4 address-restricted,_shifted    EIM ADF changed $open
ports1    4 port-restricted,_shifted       EIM APDF changed $open
udpblock1 4 UDP_blocked                    blocked blocked - tcp443=open tcp3478=blocked
noudp1    4 only_UDP_blocked               blocked blocked - $open
END
for nat in full addr port; do
    # shellcheck disable=SC2086
    first=$(probe ${nat}1 classify $STUN -p 4001) second=$(probe ${nat}2 classify $STUN -p 4001)
    same "$nat: two hosts with one port are both mapped the same for all" "EIM EIM" \
        "${first%% *} ${second%% *}"
done
same "no hairpin behind a full cone" no "$(probe full1 hairpin 11.0.0.11)"
same "a mapping lives as long as its timeout" "1" "$(probe short1 lifetime 11.0.0.11 1,4)"
has "20 ms each way" '^4[0-3]\.' "$(probe slow1 rtt 11.0.0.11)"
# 19 % of 500, give or take five standard deviations.
lost=$(probe public1 loss "$relay" 500)
check "10 % loss each way" sh -c "echo $lost lost; [ $lost -ge 51 ] && [ $lost -le 139 ]"

# --- what changes while it runs
probe port1 lifetime 11.0.0.11 2 >"$T/life" &
sleep 1
natlab flush port
wait $!
same "flush: the NAT forgets" "" "$(cat "$T/life")"
before=$(probe port1 mapped 11.0.0.11 4001)
roamed=$(natlab roam port)
same "roam: another outer address" "$roamed:4001" "$(probe port1 mapped 11.0.0.11 4001)"
refuses "roam: it is a new one" test "$before" = "$roamed:4001"
natlab block port
same "block: no UDP" none "$(probe port1 mapped 11.0.0.11 4001)"
natlab unblock port
same "unblock" "$roamed:4001" "$(probe port1 mapped 11.0.0.11 4001)"
natlab set port nat=sym
# shellcheck disable=SC2086
has "set: another kind" '^APDM APDF' "$(probe port1 classify $STUN)"
natlab cut full
same "cut: silence" none "$(probe full1 mapped 11.0.0.11 4001)"
natlab heal full
same "heal" "$(lab_addr full):4001" "$(probe full1 mapped 11.0.0.11 4001)"
natlab move full2 addr
same "move: a host in another LAN" "$(lab_addr addr):4002" "$(probe full2 mapped 11.0.0.11 4002)"
natlab set slow delay=50ms
has "set: another delay" '^10[0-3]\.' "$(probe slow1 rtt 11.0.0.11)"

# --- labs stand alone, and go
gone_lab() { ! ip netns list | grep -q "^$1\." && [ ! -e "/run/natlab/$1.json" ]; }
NATLAB=other$$ natlab up - <<END
lan port nat=port
END
refuses "another lab knows nothing of this one" env NATLAB=other$$ "$LAB_DIR/natlab" addr full
NATLAB=other$$ natlab down
check "down: it is gone" gone_lab other$$
same "and this one is there" "$(lab_addr full):4003" "$(probe full1 mapped 11.0.0.11 4003)"
refuses "a spec with an error" sh -c "echo 'lan a nat=round' | '$LAB_DIR/natlab' -l bad$$ up -"
echo "lan a delay=1ms" >"$T/spec"
refuses "a lab that cannot be built" env PATH=/nowhere "$(command -v python3)" "$LAB_DIR/natlab" \
    -l bad$$ up "$T/spec"
check "leaves nothing" gone_lab bad$$
sh -c '"$0" -l '"killed$$"' -o $$ up "$1"; ip netns exec killed'"$$"'.a1 sleep 1000 & echo $! >"$2"; wait' \
    "$LAB_DIR/natlab" "$T/spec" "$T/inside" &
owner=$!
until_ok 10 test -s "$T/inside"
refuses "a lab whose owner lives stays" gone_lab "killed$$"
kill -9 $owner
check "when the owner is killed it goes" until_ok 5 gone_lab "killed$$"
check "and so does what ran inside" until_ok 5 gone "$(cat "$T/inside")"
