#!/bin/sh
# control.sh - the commands, `status --json` as fixed, reload, signals, one daemon per directory.
. "$(dirname "$0")/lib.sh"

target reset
reset=$PORT
target web "page"
mkdir -m 700 "$T/home"
printf '[node]\nperf = yes\n' >"$T/home/gw.conf"
pair -S web:80=127.0.0.1:"$PORT" -S reset="$reset"
home_id=$(gw_id home)
same "perf, which connects by itself" "[1048576, 2097152, True, True]" "$(
    gw me perf --json --up 1M --down 2M home |
        json '[s["up_bytes"], s["down_bytes"], s["up_mbit"] > 0, s["down_mbit"] > 0]')"
socks http://home/ >/dev/null

status=$(gw me status --json)
shape() # NAME EXPRESSION
{
    same "$1" True "$(printf %s "$status" | json "$2")"
}
shape "status: version and peer id" \
    "isinstance(s['version'], str) and s['peer_id'] == '$(gw_id me)'"
shape "status: listen holds multiaddrs" \
    "len(s['listen']) > 0 and all(a.startswith('/ip') for a in s['listen'])"
shape "status: proxy holds ADDR:PORT" "s['proxy'] == ['$PROXY']"
shape "status: a peer has every field" "set('id name state path transport addr rtt_ms \
streams rx_bytes tx_bytes'.split()) <= set(s['peers'][0])"
shape "status: the peer is home, direct" \
    "[(p['id'], p['name'], p['path'], p['rx_bytes'] > 0, p['rtt_ms'] > 0) for p in s['peers']] == \
     [('$home_id', 'home', 'direct', True, True)]"
same "status: a service has name, port, target" \
    "{'name': 'web', 'port': 80, 'target': '127.0.0.1:$PORT'}" \
    "$(gw_json home '{k: s["services"][0][k] for k in ("name", "port", "target")}')"
has "status for people" "$home_id" "$(gw home status)"

has "resolve" "$home_id" "$(gw me resolve home)"
refuses "resolve of an unknown name fails" gw me resolve nobody
has "its error says what each tier said" 'names file' "$(gw me resolve nobody 2>&1)"
has "ping" 'time=[0-9.]+ ms' "$(gw me ping -n 2 home)"
has "perf for people" 'up +1024 octets +[0-9.]+ Mbit/s' "$(gw me perf --up 1k --down 0 home)"
gw home perf "$(gw_id me)" 2>"$T/err"
same "perf of a peer that does not answer it: status 1" 1 $?
has "and the reason" '^gw: .*: peer does not speak the protocol; a gw does when' "$(cat "$T/err")"
same "in one line" 1 "$(wc -l <"$T/err")"
echo "mirror $(gw_id me)" >>"$T/me/names"
for command in "ping -n 1" services doctor perf; do
    has "$command of oneself says so" '^gw: mirror: that is this node itself' "$(gw me $command mirror 2>&1)"
done
has "nc, too" '^gw: mirror:? 22: that is this node itself$' "$(gw me nc mirror 22 2>&1 </dev/null)"
has "allow, too" '^gw: mirror: that is this node itself, and needs no right$' "$(gw me allow mirror 2>&1)"
has "and the proxy" 'that is this node itself' "$(curl -sS -x "http://$PROXY" http://mirror/ 2>&1)"
sed -i '/^mirror/d' "$T/me/names"
has "peers" direct "$(gw me peers)"
has "services" 'web' "$(gw home services)"
has "services of a peer" 'web' "$(gw me services home)"
same "nc" "HTTP/1.1 200 OK" "$(printf 'GET / HTTP/1.0\r\n\r\n' |
    gw me nc home 80 | sed -n '1s/\r//p')"
same "nc NAME:PORT" "HTTP/1.1 200 OK" "$(printf 'GET / HTTP/1.0\r\n\r\n' |
    gw me nc home:80 | sed -n '1s/\r//p')"
same "help COMMAND is COMMAND --help" "$(gw me ping --help)" "$(gw me help ping)"
same "help is --help" "$(gw me --help)" "$(gw me help)"
same "names" home "$(gw me names)"
same "names of a directory that is not there: none, and none is made" "" \
    "$(gw nowhere names 2>&1; ls -d "$T/nowhere" 2>/dev/null)"
has "ssh-config" '^Host home$' "$(gw me ssh-config)"
has "failures of clients are in status" 'failed +[0-9]+s ago, socks5 nobody:80: nobody who' \
    "$(socks http://nobody/ 2>/dev/null; gw me status)"
for command in id status resolve ping perf nc peers services names allow deny reload stop config \
    ssh-config completion; do
    check "$command --help" gw me $command --help
done
same "-q id prints the new id and nothing else" "12D3KooW 1" \
    "$("$GW" -q -d "$T/new" id 2>&1 | sed 's/^\(12D3KooW\).*/\1 1/')"
gw me no-such-command 2>/dev/null
same "wrong usage ends with 2" 2 $?
for wrong in "id x" "config bogus" config "names x" "ssh-config -x" completion "completion csh"; do
    gw me $wrong >"$T/err" 2>&1
    same "gw $wrong: status 2" 2 $?
    same "and one line" 1 "$(wc -l <"$T/err")"
done
# nc_unread NAME: exit status of nc and the octets of its complaint, when nobody reads its output.
nc_unread()
{
    { sleep 0.5; printf 'GET / HTTP/1.0\r\n\r\n'; sleep 1; } | {
        gw "$1" nc home 80 2>"$T/err"
        echo "$? $(wc -c <"$T/err")" >"$T/rc"
    } | true
    cat "$T/rc"
}
same "nc that nobody reads ends in silence" "0 0" "$(nc_unread me)"
mkdir -m 700 "$T/alone"
cp "$T/me/names" "$T/me/key" "$T/alone"
same "and so does nc without a daemon" "0 0" "$(nc_unread alone)"
# nc_broken NAME: the same of a stream that the service breaks off.
nc_broken()
{
    echo x | gw "$1" nc home reset 2>"$T/err"
    echo "$? $(cat "$T/err")"
}
same "nc of a stream that broke ends with 1, and says why" \
    "1 gw: home reset: reset by the other end" "$(nc_broken me)"
same "and so does nc without a daemon" "$(nc_broken me)" "$(nc_broken alone)"
gw nobody status 2>"$T/err"
same "no daemon: status 1" 1 $?
same "no daemon: one line on stderr" 1 "$(wc -l <"$T/err")"

# --- reload
cat >"$T/home/gw.conf" <<CONF
[service second]
target = 127.0.0.1:$PORT
port = 8080
CONF
check "config --check of a good file" gw home config --check
check "reload" gw home reload
same "reload brings a new service" page "$(socks http://home:8080/)"
same "what the command line set stays" page "$(socks http://home/)"
printf '[service second]\ntraget = 127.0.0.1:1\n' >"$T/home/gw.conf"
has "config --check names file and line" 'gw.conf:2: ' "$(gw home config --check 2>&1)"
refuses "reload of a broken file fails" gw home reload
has "and says file and line" 'gw.conf:2: ' "$(gw home reload 2>&1)"
same "the old configuration stays" page "$(socks http://home:8080/)"
printf '[node]\nport-range = 20000-20010\n' >"$T/home/gw.conf"
has "reload says what it could not change" 'next start: .node. port-range' "$(gw home reload)"
has "also the second time" 'next start: .node. port-range' "$(gw home reload)"
rm "$T/home/gw.conf"
gw home reload >"$T/said"
refuses "and not once it is as it was" grep port-range "$T/said"
kill -HUP "$(gw_pid home)"
dropped() { [ "$(gw_json home 'len(s["services"])')" = 2 ]; }
check "SIGHUP re-reads" until_ok 5 dropped
check "reload drops no connection" gw me ping -n 1 home

# --- files spoilt while it runs
echo oops >>"$T/home/authorized_keys"
echo oops >"$T/home/names"
faults() { gw home status | sed -n 's/^fault *//p'; }
has_faults() { [ "$(faults | wc -l)" = 2 ]; }
check "status tells of files that are not in force" until_ok 5 has_faults
has "by file, line and reason" 'names:1: a peer id must follow the name' "$(faults)"
has "authorized_keys, too" 'authorized_keys:[0-9]+: the line must start with a peer id' "$(faults)"
sed -i '/^oops/d' "$T/home/authorized_keys" "$T/home/names"
has_none() { [ -z "$(faults)" ]; }
check "and no more of them when they are good again" until_ok 5 has_none

# --- one daemon per directory; ends
has "a second daemon on the same directory is refused" "another gw \(pid $(gw_pid home)\) runs on" \
    "$(timeout 10 "$GW" -d "$T/home" -D none 2>&1)"
has "with what to do instead" "into its gw.conf, and gw reload$" \
    "$(timeout 10 "$GW" -d "$T/home" -L 0:home:db 2>&1)"
check "the first goes on" gw home status
start=$(date +%s%N)
gw_stop me TERM
same "SIGTERM ends with 0" 0 $?
took=$((($(date +%s%N) - start) / 1000000))
[ $took -lt 1000 ] || not_ok "SIGTERM ends in less than 1 s" "it took $took ms"
[ $took -ge 1000 ] || ok "SIGTERM ends in less than 1 s"
gw_start me
kill -TERM "$(gw_pid me)"
while kill -HUP "$(gw_pid me)" 2>/dev/null; do sleep 0.002; done
wait "$(gw_pid me)"
same "SIGHUP on the way to the end is none to crash for" 0 $?
check "stop" gw home stop
check "stop has ended the daemon" gone "$(gw_pid home)"
check "its directory is private" test "$(stat -c %a "$T/home")" = 700
check "its key is private" test "$(stat -c %a "$T/home/key")" = 600
refuses "no socket stays behind" test -e "$T/home/ctl.sock"
