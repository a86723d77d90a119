#!/bin/sh
# clients.sh - the proxy port with the programs that people point at one: each of them fetches a
# page by the name of the peer, and is told why when there is none.
# timeout: 240
. "$(dirname "$0")/lib.sh"

clients=$NET/clients
page="hello from home"
target web "$page"
web=$PORT
git init -q -b main "$T/repo"
git -C "$T/repo" -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m one
git clone -q --bare "$T/repo" "$T/repo.git"
git -C "$T/repo.git" update-server-info
(cd "$T" && exec python3 -u -m http.server --bind 127.0.0.1 0) >"$T/http.out" 2>"$T/http.log" &
keep $!
until_ok 10 test -s "$T/http.out"
git_port=$(sed -n 's/^Serving HTTP on .* port \([0-9]*\) .*/\1/p' "$T/http.out")

mkdir -p -m 700 "$T/me"
printf '[node]\ndial-timeout = 2s\n' >"$T/me/gw.conf"
pair -S web:80=127.0.0.1:"$web" -S git:8000=127.0.0.1:"$git_port" \
    -S dead:81=127.0.0.1:"$(free_port)"

# through PROXY: what the clients take it as, in their several spellings.
through()
{
    PROXY=$1
    host=${1%:*}
    port=${1##*:}
    printf 'strict_chain\nproxy_dns\n[ProxyList]\nsocks5 %s %s\n' "$host" "$port" >"$T/chains.conf"
    printf 'TorAddress %s\nTorPort %s\n' "$host" "$port" >"$T/torsocks.conf"
}

# quiet COMMAND...: what it says on both streams; its end is not waited for longer than 30 s.
quiet() { timeout 30 "$@" 2>&1; }
get() { quiet curl -sS --noproxy '' --max-time 20 "$@"; }

# raw COMMAND...: the page over a pipe to the service, without the HTTP around it.
raw() { printf 'GET / HTTP/1.0\r\n\r\n' | quiet "$@" | tail -n 1; }
chained() { quiet proxychains4 -q -f "$T/chains.conf" "$@"; }
torified() { quiet env TORSOCKS_CONF_FILE="$T/torsocks.conf" torsocks "$@"; }
node_get() { quiet node "$clients/fetch.mjs" "$1" "http://$PROXY" "$2"; }
# PySocks is of the system's Python, which need not be the first one of $PATH.
pysocks() { quiet /usr/bin/python3 "$clients/pysocks.py" "$1" "$PROXY" "$2"; }
# java_by PROPERTY-PREFIX URL
java_by() { quiet java -D"$1Host=$host" -D"$1Port=$port" "$clients/Fetch.java" "$2"; }
# git_by SCHEME GIT-ARGUMENT...: git with that proxy.
git_by() { git_scheme=$1; shift; quiet git -c http.proxy="$git_scheme://$PROXY" "$@"; }

# --- a page by name

through "$PROXY"
same "curl socks5h" "$page" "$(get -x "socks5h://$PROXY" http://home/)"
same "curl socks4a" "$page" "$(get -x "socks4a://$PROXY" http://home/)"
same "curl http, absolute form" "$page" "$(get -x "http://$PROXY" http://home/)"
same "curl http, CONNECT" "$page" "$(get -p -x "http://$PROXY" http://home/)"
same "nc -X 5" "$page" "$(raw nc.openbsd -X 5 -x "$PROXY" home 80)"
same "nc -X connect" "$page" "$(raw nc.openbsd -X connect -x "$PROXY" home 80)"
for type in socks5 socks4 http; do
    same "ncat $type" "$page" "$(raw ncat --proxy-type $type --proxy "$PROXY" home 80)"
done
same "connect-proxy -S" "$page" "$(raw connect-proxy -S "$PROXY" home 80)"
same "connect-proxy -H" "$page" "$(raw connect-proxy -H "$PROXY" home 80)"
same "socat SOCKS4A" "$page" "$(raw socat - "SOCKS4A:$host:home:80,socksport=$port")"
same "socat PROXY" "$page" "$(raw socat - "PROXY:$host:home:80,proxyport=$port")"
same "proxychains4" "$page" "$(chained curl -sS http://home/)"
for type in socks5 socks4 http; do
    same "PySocks $type" "$page" "$(pysocks $type http://home/)"
done
same "Node, absolute form" "$page" "$(node_get absolute http://home/)"
same "Node, CONNECT" "$page" "$(node_get connect http://home/)"
same "Java by SOCKS" "$page" "$(java_by socksProxy http://home/)"
same "Java by HTTP" "$page" "$(java_by http.proxy http://home/)"
for scheme in socks5h http; do
    git_by $scheme clone -q http://home:8000/repo.git "$T/clone-$scheme" >"$T/git.log"
    same "git clone by $scheme" "$(git -C "$T/repo" rev-parse main)" \
        "$(git -C "$T/clone-$scheme" rev-parse HEAD 2>&1)"
done

# --- and by its stable address, for those that look names up first

address=$(quiet tor-resolve home "$PROXY")
has "tor-resolve" '^127\.64\.[0-9]+\.[0-9]+$' "$address"
same "tor-resolve -4" "$address" "$(quiet tor-resolve -4 home "$PROXY")"
same "tor-resolve -x" home "$(quiet tor-resolve -x "$address" "$PROXY")"
same "curl socks5 by address" "$page" "$(get -x "socks5://$PROXY" "http://$address/")"
same "curl socks4 by address" "$page" "$(get -x "socks4://$PROXY" "http://$address/")"
same "curl http by address" "$page" "$(get -x "http://$PROXY" "http://$address/")"
same "torsocks looks a name up" "$address" "$(torified python3 -c 'import socket
print(socket.gethostbyname("home"))')"
# torsocks sends nothing of 127.0.0.0/8 to its proxy: so the addresses are of another network.
printf '[proxy]\nvirtual-net = 198.18.0.0/16\n' >>"$T/me/gw.conf"
gw me reload >/dev/null
same "torsocks" "$page" "$(torified curl -sS http://home/)"
same "torsocks by the name of a service" "$page" "$(torified curl -sS http://web.home/)"
has "torsocks is told that there is none" "Could not resolve host" \
    "$(torified curl -sS http://nobody/)"
same "a peer keeps the end of its address" "198.18.${address#127.64.}" \
    "$(quiet tor-resolve home "$PROXY")"
has "the address of before is nobody's now" "\(4\)$" "$(get -x "socks5://$PROXY" "http://$address/")"
has "the PAC file sends the new ones here" '198\\\.18' "$(get "http://$PROXY/proxy.pac")"

# --- why there is no page

# told REASON HOST PORT CODE WORDS STATUS SENTENCE: by $PROXY.  The reply code and how the clients
# put it; the HTTP status and the sentence in the body.
told()
{
    reason=$1
    url=http://$2:$3/
    code=$4
    words=$5
    status=$6
    body="gw: $2:$3: $7"
    has "curl socks5h is told $reason" "\(97\).* SOCKS5 connection to $2\. \($code\)$" \
        "$(get -x "socks5h://$PROXY" "$url")"
    has "curl socks4a is told of a failure when $reason" '\(97\).* \(91\)' \
        "$(get -x "socks4a://$PROXY" "$url")"
    has "curl http is told $reason" "^$body" "$(get -x "http://$PROXY" "$url")"
    same "and has the status of $reason" "$status" \
        "$(get -o "$T/body" -w '%{http_code}' -x "http://$PROXY" "$url")"
    has "curl CONNECT is told $reason" "tunnel failed, response $status$" \
        "$(get -p -x "http://$PROXY" "$url")"
    has "nc is told $reason" "SOCKSv5 error: $words$" \
        "$(raw nc.openbsd -X 5 -x "$PROXY" "$2" "$3")"
    # ncat has the first letter of some in lower case.
    has "ncat is told $reason" ": .${words#?}\.$" \
        "$(raw ncat --proxy-type socks5 --proxy "$PROXY" "$2" "$3")"
    has "connect-proxy is told $reason" "from SOCKS server: $code " \
        "$(quiet connect-proxy -S "$PROXY" "$2" "$3" </dev/null)"
    has "PySocks is told $reason" "0x0$code: $words" "$(pysocks socks5 "$url")"
    same "Node CONNECT is told $reason" "$status" "$(node_get connect "$url")"
    has "Java is told $reason" "^SOCKS: $words$" "$(java_by socksProxy "$url")"
    has "git socks5h is told $reason" "\($code\)$" "$(git_by socks5h ls-remote "$url")"
    has "git http is told $reason" "^remote: $body" "$(git_by http ls-remote "$url")"
}

told refused home 81 5 "Connection refused" 502 "connection refused: "
told "of no service" home 12345 5 "Connection refused" 502 "peer offers no such service$"
told unknown nobody 80 4 "Host unreachable" 502 "nobody who was asked knows the name "
has "tor-resolve is told unknown" "status response '4'" "$(quiet tor-resolve nobody "$PROXY")"
has "tor-resolve -4 is told of a failure" "status response '91'" \
    "$(quiet tor-resolve -4 nobody "$PROXY")"

mkdir -p -m 700 "$T/away"
gw_start away -D none -l $LOOPBACK
gw_knows me away
gw_stop away
told offline away 80 4 "Host unreachable" 503 "peer is not reachable: "

mkdir -p -m 700 "$T/part"
cp "$T/me/names" "$T/part/names"
gw_trusts home part services=web
gw_start part -D 127.0.0.1:0 -l $LOOPBACK
through "$(gw_proxy part)"
same "a peer with one service has that" "$page" "$(get -x "socks5h://$PROXY" http://home/)"
told "denied this service" home 8000 2 "Connection not allowed by ruleset" 403 "denied by the peer"
gw home deny "$(gw_id part)" >/dev/null
told "denied altogether" home 80 2 "Connection not allowed by ruleset" 403 "denied by the peer"
