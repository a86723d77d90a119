#!/bin/sh
# restart.sh - a far side that was killed and came back is used again at once.
. "$(dirname "$0")/lib.sh"

target web "page"
mkdir -p -m 700 "$T/me"
printf '[node]\ndial-timeout = 1s\n' >"$T/me/gw.conf"
pair -S web:80=127.0.0.1:"$PORT"
same "before" page "$(socks http://home/)"
port_before=$(gw_addr home)

gw_stop home KILL
gw_start home -D none -l $LOOPBACK -S web:80=127.0.0.1:"$PORT"
same "a random port is kept over restarts" "$port_before" "$(gw_addr home)"
works() { [ "$(socks --max-time 3 http://home/)" = page ]; }
start=$(date +%s%N)
until_ok 10 works
took=$((($(date +%s%N) - start) / 1000000))
if [ $took -lt 4000 ]; then
    ok "after kill -9 and a new start the next connection works within 4 s"
else
    not_ok "after kill -9 and a new start the next connection works within 4 s" "$took ms"
fi
check "a killed daemon's socket does not stop the next" gw home status

gw_stop home
refuses "while it is away a connection fails" socks --max-time 15 http://home/
gw_start home -D none -l $LOOPBACK -S web:80=127.0.0.1:"$PORT"
check "and works when it is back" until_ok 10 works
