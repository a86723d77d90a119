#!/bin/sh
# exits.sh - [proxy] other = direct and via PEER, in network namespaces: to the internet straight
# or by an exit, which leads nowhere else, and only those whom it lets.
# needs: root
# timeout: 120
#
#   near --- 10.88.0.0/24 --- exit
#   near --- 12.0.0.0/24 ---- world    the DNS server 12.0.0.53 knows near.test
#   exit --- 11.0.0.0/24 ---- world    the DNS server 11.0.0.53 knows far.test and more
#        --- and a LAN in 10.99.0.0/24, 192.168.7.0/24, 169.254.169.0/24, fd00:7::/64
#
# Nothing is routed on, and nothing leaves the namespaces: the addresses of the world are public
# ones because an exit leads to no others.
. "$(dirname "$0")/lib.sh"
need_root exits

N=gwN$$ E=gwE$$ W=gwW$$
namespaces $N $E $W
link peers $N $E
link net1 $N $W
link net2 $E $W

has_addresses() # NAMESPACE LINK ADDRESS/BITS...
{
    ns=$1
    dev=$2
    shift 2
    for address in "$@"; do
        case $address in
        *:*) ip -n "$ns" addr add "$address" dev "$dev" nodad ;;
        *) ip -n "$ns" addr add "$address" dev "$dev" ;;
        esac
    done
}
has_addresses $N peers 10.88.0.1/24
has_addresses $E peers 10.88.0.9/24
has_addresses $N net1 12.0.0.1/24
has_addresses $W net1 12.0.0.9/24 12.0.0.53/24
has_addresses $E net2 11.0.0.1/24 10.99.0.1/24 192.168.7.1/24 169.254.169.1/24 fd00:7::1/64 \
    2a00:11::1/64
has_addresses $W net2 11.0.0.9/24 11.0.0.53/24 10.99.0.9/24 192.168.7.9/24 169.254.169.254/24 \
    fd00:7::9/64 2a00:11::9/64

# outside NAMESPACE LOG ARGUMENT...: a program of outside.py.
outside()
{
    ns=$1
    log=$T/$2
    shift 2
    ip netns exec "$ns" python3 "$NET/outside.py" "$@" >>"$log" 2>>"$T/outside.log" &
    keep $!
    until_ok 10 test -s "$log" || { not_ok "outside.py $*" "did not start"; exit 1; }
}
outside $W world.asked web
outside $E exit.asked web
outside $W near-dns.asked dns 12.0.0.53 near.test=12.0.0.9 here.test=127.0.0.1
outside $W exit-dns.asked dns 11.0.0.53 far.test=11.0.0.9 far6.test=2a00:11::9 \
    mixed.test=192.168.7.9 mixed.test=127.0.0.1 mixed.test=11.0.0.9 lan.test=192.168.7.9 \
    lo.test=127.0.0.1 lo.test=::1 any.test=0.0.0.0 any.test=:: ula.test=fd00:7::9 \
    mapped.test=::ffff:192.168.7.9 own.test=11.0.0.1 own.test=2a00:11::1
outside $W lan-dns.asked dns 192.168.7.9 far.test=10.99.0.9

# within NAMESPACE DNS-SERVER: daemons start in there, and ask that one.
cat >"$T/with-dns" <<'END'
echo "nameserver $1" >"$2" && mount --bind "$2" /etc/resolv.conf && shift 2 && exec "$@"
END
within()
{
    WITHIN="ip netns exec $1 sh -e $T/with-dns $2 $T/resolv.$1"
}

mkdir -p -m 700 "$T/exit" "$T/me" "$T/guest" "$T/stranger"
printf '[service exit]\nexit = yes\n' >"$T/exit/gw.conf"
gw_trusts exit me services=exit
gw_trusts exit guest
within $E 11.0.0.53
gw_start exit -D none -l /ip4/10.88.0.9/udp/4001/quic-v1
within $N 12.0.0.53
printf '[proxy]\nother = direct\nopen-timeout = 20s\n' >"$T/me/gw.conf"
gw_start me -D 127.0.0.1:1080
proxy=127.0.0.1:1080

near() { ip netns exec $N "$@" 2>&1; }
get() { near curl -gsS --noproxy '' --max-time 20 "$@"; }

# page WHAT TEXT HOST: by SOCKS with the name, and by HTTP.
page()
{
    same "$1" "$2" "$(get -x "socks5h://$proxy" "http://$3/")"
    same "$1, by HTTP" "$2" "$(get -x "http://$proxy" "http://$3/")"
}

# told WHAT CODE STATUS REASON HOST[:PORT]: SOCKS reply code, HTTP status and sentence.
told()
{
    has "$1" "\(97\).* \($2\)$" "$(get -x "socks5h://$proxy" "http://$5/")"
    has "$1, by HTTP" "^$3 gw: [^ ]*: $4" \
        "$(get -x "http://$proxy" -o "$T/body" -w '%{http_code} ' "http://$5/"; cat "$T/body")"
}

# --- other = direct

page "direct leads to a name of the internet" "12.0.0.9 12.0.0.1" near.test
page "and to an address" "12.0.0.9 12.0.0.1" 12.0.0.9
told "direct, a name that DNS here does not know" 4 502 ".*DNS does not know the name either$" \
    far.test
told "direct, an address that is not reached from here" 3 502 "network" 11.0.0.9
told "direct, nobody listens there" 5 502 "connection refused" near.test:81
told "direct never leads to loopback" 2 403 "an address of this machine" 127.0.0.1
told "nor does a name of it" 2 403 "an address of this machine" here.test
told "a name without a dot is not asked for outside" 4 502 "nobody who was asked knows the name" far
refuses "so DNS here never heard it" grep -qx far "$T/near-dns.asked"

# --- other = via PEER

echo "leave $(gw_id exit) /ip4/10.88.0.9/udp/4001/quic-v1" >"$T/me/names"
cp "$T/me/names" "$T/guest"
cp "$T/me/names" "$T/stranger"
printf '[proxy]\nother = via leave\nopen-timeout = 20s\n' | tee "$T/me/gw.conf" "$T/guest/gw.conf" \
    >"$T/stranger/gw.conf"
check "a reload takes another way" gw me reload
: >"$T/near-dns.asked"
page "via leads to a name that only the exit knows" "11.0.0.9 11.0.0.1" far.test
page "to an address that only it reaches" "11.0.0.9 11.0.0.1" 11.0.0.9
page "to a name of IPv6" "2a00:11::9 2a00:11::1" far6.test
page "to an address of IPv6" "2a00:11::9 2a00:11::1" "[2a00:11::9]"
page "of several addresses, to the public one" "11.0.0.9 11.0.0.1" mixed.test
told "via, a name that DNS there does not know" 4 502 ".*no such host" near.test
told "via, nobody listens there" 5 502 ".*the destination refused the connection" far.test:81
told "via, no way from there" 4 502 ".*the exit has no network to it" 12.0.0.9
same "DNS here is asked for nothing" "" "$(cat "$T/near-dns.asked")"
has "DNS there is" '^far\.test$' "$(cat "$T/exit-dns.asked")"
same "datagrams go there, too: dig by UDP ASSOCIATE" 11.0.0.9 \
    "$(socks_dig $proxy +time=10 @11.0.0.53 far.test)"
has "the log names the exit" 'target=far.test:80 .* tier="exit of leave" ' "$(cat "$T/me.log")"

# --- never into the exit's own networks, though somebody answers at each of these there

private="127.0.0.1 [::1] 10.88.0.9 10.99.0.1 10.99.0.9 192.168.7.1 192.168.7.9 169.254.169.254
 [fd00:7::1] [fd00:7::9] 11.0.0.1 [2a00:11::1]"
for address in $private; do
    check "at $address somebody answers the exit" \
        ip netns exec $E curl -gsS --noproxy '*' --max-time 5 "http://$address/"
done
same "a name server on its LAN, too" 10.99.0.9 \
    "$(ip netns exec $E dig +short +time=5 +tries=1 @192.168.7.9 far.test)"
: >"$T/exit.asked"
: >"$T/world.asked"
: >"$T/lan-dns.asked"
denied="denied by the peer: an exit leads to other machines of the internet only"
for address in 127.0.0.1 "[::1]" 0.0.0.0 "[::]"; do
    told "no exit is asked for $address" 2 403 "an address of this machine" "$address"
done
for address in 10.88.0.9 10.99.0.1 10.99.0.9 192.168.7.1 192.168.7.9 169.254.169.254 "[fd00:7::1]" \
    "[fd00:7::9]" "[::ffff:192.168.7.9]" 11.0.0.1 "[2a00:11::1]" \
    lan.test lo.test any.test ula.test mapped.test own.test; do
    told "an exit does not lead to $address" 2 403 "$denied" "$address"
done
for host in www.localhost 127.1 0x7f.0.0.1; do
    told "nor to $host, however a resolver reads it" '[24]' '[45]0[23]' "" "$host"
done
has "nor a datagram to its LAN" "timed out" "$(socks_dig $proxy +time=2 @192.168.7.9 far.test)"
has "which the log has, and why" "target=192\.168\.7\.9:53 .* failed: $denied" "$(cat "$T/me.log")"
same "nobody there was asked" "" "$(cat "$T/exit.asked" "$T/world.asked" "$T/lan-dns.asked")"

# --- who may

# as NAME: by the proxy of another daemon in the same place, on a port of its own.
as()
{
    proxy=127.0.0.1:$2
    gw_start "$1" -D "$proxy"
}
as guest 1081
told "a line that does not list exit is none for the exit" 2 403 "denied by the peer" far.test
check "gw allow lists it" gw exit allow "$(gw_id guest)" exit
page "and then it is" "11.0.0.9 11.0.0.1" far.test
as stranger 1082
told "a peer that no line names" 2 403 "denied by the peer" far.test
proxy=127.0.0.1:1080
sed -i 's/other = .*/other = refuse/' "$T/me/gw.conf"
gw me reload >/dev/null
told "other = refuse leads nowhere" 4 502 ".*is nobody's here" far.test
