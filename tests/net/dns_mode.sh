#!/bin/sh
# dns_mode.sh - peers by name with no proxy setting anywhere: gw is the DNS server of a namespace, and
# curl, psql, getent and Chromium ask it like any other.  What dig sees; forwarding to dnsmasq; load,
# garbage and slow clients.  The picture is kept in $GW_SCREENS.
# needs: root
# timeout: 150
. "$(dirname "$0")/lib.sh"
need_root "DNS mode"

screens=${GW_SCREENS:-$T/screens}
mkdir -p "$screens"
NS=gwD$$ OTHER=gwO$$
namespaces $NS $OTHER
WITHIN="ip netns exec $NS"
inside() { ip netns exec $NS "$@"; }
link lan $NS $OTHER # with loopback only the C library looks no addresses up
ip -n $NS addr add 192.0.2.1/24 dev lan

# with_dns COMMAND...: with the resolv.conf of this test.
with_dns()
{
    inside unshare -m sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$T/resolv.conf" "$@"
}
echo 'nameserver 127.0.0.1' >"$T/resolv.conf"

# --- what is reached: a page, PostgreSQL, a DNS server (its datagrams), and a peer that is away
page="a page by its name: $(seq -s ', ' 1000)"
$WITHIN python3 "$NET/targets.py" web "$page" >"$T/web" 2>"$T/targets.log" &
keep $!
pg=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
mkdir "$T/pg"
chmod 711 "$T"
chown nobody "$T/pg"
as_nobody="setpriv --reuid nobody --regid nogroup --clear-groups"
$as_nobody "$pg/initdb" -A trust -U test -N --no-locale -D "$T/pg/data" >"$T/initdb.log" 2>&1
$as_nobody "$pg/postgres" -F -h '' -k "$T/pg" -D "$T/pg/data" >"$T/postgres.log" 2>&1 &
keep $!
$WITHIN dnsmasq -k -u root -a 127.0.0.2 -z -p 53 --no-resolv --no-hosts --pid-file= --log-queries \
    --log-facility="$T/dnsmasq.log" --address=/example.com/192.0.2.7 \
    --txt-record=long.example.net,"$(printf '%0200d' 1)","$(printf '%0200d' 2)","$(printf '%0200d' 3)" &
keep $!
$WITHIN dnsmasq -k -u root -a 127.0.0.4 -z -p 53 --no-resolv --no-hosts --pid-file= --server=/p2p/127.0.0.1 &
keep $!
until_ok 20 "$pg/pg_isready" -q -h "$T/pg"
until_ok 10 test -s "$T/web"

mkdir -p -m 700 "$T/home" "$T/me" "$T/away"
printf '[dns]\nlisten = 127.0.0.1:53\nforward = 127.0.0.9:53\nforward = 127.0.0.2:53\n' >"$T/me/gw.conf"
many=
for i in $(seq 10 40); do
    many="$many -S a-service-with-quite-a-long-name-$i:90$i=127.0.0.1:9"
done
# shellcheck disable=SC2086
pair -S web:80=127.0.0.1:"$(cat "$T/web")" -S db:5432=unix:"$T/pg/.s.PGSQL.5432" \
    -S ns:5300/udp=127.0.0.2:53 $many
gw_knows me home alice
gw_start away -D none -l $LOOPBACK
gw_knows me away
gw_stop away

digs() { inside dig +tries=1 +time=5 @127.0.0.1 "$@" 2>&1; }
short() { digs +short "$@"; }

same "status says where it listens" 127.0.0.1:53 "$(gw_json me 's["dns"][0]')"
has "and so does the table" '^dns +127\.0\.0\.1:53' "$(gw me status)"
has "and the log" 'info  dns listen=127.0.0.1:53' "$(cat "$T/me.log")"

# --- ours
address=$(short home A)
has "A is the stable address" '^127\.64\.[0-9]+\.[0-9]+$' "$address"
has "that the file has, too" "^$address $(gw_id home)" "$(cat "$T/me/state/loopback")"
same "the same by TCP" "$address" "$(short +tcp home A)"
full=$(digs HoMe A)
has "the question comes back in its case" '^;HoMe\.' "$full"
has "with authority, recursion, and nothing else" 'flags: qr aa rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADD' "$full"
has "for a minute" '^HoMe\.[[:space:]]+60[[:space:]]+IN[[:space:]]+A' "$full"
for name in alice alice.p2p db.alice db.alice.p2p DB.Alice.P2P "$(gw_id home)" "web.$(gw_id home)"; do
    same "$name has that address" "$address" "$(short "$name" A)"
done
full=$(digs home AAAA)
has "AAAA is there" 'status: NOERROR' "$full"
has "without data, and says for how long" 'ANSWER: 0, AUTHORITY: 1,' "$full"
has "there is no such name" 'status: NXDOMAIN' "$(digs nosuch A)"
has "nor such" 'status: NXDOMAIN' "$(digs nosuch.p2p A)"
same "SRV names port and host" "0 0 5432 alice." "$(short _db._tcp.alice SRV)"
has "with its address" "^alice\..*A[[:space:]]+$address" "$(digs _db._tcp.alice SRV)"
same "of datagrams, too" "0 0 5300 home." "$(short _ns._udp.home SRV)"
has "not of the other protocol" 'status: NXDOMAIN' "$(digs _ns._tcp.home SRV)"
has "TXT lists the services" '"web=80" "db=5432" "ns=5300/udp"' "$(short home TXT)"
same "PTR names the peer" home. "$(short -x "$address")"
has "and nobody else" 'status: NXDOMAIN' "$(digs -x 127.64.255.254)"
has "a peer that is away has its address" '^127\.64\.' "$(short away A)"
has "but what it offers is not known" 'status: SERVFAIL' "$(digs _web._tcp.away SRV)"

# --- the protocol
has "ANY is the address alone" 'ANSWER: 1,' "$(digs home ANY)"
has "EDNS of a version to come: BADVERS" 'status: BADVERS' "$(digs +edns=1 +noednsnegotiation home A)"
has "NOTIFY: not implemented" 'status: NOTIMP' "$(digs +opcode=notify home A)"
has "another class is refused" 'status: REFUSED' "$(digs -c CH version.bind TXT)"
has "no question: a fault" 'status: FORMERR' "$(digs +header-only)"
has "two questions: a fault" '^12348181' "$(inside python3 "$NET/dnsload.py" 127.0.0.1 53 raw \
    1234010000020000000000000161000001000101620000010001)"
has "what is too long says so" 'flags: qr aa tc rd ra;.*ANSWER: 0' \
    "$(digs +ignore +notcp +bufsize=512 home TXT)"
has "with EDNS it may be longer, but not too long" 'flags: qr aa tc' \
    "$(digs +ignore +notcp +bufsize=4096 home TXT)"
has "and comes by TCP" 'flags: qr aa rd ra;.*ANSWER: 1' "$(digs home TXT)"
has "several questions on one connection" "^$address
$address$" "$(short +tcp +keepopen home A +tcp +keepopen alice A)"

# --- others
same "other names come from the server" 192.0.2.7 "$(short example.com A)"
same "by TCP as well" 192.0.2.7 "$(short +tcp www.example.com A)"
has "what does not fit comes by TCP" '^"0.*1" "0.*2" "0.*3"$' "$(short +noedns long.example.net TXT)"
has "what it refuses is refused" 'status: REFUSED' "$(digs example.org A)"
refuses "no name of ours went there" grep -Eiq 'query\[[A-Z]*\] [^ ]*(home|alice|p2p|nosuch|64\.127)' "$T/dnsmasq.log"

# --- programs that know nothing of gw
same "curl by a name" "$page" "$(with_dns curl -sS --noproxy '*' --max-time 20 http://home/)"
same "by the name of a service" "$page" \
    "$(with_dns curl -sS --noproxy '*' --max-time 20 http://web.alice.p2p/)"
same "psql" 42 "$(with_dns psql -qAtX -h db.alice.p2p -U test postgres -c 'select 6 * 7' 2>&1)"
same "getent" "$address" "$(with_dns getent ahostsv4 alice | awk 'NR == 1 { print $1 }')"
same "getent by the address" home "$(with_dns getent hosts "$address" | awk '{ print $2 }')"
same "datagrams: dig through the peer" 192.0.2.7 "$(inside dig +short +tries=1 @"$address" -p 5300 example.com)"
refuses "a port that the peer does not offer is closed" inside curl -sS --max-time 5 "http://$address:81/"
same "by a dnsmasq that sends it all below .p2p" "$address" "$(short @127.0.0.4 db.alice.p2p A)"
has "which takes a no for an answer" 'status: NXDOMAIN' "$(digs @127.0.0.4 nosuch.p2p A)"
export HOME="$T"
with_dns timeout -k 5 70 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --no-first-run --disable-background-networking --disable-component-update --no-proxy-server \
    --user-data-dir="$T/chromium" --window-size=900,700 --dump-dom \
    --screenshot="$screens/chromium-dns.png" http://web.alice.p2p/ >"$T/dom" 2>"$T/chromium.log"
has "Chromium by a name" "a page by its name" "$(cat "$T/dom")"
check "and shows it" python3 "$NET/browsers/pictures.py" "$screens/chromium-dns.png"

# --- without a server for the others
printf '[dns]\nlisten = 127.0.0.1:53\nlisten = [::1]:5353\n' >"$T/me/gw.conf"
check "reload" gw me reload
same "a server more" "127.0.0.1:53 [::1]:5353" "$(gw_json me '" ".join(s["dns"])')"
same "it answers, over IPv6" "$address" "$(inside dig +short +tries=1 @::1 -p 5353 home)"
has "other names do not exist" 'status: NXDOMAIN' "$(digs example.com A)"
has "and neither does their way back" 'status: NXDOMAIN' "$(digs -x 192.0.2.7)"
has "but the root does, which is above ours" 'status: NOERROR' "$(digs . NS)"
has "and in-addr.arpa" 'status: NOERROR' "$(digs in-addr.arpa SOA)"
same "localhost is this machine" "127.0.0.1 ::1 localhost." \
    "$(echo $(digs +short localhost A; digs +short localhost AAAA; digs +short -x ::1))"
printf 'nameserver 127.0.0.1\nnameserver 127.0.0.2\n' >"$T/resolv.conf"
refuses "a stub resolver with another server does not ask that for a name of ours" \
    with_dns getent ahostsv4 my.lapotp.alice
refuses "which that server never hears of" grep -q lapotp "$T/dnsmasq.log"

# --- load
load() { inside python3 "$NET/dnsload.py" 127.0.0.1 53 "$@"; }
memory() { python3 -c 'import procfs, sys; print(procfs.memory_kb(int(sys.argv[1])))' "$(gw_pid me)"; }
fds() { python3 -c 'import procfs, sys; print(procfs.descriptors(int(sys.argv[1])))' "$(gw_pid me)"; }
load rate home 1000 1 >/dev/null
before=$(memory)
fds_before=$(fds)
answered=$(load rate home 1000 4)
check "1000 questions a second for 4 s: asked and answered $answered" \
    [ "${answered%% *}" = "${answered##* }" ]
check "garbage to both ports" load garbage 5000
same "and it still answers" "$address" "$(short home A)"
grown=$(($(memory) - before))
# A sanitized gw keeps what was freed.
[ "${GW_SANITIZED-}" ] || check "memory has grown by $grown kB" [ $grown -lt 1024 ]
load slow 300 12 >"$T/slow" &
slow_pid=$!
sleep 2
same "among 300 slow clients by TCP one that is not slow is answered" "$address" "$(short +tcp home A)"
kept=$(($(fds) - fds_before))
check "$kept of them are kept" [ $kept -le 128 ]
wait $slow_pid
same "and none for long" 0 "$(cat "$T/slow")"

# --- a network that is none of this machine: addresses, but no ports
printf '[proxy]\nvirtual-net = 10.64.0.0/16\n[dns]\nlisten = 127.0.0.1:53\n' >"$T/me/gw.conf"
gw me reload >/dev/null
has "in another network there is an address" '^10\.64\.' "$(short home A)"
has "PTR follows" '^home\.$' "$(short -x "$(short home A)")"
same "and one line in the log" 1 "$(short away A >/dev/null; grep -c 'virtual listen=.*not an address of this machine' "$T/me.log")"
inside ip route add local 10.64.0.0/16 dev lo
address=$(short home A)
opened() { inside curl -sS --max-time 5 "http://$(short home A)/"; }
printf '[proxy]\nvirtual-net = 10.65.0.0/16\n[dns]\nlisten = 127.0.0.1:53\n' >"$T/me/gw.conf"
gw me reload >/dev/null
inside ip route add local 10.65.0.0/16 dev lo
same "with a route for it, ports as well" "$page" "$(opened)"
