#!/bin/sh
# forwards.sh - static forwards: TCP, port 0, a Unix socket on either end, a service by name.
. "$(dirname "$0")/lib.sh"

target web "over a forward"
web=$PORT
target echo "$T/echo.sock"
mkdir -p -m 700 "$T/home" "$T/me"
gw_trusts home me
gw_start home -D none -l $LOOPBACK -S web:80=127.0.0.1:$web -S echo:7=unix:"$T/echo.sock"
gw_knows me home
printf '[node]\ndial-timeout = 1s\n' >"$T/me/gw.conf"
port=$(free_port)
gw_start me -D none -l $LOOPBACK -L "$port:home:80" -L 0:home:web -L "$T/local.sock:home:80" \
    -L 127.0.0.1:0:home:echo

page() { curl -sS --max-time 20 "$@"; }
same "-L PORT:NAME:PORT" "over a forward" "$(page "http://127.0.0.1:$port/")"

listen_of() # TARGET: where the forward with port 0 to it listens
{
    gw_json me "next(f['listen'] for f in s['forwards'] if f['target'] == '$1')"
}
web_at=$(listen_of home:web)
has "port 0 is reported with the real port" '^127\.0\.0\.1:[1-9][0-9]*$' "$web_at"
same "-L with a service name" "over a forward" "$(page "http://$web_at/")"
same "-L with a Unix socket" "over a forward" "$(page --unix-socket "$T/local.sock" http://x/)"
same "-S with a Unix socket" "ping" "$(echo ping | nc -N -w 10 "${web_at%:*}" \
    "$(listen_of home:echo | sed 's/.*://')")"
same "the proxy is off with -D none" "[]" "$(gw_json me 's["proxy"]')"
same "status lists every forward" 4 "$(gw_json me 'len(s["forwards"])')"

kill "$(gw_pid home)"
until_ok 5 gone "$(gw_pid home)"
refuses "a forward to a peer that is gone ends the client's connection" \
    page --max-time 15 "http://127.0.0.1:$port/"
