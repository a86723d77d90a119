#!/bin/sh
# told.sh - a service learns who called: PROXY protocol v2, and X-Gw-Peer in every HTTP request.
. "$(dirname "$0")/lib.sh"

python3 "$(dirname "$0")/told.py" "$T/told.port" >"$T/told.log" 2>&1 &
keep $!
until_ok 5 test -s "$T/told.port"
service=$(cat "$T/told.port")
mkdir -p -m 700 "$T/home" "$T/me"
cat >"$T/home/gw.conf" <<END
[service raw]
target = 127.0.0.1:$service
port = 7
proxy-protocol = v2
[service web]
target = 127.0.0.1:$service
port = 80
http = yes
END
gw_trusts home me
gw_start home -D none -l $LOOPBACK
gw_knows me home
proxy=$(free_port)
gw_start me -D "127.0.0.1:$proxy" -l $LOOPBACK
me=$(gw_id me)
told() { curl -sS --max-time 20 -x "socks5h://127.0.0.1:$proxy" "$@"; }

same "PROXY protocol v2 has the address and the peer id" "21 11 127.0.0.1 e0 $me" \
    "$(nc -N -w 10 -X 5 -x "127.0.0.1:$proxy" home 7 </dev/null)"
same "a request bears X-Gw-Peer" "X-Gw-Peer: $me" "$(told http://home/)"
same "every request of a connection does" "X-Gw-Peer: $me
X-Gw-Peer: $me" "$(told http://home/a http://home/b)"
same "forged ones are left out, however they are spelt" "X-Gw-Peer: $me" \
    "$(told -H 'X-Gw-Peer: forged' -H 'x_gw_peer: forged' http://home/)"
same "a body is no request" "X-Gw-Peer: $me" \
    "$(told --data-binary "$(printf 'GET / HTTP/1.1\r\nX-Gw-Peer: forged\r\n\r\n')" http://home/ | head -n 1)"
has "a request that can be read in two ways is refused" '^HTTP/1.1 400 ' \
    "$(told -i -H 'Content-Length: 3' -H 'Transfer-Encoding: chunked' -d abc http://home/)"
