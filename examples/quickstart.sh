#!/bin/sh
# quickstart.sh - from a fresh Debian 12 or 13 to a page fetched by name from another node.
#
# Installs what is missing (says what first), builds ./gw, starts a home node that offers a small
# web page and a gateway that may use it, and fetches the page through the gateway's proxy.  The
# nodes live under a temporary directory and end with the script, which can be run again.
set -eu

cd "$(dirname "$0")/.."
sh tests/install-deps.sh build

echo "== building ./gw"
[ -x configure ] || autoreconf -fi >/dev/null 2>&1
[ -f Makefile ] || ./configure --quiet
make -s -j"$(nproc)"

dir=$(mktemp -d "${TMPDIR:-/tmp}/gw-quickstart.XXXXXX")
pids=
finish()
{
    status=$?
    trap - EXIT
    for pid in $pids; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in $pids; do
        wait "$pid" 2>/dev/null || true
    done
    [ $status = 0 ] || tail -n 5 "$dir"/*.log 2>/dev/null || true
    rm -rf "$dir"
    exit $status
}
trap finish EXIT
trap 'exit 130' HUP INT TERM

# until_ok COMMAND...: for at most ten seconds.
until_ok()
{
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { echo "quickstart.sh: no success in 10 s: $*" >&2; exit 1; }
        sleep 0.1
    done
}

# start NAME OPTION...: a node with the directory $dir/NAME, ready on return.
start()
{
    name=$1
    shift
    ./gw -d "$dir/$name" "$@" >"$dir/$name.log" 2>&1 &
    pids="$pids $!"
    until_ok ./gw -d "$dir/$name" status
}

# from_status NAME EXPRESSION: of `gw status --json`, called s.
from_status()
{
    ./gw -d "$dir/$1" status --json |
        python3 -c "import json, sys; s = json.load(sys.stdin); print($2)"
}

echo "== a web server that only this machine can reach"
mkdir "$dir/www"
echo "Hello from home: this page came by name, over QUIC, from one gw to another." \
    >"$dir/www/index.html"
python3 - "$dir/www" >"$dir/web.port" 2>"$dir/web.log" <<'PY' &
import functools, http.server, sys
page = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), page) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
PY
pids="$pids $!"
until_ok test -s "$dir/web.port"

echo "== the home node offers it to the gateway, and to nobody else"
me=$(./gw -d "$dir/me" id)
start home -D none -S web:80=127.0.0.1:"$(cat "$dir/web.port")" -l /ip4/127.0.0.1/udp/0/quic-v1
./gw -d "$dir/home" allow "$me" web

echo "== the gateway knows it by the name laptop.alice"
echo "laptop.alice $(./gw -d "$dir/home" id) $(from_status home 's["listen"][0]')" >"$dir/me/names"
proxy=127.0.0.1:1080
if python3 -c 'import socket; socket.create_connection(("127.0.0.1", 1080), 1)' 2>/dev/null; then
    proxy=127.0.0.1:0 # somebody has that port: any free one
fi
start me -D $proxy
proxy=$(from_status me 's["proxy"][0]')

echo "== curl --socks5-hostname $proxy http://laptop.alice/"
curl -sS --max-time 20 --socks5-hostname "$proxy" http://laptop.alice/

cat <<END

It works.  What you type next, on machines of your own:

  where the service is:   ./gw -S ssh:22=127.0.0.1:22 -l /ip4/0.0.0.0/udp/4001/quic-v1
  there, for a friend:    ./gw allow PEER-ID ssh          (the id is what \`./gw id\` prints over there)
  at your friend's:       ssh -o ProxyCommand='./gw nc %h %p' laptop
                          (with "laptop PEER-ID /ip4/ADDRESS/udp/4001/quic-v1" in ~/.config/gw/names)
END
