#!/bin/sh
# bootstrap.sh - where a node finds the DHT to begin with: the configuration, a signed list from a file or
# over HTTP, the DNS, last time's peers; and what is published there is found.
# needs: root
# timeout: 120
. "$(dirname "$0")/lib.sh"
need_root bootstrap

NS=gwB$$
namespaces $NS
command -v dnsmasq >/dev/null || PATH=$PATH:/usr/sbin
echo "nameserver 127.0.0.1" >"$T/resolv.conf"
cat >"$T/within.sh" <<END
mount --bind $T/resolv.conf /etc/resolv.conf && exec "\$@"
END
WITHIN="ip netns exec $NS sh $T/within.sh"

# dht NAME MODE CONFIG: starts gw in the DHT, without the state of before but for its table if KEEP is set.
dht()
{
    mkdir -p -m 700 "$T/$1"
    [ ! -S "$T/$1/ctl.sock" ] || gw_stop "$1"
    [ "${KEEP-}" ] || rm -rf "$T/$1/state"
    printf '[node]\nmdns = no\n[proxy]\nlisten =\n[dht]\nmode = %s\n%s\n' "$2" "$3" >"$T/$1/gw.conf"
    gw_start "$1" -v -l $LOOPBACK
}
at() { echo "$(gw_addr "$1")/p2p/$(gw_id "$1")"; }
known() { gw "$1" dht status --json | json 's["contacts"]'; }
knows() { [ "$(known "$1")" -ge "${2-1}" ]; }

# --- servers, and one who offers something
dht one server ''
dht two server "bootstrap = $(at one)"
check "a server is found by its address" until_ok 10 knows two
check "and finds who asked it, a server as well" until_ok 10 knows one
dht home client "bootstrap = $(at two)
[service web]
target = 127.0.0.1:9"
published() { gw home dht status --json | json 's["published"]' | grep -q 1 && finds two; }
finds() { gw "$1" resolve "$(gw_id home)" | grep -q 'found by.*DHT'; }
check "who offers a service is found by its id" until_ok 15 published
dht quiet client "bootstrap = $(at two)
publish = no
[service web]
target = 127.0.0.1:9"
until_ok 10 knows quiet
same "unless it wants to publish nothing" 0 "$(gw quiet dht status --json | json 's["published"]')"

# --- a code
dht me client "bootstrap = $(at one)"
until_ok 10 knows me
code=$(gw home dht share --json | json 's["code"]')
met() { gw me dht meet "$1" | awk '/^peer/ { print $2 }'; }
same "a code leads to who shared it" "$(gw_id home)" "$(met "$code")"
same "however it is typed" "$(gw_id home)" "$(met "$(echo "$code" | tr 'a-z-' 'A-Z ')")"
refuses "another code leads nowhere" gw me dht meet aaaa-bbbb-cccc

# --- a signed list
{
    echo "# where to begin"
    echo "expires 2099-01-01T00:00Z"
    at one
    at two
} >"$T/list"
check "a list is signed" gw one dht sign-list "$T/list"
dht me client "list = $T/list
list-key = $(gw_id one)"
check "a signed list is enough to begin with" until_ok 10 knows me 2
check "and to find a peer that nobody told of" finds me
echo "casa $(gw_id home)" >"$T/me/names"
placed() { gw me resolve -v casa | grep -Eq '^DHT .*found'; }
check "who is in the names file without an address is found there" until_ok 10 placed
gw_trusts home me
gw home reload >/dev/null
check "and reached" gw me ping casa -n 1
rm "$T/me/names"
sed "s/udp/UDP/" "$T/list" >"$T/forged"
dht me client "list = $T/forged
list-key = $(gw_id one)"
warned() { grep -q "dht list $T/forged: .*" "$T/me.log"; }
check "a list that was changed is refused, and said so" until_ok 10 warned
same "and nobody of it is asked" 0 "$(known me)"
dht me client "list = $T/list
list-key = $(gw_id two)"
refuses "a list signed by another one is refused" until_ok 2 knows me

ip netns exec $NS python3 -m http.server --bind 127.0.0.1 --directory "$T" 8000 >"$T/http.log" 2>&1 &
keep $!
served() { ip netns exec $NS curl -sf http://127.0.0.1:8000/list; }
until_ok 10 served
dht me client "list = http://127.0.0.1:8000/list
list-key = $(gw_id one)"
check "a list comes over HTTP" until_ok 10 knows me 2

# --- the DNS, which tells of several
cat >"$T/dnsmasq.conf" <<END
no-resolv
no-hosts
txt-record=_dnsaddr.boot.example.org,dnsaddr=/dnsaddr/a.example.org
txt-record=_dnsaddr.a.example.org,dnsaddr=$(at one)
txt-record=_dnsaddr.a.example.org,dnsaddr=$(at two)
END
ip netns exec $NS dnsmasq --keep-in-foreground --conf-file="$T/dnsmasq.conf" --listen-address=127.0.0.1 \
    --bind-interfaces --pid-file= --user=root >"$T/dnsmasq.log" 2>&1 &
keep $!
dht me client "bootstrap = /dnsaddr/boot.example.org"
check "the DNS names servers, by way of another name" until_ok 10 knows me 2

# --- last time
KEEP=yes
dht me client ''
check "the servers of last time will do" until_ok 10 finds me
KEEP=
dht me client ''
has "without any the DHT says so" 'DHT: ' "$(gw me resolve "nobody.grewal" 2>&1; gw me resolve -v "$(gw_id home)" 2>&1 | sed 's/^DHT */DHT: /')"
dht me off "bootstrap = $(at one)"
has "switched off it is not there" 'mode +off' "$(gw me dht status 2>&1)"

# --- names of a network whose relay is gone
dht relay server "bootstrap = $(at two)
[relay]
enabled = yes
network = grewal"
gw_trusts relay home services=relay
gw_trusts relay me services=relay
dht me client "bootstrap = $(at two)
[network grewal]
relay = $(at relay)"
dht home client "bootstrap = $(at two)
[network grewal]
relay = $(at relay)
host = laptop
[service web]
target = 127.0.0.1:9"
by_network() { gw me resolve laptop.grewal | grep -q 'found by *network'; }
check "a relay knows the name" until_ok 10 by_network
by_dht() { gw two dht status --json | json 's["records"]' | grep -qx '[2-9]'; } # home's own is one
check "and has told the DHT" until_ok 15 by_dht
gw_stop relay KILL
gw me reload >/dev/null # forgets the answer
same "which knows it when the relay is gone" "$(gw_id home)" \
    "$(gw me resolve laptop.grewal | awk '/^peer/ { print $2 } /^found by/ && $3 != "DHT" { print }')"

# --- public or not
dht one auto ''
same "by itself a node that nobody has called public is a client" client \
    "$(gw one dht status --json | json 's["mode"]')"
