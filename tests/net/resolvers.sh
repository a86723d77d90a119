#!/bin/sh
# resolvers.sh - names from a program of the user's, which answers, is silent, hangs, floods or crashes;
# and from dnsaddr= records of a real DNS server, that is gone for a while.
# needs: root
# timeout: 180
. "$(dirname "$0")/lib.sh"
need_root resolvers

NS=gwR$$
namespaces $NS
in_ns() { ip netns exec $NS "$@"; }
command -v dnsmasq >/dev/null || PATH=$PATH:/usr/sbin

# Within the namespace, with a resolv.conf of its own.
echo "nameserver 127.0.0.1" >"$T/resolv.conf"
cat >"$T/within.sh" <<END
mount --bind $T/resolv.conf /etc/resolv.conf && exec "\$@"
END
WITHIN="ip netns exec $NS sh $T/within.sh"

# --- two nodes, which know nothing of each other
in_ns python3 "$NET/targets.py" web "from a service" >"$T/web" 2>"$T/targets.log" &
keep $!
until_ok 10 test -s "$T/web"
mkdir -p -m 700 "$T/home" "$T/me"
gw_trusts home me
printf '[node]\nmdns = no\n[dns]\nlookup = no\n' >"$T/home/gw.conf"
gw_start home -D none -l $LOOPBACK -S web:80=127.0.0.1:"$(head -n 1 "$T/web")"
home=$(gw_id home)
addr=$(gw_addr home)
addr=${addr%/p2p/*}

# me_start CONFIG: starts `me` with these lines behind the usual ones.
me_start()
{
    [ ! -S "$T/me/ctl.sock" ] || gw_stop me
    printf '[proxy]\nlisten = 127.0.0.1:1080\n[node]\nmdns = no\n%s\n' "$1" >"$T/me/gw.conf"
    rm -rf "$T/me/state"
    gw_start me -v -l $LOOPBACK
}
web() { in_ns curl -sS --max-time 20 --socks5-hostname 127.0.0.1:1080 "http://$1/"; }
said() { gw me resolve "$1" 2>&1; }
ms() { echo $(($(date +%s%N) / 1000000)); }

# --- a program
cat >"$T/names.sh" <<END
#!/bin/sh
read -r name
echo "\$name" >>"$T/asked"
case \$name in
home.grewal) echo "$home $addr ttl=600" ;;
fresh.grewal) echo "$home $addr ttl=0" ;;
hangs.grewal) echo \$\$ >"$T/hangs.pid"; sleep 98765 & echo \$! >>"$T/hangs.pid"; wait ;;
floods.grewal) yes ;;
crashes.grewal) kill -SEGV \$\$ ;;
fails.grewal) echo "no such database" >&2; exit 3 ;;
lies.grewal) echo "$home /ip4/127.0.0.1/udp/1/quic-v1/p2p/$(gw_id me)" ;;
env.grewal) env >"$T/env"; ls /proc/self/fd >"$T/fds" ;;
esac
END
printf '#!/bin/sh\nread -r name\n[ "$name" != hangs.grewal ] || echo %s %s\n' "$home" "$addr" >"$T/second.sh"
chmod 755 "$T/names.sh" "$T/second.sh"
GW_SECRET=hidden
export GW_SECRET
me_start "resolver = exec:$T/names.sh
resolver = exec:$T/missing.sh
resolver = exec:$T/second.sh
[dns]
lookup = no"
unset GW_SECRET

by=$(said home.grewal)
has "a program knows a name" "$home" "$by"
has "with its address" "$addr" "$by"
has "and resolve says who told" exec "$by"
same "the service behind it is reached" "from a service" "$(web home.grewal)"
same "within its ttl the program is not asked again" 1 \
    "$(said home.grewal >"$T/again"; grep -c '^home.grewal$' "$T/asked")"
same "in capitals and with .p2p, too" "from a service" "$(web HOME.Grewal.p2p)"
said fresh.grewal >"$T/again"
said fresh.grewal >"$T/again"
same "an answer with ttl=0 is not kept" 2 "$(grep -c '^fresh.grewal$' "$T/asked")"

has "a name that it does not know" 'names.sh: it knows none' "$(said nobody.grewal)"
has "a program that is not there" 'missing.sh: there is no such program' "$(said nobody.grewal)"
has "what comes behind is asked all the same" 'second.sh: it knows none' "$(said nobody.grewal)"
has "one that floods" 'names.sh: more than 4096 octets of answer, killed' "$(said floods.grewal)"
has "one that crashes" 'names.sh: killed by signal 11' "$(said crashes.grewal)"
has "one that fails" 'names.sh: ended with status 3' "$(said fails.grewal)"
has "what it said on stderr is in the log" 'prog=names.sh says="no such database"' "$(cat "$T/me.log")"
has "one that answers something else" 'names.sh: its answer is not PEER-ID' "$(said lies.grewal)"
has "resolve -v shows it, too" 'names.sh: ended with status 3' \
    "$(gw me resolve -v fails.grewal 2>&1)"

before=$(ms)
said hangs.grewal >"$T/hangs" &
hanging=$!
until_ok 5 test -s "$T/hangs.pid"
check "while one hangs, gw answers" gw me status
same "and other names are found" "from a service" "$(web fresh.grewal)"
check "which does not take its time" [ $(($(ms) - before)) -lt 4000 ]
wait $hanging
has "behind one that hangs the next is asked" "$home" "$(cat "$T/hangs")"
check "after 5 seconds" [ $(($(ms) - before)) -ge 4900 ]
check "and before 7" [ $(($(ms) - before)) -lt 7000 ]
for pid in $(cat "$T/hangs.pid"); do
    check "it is killed with what it started" until_ok 3 gone "$pid"
done

said env.grewal >"$T/again"
same "it sees no environment but PATH, HOME and LANG" "" \
    "$(grep -Ev '^(PATH|HOME|LANG|PWD|OLDPWD|SHLVL|_)=' "$T/env")"
same "and no file of gw's" "0 1 2 3" "$(tr '\n' ' ' <"$T/fds" | sed 's/ $//')"
mkdir -p "$T/.config/gw"
printf '# ours\nlaptop.grewal.net %s\nlaptop.grewal %s %s\n' "$(gw_id me)" "$home" "$addr" >"$T/.config/gw/team-names"
example() { echo "$1" | HOME=$T sh "$(dirname "$0")/../../examples/resolver.sh"; }
same "examples/resolver.sh answers" "$home $addr ttl=60" "$(example laptop.grewal)"
same "and knows no others" "" "$(example laptop; example nobody.grewal; example '#')"
same "an id is not told to it" "" "$(said "$home" >"$T/again"; grep -i "$home" "$T/asked")"

# --- the DNS
long=$(head -c 240 /dev/zero | tr '\0' x)
me=$(gw_id me)
{
    printf 'txt-record=_dnsaddr.%s\n' \
        "home.example,dnsaddr=$addr/p2p/$home" \
        "two.example,v=spf1 -all" \
        "two.example,dnsaddr=/ip4/192.0.2.9/udp/9/quic-v1/p2p/$home" \
        "two.example,dnsaddr=$addr/p2p/$home" \
        "led.example,dnsaddr=/dnsaddr/home.example" \
        "mine.example,dnsaddr=/dnsaddr/both.example/p2p/$home" \
        "both.example,dnsaddr=/ip4/192.0.2.9/udp/9/quic-v1/p2p/$me" \
        "both.example,dnsaddr=$addr/p2p/$home" \
        "loop.example,dnsaddr=/dnsaddr/pool.example" \
        "pool.example,dnsaddr=/dnsaddr/loop.example" \
        "text.example,hello" \
        "secret.alice,dnsaddr=$addr/p2p/$home"
    echo "cname=_dnsaddr.also.example,_dnsaddr.home.example"
    for n in $(seq 230); do
        echo "txt-record=_dnsaddr.huge.example,$n $long"
    done
} >"$T/dnsmasq.conf"
dns_start()
{
    ip netns exec $NS dnsmasq --keep-in-foreground --no-resolv --no-hosts --conf-file="$T/dnsmasq.conf" --port=53 \
        --listen-address=127.0.0.1 --bind-interfaces --local=/example/ --local=/alice/ --local-ttl=30 \
        --log-queries --log-facility=- --pid-file= --user=root 2>>"$T/dnsmasq.log" &
    dns_pid=$!
    keep $dns_pid
    until_ok 5 in_ns dig +short +tries=1 +time=1 @127.0.0.1 home.example
}
dns_start
me_start "[network alice]
relay = /ip4/127.0.0.1/udp/1/quic-v1/p2p/$me"

by=$(said home.example)
has "the DNS knows a name" "$home" "$by"
has "with its address there" "$addr" "$by"
has "and resolve says so" 'DNS' "$by"
same "the service behind it is reached" "from a service" "$(web home.example)"
for name in two led mine also; do
    has "$name.example leads there" "$addr" "$(said $name.example)"
done
same "by one of two addresses that works" "from a service" "$(web two.example)"
has "a name without records" 'DNS: no dnsaddr= record' "$(said text.example)"
has "a name that does not exist" 'DNS: no dnsaddr= record' "$(said nosuch.example)"
before=$(ms)
has "records that lead in a circle" 'DNS: its dnsaddr= records lead to none' "$(said loop.example)"
has "64 KiB of records" 'DNS: (no dnsaddr= record|an answer that cannot be read)' "$(said huge.example)"
check "neither takes long: $(($(ms) - before)) ms" [ $(($(ms) - before)) -lt 2000 ]
said secret.alice >"$T/again"
said deep.web.secret.alice >"$T/again"
said no_secret.alice >"$T/again"
said secret.home.p2p >"$T/again"
said secret >"$T/again"
said secret.local >"$T/again"
same "names of our own networks are not told to the DNS" "" "$(grep -i secret "$T/dnsmasq.log")"

kill $dns_pid
wait $dns_pid 2>/dev/null
has "without the server: an answer that is kept still holds" "$home" "$(said home.example)"
has "any other says why" 'DNS: no name server answers' "$(said other.example)"
dns_start
has "when it is back, so is the name" "$addr" "$(said both.example; said mine.example)"

me_start "[dns]
lookup = no"
refuses "lookup = no: the DNS is not asked" sh -c "\"$GW\" -d $T/me resolve home.example 2>&1 | grep DNS"

# --- the relay of another network has a name that takes a moment to be found, at every reload
gw_stop me
printf '#!/bin/sh\nread -r name\nsleep 0.3\necho %s %s ttl=0\n' "$home" "$addr" >"$T/slow.sh"
chmod 755 "$T/slow.sh"
mkdir -p -m 700 "$T/hub"
printf '[node]\nmdns = no\nresolver = exec:%s\n[relay]\nenabled = yes\nnetwork = grewal\n' "$T/slow.sh" >"$T/hub/gw.conf"
printf '[network alice]\ntrust = full\nrelay = hub.alice.example\n' >>"$T/hub/gw.conf"
gw_start hub -D none -l $LOOPBACK
gw_stop home
printf '[node]\nmdns = no\nrelay = %s\n' "$(gw_addr hub)/p2p/$(gw_id hub)" >"$T/home/gw.conf"
gw_start home -D none -l "$addr"
check "it may reserve a slot" until_ok 20 grep -q 'reserved$' "$T/hub.log"
gw hub reload >"$T/again" 2>&1
sleep 1
same "and keeps it over a reload" "" "$(grep 'reservation ended' "$T/hub.log")"
