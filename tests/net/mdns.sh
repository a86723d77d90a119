#!/bin/sh
# mdns.sh - peers on one LAN find each other with nothing configured: by name, by id, on interfaces that
# come later, in spite of a liar; and who listens on loopback only says nothing.
# needs: root
# timeout: 120
. "$(dirname "$0")/lib.sh"
need_root mdns

HUB=gwH$$ ONE=gw1$$ TWO=gw2$$ TRI=gw3$$ LIAR=gwL$$
namespaces $HUB $ONE $TWO $TRI $LIAR
ip -n $HUB link add lan type bridge mcast_snooping 0
ip -n $HUB link set lan up

# plug NAMESPACE HOST-NUMBER [INTERFACE]: a cable to the bridge, with IPv4 and IPv6.
plug()
{
    plug_if=${3-eth0}
    ip link add "$plug_if" netns "$1" type veth peer name "p$2$plug_if" netns $HUB
    ip -n $HUB link set "p$2$plug_if" master lan up
    ip netns exec "$1" sysctl -qw "net.ipv6.conf.$plug_if.accept_dad=0"
    ip -n "$1" addr add "10.77.0.$2/24" dev "$plug_if"
    ip -n "$1" link set "$plug_if" up
    ip -n "$1" addr add "fd77::$2/64" dev "$plug_if" nodad
    ip -n "$1" route add 224.0.0.0/4 dev "$plug_if" # for programs that name no interface
}

# peer NAME NAMESPACE OPTION...: starts gw there, called NAME on the LAN.
peer()
{
    peer_name=$1
    WITHIN="ip netns exec $2"
    shift 2
    mkdir -p -m 700 "$T/$peer_name"
    printf '[node]\nname = %s\n' "$peer_name" >>"$T/$peer_name/gw.conf"
    gw_start "$peer_name" "$@"
    WITHIN=
}

plug $ONE 1
plug $TWO 2
plug $LIAR 9
mkdir -p -m 700 "$T/home" "$T/me" "$T/late"
ip netns exec $TWO python3 "$NET/targets.py" web "from a service" >"$T/web" 2>"$T/targets.log" &
keep $!
until_ok 10 test -s "$T/web"
gw_trusts home me
gw_trusts home late
ip netns exec $LIAR python3 "$NET/mdns.py" hear 60 >"$T/heard" 2>"$T/hear.log" &
keep $!

# --- nothing to announce, nothing said
peer alone $ONE -D none -l $LOOPBACK
sleep 0.5
same "who listens on loopback only says nothing on the LAN" "" "$(grep 10.77.0.1 "$T/heard")"
has "and is not kept waiting for it" 'LAN: not connected to one' "$(gw alone resolve nosuch 2>&1)"
gw_stop alone

# --- found
peer home $TWO -D none -S web:80=127.0.0.1:"$(head -n 1 "$T/web")"
peer me $ONE -D 127.0.0.1:1080
limit=200
[ -z "${GW_SANITIZED-}" ] || limit=2000
up=$(date +%s%N)
until_ok 5 gw me resolve home
found=$((($(date +%s%N) - up) / 1000000))
check "a peer is found in less than $limit ms of both being up: $found ms" [ $found -lt $limit ]
until_ok 5 gw home resolve me
found=$((($(date +%s%N) - up) / 1000000))
check "the other way, too: $found ms" [ $found -lt $limit ]
by=$(gw me resolve home)
has "by its name: its id" "$(gw_id home)" "$by"
has "its address by IPv4" '/ip4/10\.77\.0\.2/udp/' "$by"
has "its address by IPv6" '/ip6/fd77::2/udp/' "$by"
refuses "no address of loopback" sh -c "echo '$by' | grep 127.0.0.1"
has "and who said so" LAN "$by"
for name in home.local HOME.local home.grewal.local "$(gw_id home)" "web.$(gw_id home)" web.home.local; do
    has "$name leads there" '/ip4/10\.77\.0\.2/' "$(gw me resolve "$name" 2>&1)"
done
has "a name that nobody has" 'LAN: not seen' "$(gw me resolve nosuch 2>&1)"
refuses "a name of the internet is no LAN name" sh -c "\"$GW\" -d $T/me resolve home.example 2>&1 | grep LAN"
web() { ip netns exec $ONE curl -sS --max-time 20 --socks5-hostname 127.0.0.1:1080 "http://$1/"; }
same "its service by a bare name" "from a service" "$(web home)"
same "its service by a name of the LAN" "from a service" "$(web web.home.local)"
has "rights are not given to a name of the LAN" 'LAN only' "$(gw me allow home web 2>&1)"
check "but to an id" gw me allow "$(gw_id home)" web
gw_stop me
has "gw nc finds it without a daemon" 'from a service' "$(printf 'GET / HTTP/1.0\r\n\r\n' |
    ip netns exec $ONE "$GW" -d "$T/me" nc home web 2>&1)"
start_me()
{
    WITHIN="ip netns exec $ONE"
    gw_start me -D 127.0.0.1:1080
    WITHIN=
}
start_me

# --- only one family
ip -n $ONE addr flush dev eth0 scope global
ip -n $ONE addr add fd77::1/64 dev eth0 nodad
ip -n $TWO addr del 10.77.0.2/24 dev eth0
gw_stop me
start_me
only6() { gw me resolve home | grep -q fd77::2 && ! gw me resolve home | grep -q 10.77; }
check "by IPv6 alone, no address of IPv4 is told" until_ok 5 only6
same "and the service is reached" "from a service" "$(web home)"
ip -n $ONE addr add 10.77.0.1/24 dev eth0
ip -n $TWO addr add 10.77.0.2/24 dev eth0
both() { gw me resolve home | grep -q 10.77.0.2; }
check "an address that comes back is told" until_ok 5 both

# --- an interface that comes later
peer late $TRI -D 127.0.0.1:1080
refuses "without an interface nobody is found" gw late resolve home
plug $TRI 3
start=$(date +%s%N)
until_ok 5 gw late resolve home
took=$((($(date +%s%N) - start) / 1000000))
check "an interface that comes later: found $took ms after" [ $took -lt 1500 ]
has "by the others, too" '10\.77\.0\.3' "$(until_ok 3 gw me resolve late; gw me resolve late)"
same "and it is used" "from a service" "$(ip netns exec $TRI curl -sS --max-time 20 \
    --socks5-hostname 127.0.0.1:1080 http://home/)"

# --- other programs
plain() { ip netns exec $LIAR python3 "$NET/mdns.py" query "$@"; }
answer=$(plain _p2p._udp.local PTR)
has "plain DNS is answered: its id, an answer with authority, question, PTR, the rest, from port 5353" \
    '^4711 8400 1 1 0 [1-9][0-9]* 5353' "$answer"
has "with the name" 'gw-name=(home|me|late)' "$answer"
has "and addresses" 'dnsaddr=/ip4/10\.77\.0\.[123]/udp/[0-9]*/quic-v1/p2p/12D3Koo' "$answer"
has "DNS-SD browsers learn of the service" '^4711 8400 1 1 0 0 5353.*_p2p' \
    "$(plain _services._dns-sd._udp.local PTR)"

# --- a liar
web_of_liar=$(free_port)
WITHIN="ip netns exec $LIAR"
mkdir -p -m 700 "$T/liar"
HERE=10.77.0.9 ip netns exec $LIAR python3 "$NET/mdns.py" lie "$(gw_id liar)" home "$web_of_liar" 20 \
    >"$T/lie.log" 2>&1 &
keep $!
HERE=10.77.0.9 ip netns exec $LIAR python3 "$NET/mdns.py" lie "$(gw_id home)" other "$web_of_liar" 20 \
    >"$T/lie2.log" 2>&1 &
keep $!
WITHIN=
sleep 2
has "a liar does not get a name that is taken" "$(gw_id home)" "$(gw me resolve home)"
refuses "nor can it rename a peer" sh -c "\"$GW\" -d $T/me resolve other | grep $(gw_id home)"
has "the log says so" "peer=$(gw_id liar | tail -c 9) name=home is that of peer=$(gw_id home | tail -c 9)" \
    "$(cat "$T/me.log")"
has "nor take away its addresses" '10\.77\.0\.2' "$(gw me resolve home)"
gw_stop me
start_me
until_ok 5 gw me resolve "$(gw_id home)"
sleep 1
echo "house $(gw_id home)" >"$T/me/names"
until_ok 3 gw me resolve house
same "with a liar's addresses among its own it is reached" "from a service" "$(web house)"

# --- gone
gw_stop home
gone_home() { ! gw late resolve "$(gw_id home)" | grep -q '10\.77\.0\.2/'; }
check "a peer that ends says good-bye" until_ok 3 gone_home
# --- off
printf '[node]\nmdns = no\n' >"$T/me/gw.conf"
gw_stop me
start_me
refuses "mdns = no: the LAN is not asked" sh -c "\"$GW\" -d $T/me resolve late 2>&1 | grep LAN"
