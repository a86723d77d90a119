#!/bin/sh
# network_names.sh - names of a network: claimed from its relay, found there by the other members,
# reached through it; taken ones refused; kept over a restart; given back.
# needs: root
# timeout: 120
. "$(dirname "$0")/lib.sh"
need_root network_names

HUB=gwH$$ ONE=gw1$$ TWO=gw2$$
namespaces $HUB $ONE $TWO
# Two networks that the relay is in, and between which nothing is forwarded.
link one$$ $HUB $ONE
link two$$ $HUB $TWO
ip -n $HUB addr add 192.0.2.1/24 dev one$$
ip -n $ONE addr add 192.0.2.2/24 dev one$$
ip -n $HUB addr add 198.51.100.1/24 dev two$$
ip -n $TWO addr add 198.51.100.2/24 dev two$$
ip netns exec $HUB sysctl -qw net.ipv4.ip_forward=0

# within NAMESPACE NAME OPTION...: starts gw there.
within()
{
    WITHIN="ip netns exec $1"
    shift
    gw_start "$@" || exit 1
    WITHIN=
}

hub()
{
    within $HUB hub -D none -l /ip4/0.0.0.0/udp/4001/quic-v1
}

# member NAME RELAY-IP HOST: its configuration.
member()
{
    mkdir -p -m 700 "$T/$1"
    printf '[network grewal]\nrelay = /ip4/%s/udp/4001/quic-v1/p2p/%s\nhost = %s\n' \
        "$2" "$(gw_id hub)" "$3" >"$T/$1/gw.conf"
}

logs() # NAME PATTERN
{
    grep -Eq "$2" "$T/$1.log"
}

mkdir -p -m 700 "$T/hub"
printf '[relay]\nenabled = yes\nnetwork = grewal\n[network grewal]\nhost = hub\n' >"$T/hub/gw.conf"
member laptop 192.0.2.1 laptop
member me 198.51.100.1 me
member thief 198.51.100.1 laptop
member stranger 198.51.100.1 stranger
gw_trusts hub laptop
gw_trusts hub me
gw_trusts hub thief
gw_trusts laptop me
ip netns exec $ONE python3 "$NET/targets.py" web "from the laptop" >"$T/web" 2>"$T/targets.log" &
keep $!
until_ok 10 test -s "$T/web"
hub
laptop() { within $ONE laptop -D none -S web:80=127.0.0.1:"$(head -n 1 "$T/web")"; }
laptop
within $TWO me -D 127.0.0.1:1080

# --- claimed and found
check "a member claims its name" until_ok 5 logs laptop 'names laptop.grewal relay=.* claimed'
check "and the other one its own" until_ok 5 logs me 'names me.grewal relay=.* claimed'
has "the relay keeps it" "^laptop $(gw_id laptop) [0-9]+ " "$(cat "$T/hub/state/names")"
by=$(gw me resolve laptop.grewal)
has "found by the other: its id" "$(gw_id laptop)" "$by"
has "the circuit to it" "/ip4/198.51.100.1/udp/4001/quic-v1/p2p/$(gw_id hub)/p2p-circuit" "$by"
has "and who said so" network "$by"
check "the other way, too" until_ok 5 gw laptop resolve me.grewal
has "the relay looks it up in its book" "$(gw_id laptop)" "$(gw hub resolve laptop.grewal)"
by=$(gw me resolve hub.grewal)
has "the relay has a name in its own network" "$(gw_id hub)" "$by"
has "where it is reached without a relay" '/ip4/198.51.100.1/udp/4001/quic-v1$' "$by"
web() { ip netns exec $TWO curl -sS --max-time 20 --socks5-hostname 127.0.0.1:1080 "http://$1/"; }
same "its service is reached through the relay" "from the laptop" "$(web laptop.grewal)"
same "by the service's name, too" "from the laptop" "$(web web.laptop.grewal)"
same "and with .p2p behind it" "from the laptop" "$(web laptop.grewal.p2p)"
same "by a relayed path" relayed "$(gw_json me "next(p['path'] for p in s['peers'] if p['id'] == '$(gw_id laptop)')")"
has "a name that nobody has" 'relay .*: nobody has this name' "$(gw me resolve other.grewal 2>&1)"
has "a network that nobody knows" 'no such network' "$(gw me resolve server.bob 2>&1)"

# --- refused
within $TWO thief -D none
check "a name that is taken is refused" until_ok 5 logs thief 'refused: somebody else has this name'
has "and stays with its holder" "$(gw_id laptop)" "$(gw me resolve laptop.grewal)"
within $TWO stranger -D none
check "a stranger may not claim" until_ok 5 logs stranger 'refused: not for us to ask'
has "nor find" 'not for us to ask' "$(gw stranger resolve laptop.grewal 2>&1)"
sleep 3
same "the log says it once" 1 "$(grep -c 'refused: somebody' "$T/thief.log")"
gw_stop stranger
gw_stop thief

# --- kept
gw_stop laptop
gw_stop hub KILL
hub
gw_stop me
within $TWO me -D 127.0.0.1:1080
until_ok 10 gw me resolve laptop.grewal
has "a relay that was killed has kept the names" "$(gw_id laptop)" "$(gw me resolve laptop.grewal)"
within $TWO thief -D none
check "and refuses them to others" until_ok 5 logs thief 'refused: somebody else has this name'
laptop
check "its holder is reached again" until_ok 10 web laptop.grewal

# --- a relay that publishes no more
published() { gw hub dht --json status | json 's["published"]'; }
same "the relay publishes its names" 3 "$(published)"
printf '[dht]\npublish = no\n' >>"$T/hub/gw.conf"
gw hub reload >"$T/reload" 2>&1
same "until it is not to any more" 0 "$(published)"

# --- another name
sed -i 's/host = laptop/host = desk/' "$T/laptop/gw.conf"
gw laptop reload >"$T/reload" 2>&1
check "a reload claims another name" until_ok 5 gw me resolve desk.grewal
same "which leads there" "from the laptop" "$(web desk.grewal)"
is_free() { gw hub resolve laptop.grewal 2>&1 | grep -q 'nobody has'; }
check "and the one before is given back" until_ok 5 is_free
gw_stop thief
within $TWO thief -D none
check "so that another member can have it" until_ok 5 logs thief 'names laptop.grewal relay=.* claimed'
has "and is found by it" "$(gw_id thief)" "$(gw hub resolve laptop.grewal)"

# --- another network takes a restart, and until then the old one is served
sed -i '/\[relay\]/,/\[network/s/network = grewal/network = elsewhere/' "$T/hub/gw.conf"
gw hub reload >"$T/reload" 2>&1
gw me reload >"$T/reload" 2>&1
has "a relay that is to be another network's goes on until it ends" "$(gw_id laptop)" "$(gw me resolve desk.grewal 2>&1)"
