#!/bin/sh
# share-redis.sh - one machine offers its Redis to one other machine, which uses it as if it were local.
#
#   sh examples/share-redis.sh        after make, with redis-server and redis-tools installed
#
# Both machines are nodes on this one, under a temporary directory; all ends with the script.  What
# you would type on machines of your own is printed with a $ in front.
set -eu

gw=${GW:-$(CDPATH='' cd "$(dirname "$0")/.." && pwd)/gw}
for need in "$gw" redis-server redis-cli python3; do
    command -v "$need" >/dev/null || { echo "share-redis.sh: needs $need" >&2; exit 1; }
done

dir=$(mktemp -d "${TMPDIR:-/tmp}/gw-redis.XXXXXX")
pids=
finish()
{
    status=$?
    trap - EXIT
    for pid in $pids; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
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
        [ $tries -lt 100 ] || { echo "share-redis.sh: no success in 10 s: $*" >&2; exit 1; }
        sleep 0.1
    done
}

# start NAME OPTION...: a node with the directory $dir/NAME, ready on return.
start()
{
    name=$1
    shift
    "$gw" -d "$dir/$name" -q -l /ip4/127.0.0.1/udp/0/quic-v1 -D none "$@" &
    pids="$pids $!"
    until_ok "$gw" -d "$dir/$name" status
}

# of_status NAME EXPRESSION: of `gw status --json`, called s.
of_status()
{
    "$gw" -d "$dir/$1" status --json |
        python3 -c "import json, sys; s = json.load(sys.stdin); print($2)"
}

# A Redis without any TCP port: the socket's directory is all that guards it.
redis-server --port 0 --unixsocket "$dir/redis.sock" --save '' --dir "$dir" >"$dir/redis.log" &
pids="$pids $!"
until_ok redis-cli -s "$dir/redis.sock" ping

echo "home\$ gw -S redis:6379=unix:redis.sock -S notes:7000=127.0.0.1:7000"
start home -S redis:6379=unix:"$dir/redis.sock" -S notes:7000=127.0.0.1:7000

laptop=$("$gw" -d "$dir/laptop" id 2>/dev/null)
echo "home\$ gw allow $laptop redis"
"$gw" -d "$dir/home" allow "$laptop" redis

# On two machines the address is that of home, with the port that `gw -l` names there.
line="home $("$gw" -d "$dir/home" id) $(of_status home 's["listen"][0]')"
echo "laptop\$ echo '$line' >> ~/.config/gw/names"
echo "$line" >"$dir/laptop/names"

echo "laptop\$ gw -L 6379:home:redis        (here: any free port)"
start laptop -L 0:home:redis
port=$(of_status laptop 's["forwards"][0]["listen"].rpartition(":")[2]')

echo "laptop\$ redis-cli -p $port set greeting 'hello from the laptop'"
redis-cli -p "$port" set greeting 'hello from the laptop'
echo "home\$ redis-cli -s redis.sock get greeting"
redis-cli -s "$dir/redis.sock" get greeting

echo "laptop\$ gw services home             (all that home lets it use)"
"$gw" -d "$dir/laptop" services home
echo "laptop\$ gw nc home notes             (offered, but not to the laptop)"
if "$gw" -d "$dir/laptop" nc home notes </dev/null; then
    echo "share-redis.sh: the laptop may use what it was not allowed" >&2
    exit 1
fi

echo "home\$ gw deny $laptop"
"$gw" -d "$dir/home" deny "$laptop"
echo "laptop\$ redis-cli -p $port ping"
answer=$(redis-cli -p "$port" ping 2>&1) || true
echo "$answer"
[ "$answer" != PONG ] || { echo "share-redis.sh: it still answers" >&2; exit 1; }
