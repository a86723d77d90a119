#!/bin/sh
# activation.sh - sockets passed by a service manager (sd_listen_fds(3)), and what is said when a port or
# the directory is taken.
. "$(dirname "$0")/lib.sh"

# start_with NAME ADDRESS... -- OPTION...: starts the daemon with these sockets passed to it.
start_with()
{
    name=$1
    shift
    sockets=
    while [ "$1" != -- ]; do
        sockets="$sockets $1"
        shift
    done
    shift
    mkdir -p -m 700 "$T/$name"
    # shellcheck disable=SC2086
    python3 "$NET/passfds.py" $sockets -- "$GW" -d "$T/$name" "$@" >>"$T/$name.log" 2>&1 &
    echo $! >"$T/$name.pid"
    keep $!
    until_ok 20 is_ready "$name" || { not_ok "$name starts" "no answer"; exit 1; }
}

target web "page"
gw_start home -D none -l $LOOPBACK -S web:80=127.0.0.1:"$PORT"
port=$(free_port)
start_with me 127.0.0.1:"$port" -- -D 127.0.0.1:"$port" -l $LOOPBACK
gw_knows me home
gw_trusts home me
PROXY=127.0.0.1:$port
same "a passed socket is the proxy of its config line" "['$PROXY']" "$(gw_json me 's["proxy"]')"
same "clients are served through it" page "$(socks http://home/)"

second=$(free_port)
printf '[proxy]\nlisten = 127.0.0.1:%s\n' "$second" >"$T/plain.conf"
gw_stop me
start_with me 127.0.0.1:"$port" "$T/passed.sock" file -- -f "$T/plain.conf" -l $LOOPBACK
same "one that no line asks for is a proxy too" \
    "['127.0.0.1:$port', 'unix:$T/passed.sock', '127.0.0.1:$second']" "$(gw_json me 's["proxy"]')"
has "and is logged" "proxy listen=127.0.0.1:$port passed=yes" "$(cat "$T/me.log")"
has "what is no socket is refused and logged" 'fd=5 refused: no listening' "$(cat "$T/me.log")"
same "clients are served through it as well" page "$(socks http://home/)"
same "and through a socket file" page \
    "$(curl -sS --max-time 20 --proxy "socks5h://localhost$T/passed.sock" http://home/)"
printf '[proxy]\nlisten = 127.0.0.1:%s\n' "$port" >"$T/plain.conf"
check "a reload takes" gw me reload
same "passed sockets stay, and mean a new line with their address" \
    "['127.0.0.1:$port', 'unix:$T/passed.sock']" "$(gw_json me 's["proxy"]')"
printf '[proxy]\nlisten =\n' >"$T/plain.conf"
check "a reload without any line takes" gw me reload
same "passed sockets stay without a line" page "$(socks http://home/)"

printf '[proxy]\nlisten = 127.0.0.1:%s\n[forward x]\nlisten = 127.0.0.1:%s\ntarget = home:80\n' \
    "$port" "$port" >"$T/plain.conf"
has "a forward on the port of the proxy is told who has it" 'by this gw itself' \
    "$(gw me reload 2>&1)"
gw_stop me
check "the file of a passed socket stays" test -S "$T/passed.sock"

third=$(free_port)
PASS_PID=1 start_with other 127.0.0.1:"$third" -- -D none -l $LOOPBACK
same "sockets for another process are left alone" "[]" "$(gw_json other 's["proxy"]')"

# --- who has it

# refusal OPTION...: the complaint of a gw in a directory of its own.
refusal()
{
    timeout 20 "$GW" -d "$T/late" -l $LOOPBACK "$@" 2>&1
}

taken=$(gw_json other 's["pid"]')
start_with first 127.0.0.1:"$port" -- -U 127.0.0.1:0:home:53 -D 127.0.0.1:"$port" -l $LOOPBACK
pid=$(gw_pid first)
udp=$(gw_json first 's["forwards"][0]["listen"].split(":")[1]')
same "a UDP forward is listed as such" udp "$(gw_json first 's["forwards"][0]["protocol"]')"
has "a second proxy on the port is told who has it" \
    "proxy $port: .* by gw \(pid $pid\); choose another with -D" "$(refusal -D "$port")"
has "and so is a forward" "forward .*:$port: .* by gw \(pid $pid\); choose another with -L" \
    "$(refusal -D none -L 127.0.0.1:"$port":home:80)"
has "and a UDP forward" "forward .*:$udp: .* by gw \(pid $pid\); choose another with -U" \
    "$(refusal -D none -U 127.0.0.1:"$udp":home:53)"
has "and an address to listen on for peers, over UDP" "listen .*/udp/$udp/.* by gw \(pid $pid\)" \
    "$(timeout 20 "$GW" -d "$T/late" -D none -l /ip4/127.0.0.1/udp/"$udp"/quic-v1 2>&1)"
has "and over TCP" "listen .*/tcp/$port: .* by gw \(pid $pid\)" \
    "$(refusal -D none -l /ip4/127.0.0.1/tcp/"$port")"
has "a second address for QUIC in a family is refused with the reason" \
    "listen .*/udp/1/.* one of /ip4, one of /ip6" "$(refusal -D none -l /ip4/127.0.0.1/udp/1/quic-v1)"
has "a second gw on the directory is told who runs there" \
    "another gw \(pid $taken\) runs on $T/other" \
    "$(timeout 20 "$GW" -d "$T/other" -D none -l $LOOPBACK 2>&1)"

if [ "$(id -u)" = 0 ]; then
    mkdir -m 755 "$T/late2"
    chmod 755 "$T"
    chown 65534 "$T/late2"
    has "of another user's program it knows the user" 'by a program of another user \(uid 0\)' "$(
        timeout 20 python3 -c 'import os, sys
os.setgid(65534)
os.setuid(65534)
os.execv(sys.argv[1], sys.argv[1:])' "$GW" -d "$T/late2" -D "$port" -l $LOOPBACK 2>&1)"
else
    skip "of another user's program it knows the user" "needs root"
fi
