#!/bin/sh
# programs.sh - the programs people use: OpenSSH, redis, git, netcat, PostgreSQL.
# timeout: 120
. "$(dirname "$0")/lib.sh"

# --- a real sshd on a free port
ssh_port=$(free_port)
ssh-keygen -q -t ed25519 -N '' -f "$T/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$T/user_key"
cp "$T/user_key.pub" "$T/authorized"
chmod 600 "$T/authorized"
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
cat >"$T/sshd_config" <<CONF
Port $ssh_port
ListenAddress 127.0.0.1
HostKey $T/host_key
AuthorizedKeysFile $T/authorized
StrictModes no
UsePAM no
PidFile none
PermitRootLogin yes
CONF
/usr/sbin/sshd -D -e -f "$T/sshd_config" 2>"$T/sshd.log" &
keep $!

# --- redis on a Unix socket, a git repository to serve over ssh and over dumb HTTP
redis-server --port 0 --unixsocket "$T/redis.sock" --save '' --dir "$T" >"$T/redis.log" 2>&1 &
keep $!
git init -q -b main "$T/repo"
head -c 3000000 /dev/urandom >"$T/repo/blob"
git -C "$T/repo" add blob
git -C "$T/repo" -c user.name=t -c user.email=t@example.org commit -q -m one
git clone -q --bare "$T/repo" "$T/repo.git"
git -C "$T/repo.git" update-server-info
python3 -c 'import functools, http.server, sys
serve = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as s:
    print(s.server_port, flush=True)
    s.serve_forever()' "$T" >"$T/http.port" 2>"$T/http.log" &
keep $!
until_ok 10 test -s "$T/http.port"
until_ok 10 test -S "$T/redis.sock"

# --- PostgreSQL on a Unix socket: as root it does not run
pg=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
as_nobody=
mkdir "$T/pg"
if [ "$(id -u)" = 0 ]; then
    as_nobody="setpriv --reuid nobody --regid nogroup --clear-groups"
    chmod 711 "$T"
    chown nobody "$T/pg"
fi
$as_nobody "$pg/initdb" -A trust -U test -N --no-locale -D "$T/pg/data" >"$T/initdb.log" 2>&1
$as_nobody "$pg/postgres" -F -h '' -k "$T/pg" -D "$T/pg/data" >"$T/postgres.log" 2>&1 &
keep $!
until_ok 20 "$pg/pg_isready" -q -h "$T/pg"

pair -S ssh:22=127.0.0.1:"$ssh_port" -S redis:6379=unix:"$T/redis.sock" \
    -S db:5432=unix:"$T/pg/.s.PGSQL.5432" -S git:80=127.0.0.1:"$(cat "$T/http.port")"

run_ssh() # PROXYCOMMAND COMMAND...
{
    run_proxy=$1
    shift
    ssh -F none -i "$T/user_key" -o BatchMode=yes -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=20 \
        -o ProxyCommand="$run_proxy" "$(id -un)@home" "$@"
}
by_nc="nc -X 5 -x $PROXY %h %p"
by_gw="$GW -d $T/me nc %h %p"
same "ssh by nc -X 5" "hello" "$(run_ssh "$by_nc" echo hello)"
same "ssh by gw nc" "hello" "$(run_ssh "$by_gw" echo hello)"
gw me ssh-config >"$T/ssh_config"
same "ssh NAME by what gw ssh-config prints" "hello" "$(ssh -F "$T/ssh_config" -i "$T/user_key" \
    -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o LogLevel=ERROR home echo hello)"
sum=$(sha256sum <"$T/repo/blob")
same "ssh by gw nc carries 3 MB up" "$sum" "$(run_ssh "$by_gw" sha256sum <"$T/repo/blob")"
same "ssh by nc -X 5 carries 3 MB down" "$sum" \
    "$(run_ssh "$by_nc" cat "$T/repo/blob" | sha256sum)"

GIT_SSH_COMMAND="ssh -F none -i $T/user_key -o StrictHostKeyChecking=no -o LogLevel=ERROR \
    -o UserKnownHostsFile=/dev/null -o ProxyCommand='$by_gw'" \
    git clone -q "$(id -un)@home:$T/repo.git" "$T/clone-ssh" 2>"$T/git.log"
check "git clone over ssh" cmp "$T/repo/blob" "$T/clone-ssh/blob"
git -c http.proxy="socks5h://$PROXY" clone -q http://git.home/repo.git "$T/clone-http" \
    2>>"$T/git.log"
check "git clone over http through the proxy" cmp "$T/repo/blob" "$T/clone-http/blob"

gw_start near -D none -l $LOOPBACK 2>/dev/null
gw_stop near
gw_trusts home near
cp "$T/me/names" "$T/near/names"
gw_start near -D none -l $LOOPBACK -L 0:home:redis -L 0:db.home:5432
forward_to() { gw_json near "next(f['listen'] for f in s['forwards'] if f['target'] == '$1')"; }
redis_at=$(forward_to home:redis)
redis() { redis-cli -h "${redis_at%:*}" -p "${redis_at##*:}" "$@"; }
redis set key "a value" >"$T/redis-cli.log" 2>&1
same "redis-cli through -L" "a value" "$(redis get key)"
same "redis pipelines 20 000 commands" 20000 "$(yes 'incr n' | head -n 20000 |
    redis-cli -h "${redis_at%:*}" -p "${redis_at##*:}" | tail -n 1)"

db_at=$(forward_to db.home:5432)
sql() { psql -qAtX -h "${db_at%:*}" -p "${db_at##*:}" -U test postgres -c "$1" 2>>"$T/psql.log"; }
same "psql through -L runs a query" 42 "$(sql 'select 6 * 7')"
sql 'create table t (line text)'
head -c 7500000 /dev/urandom | base64 >"$T/rows"
check "psql copies 10 MB in" sql 'copy t from stdin' <"$T/rows"
same "and out again" "$(sha256sum <"$T/rows")" "$(sql 'copy t to stdout' | sha256sum)"

same "gw nc works without a daemon" "PONG" "$(
    gw_stop near
    printf 'PING\r\nQUIT\r\n' | timeout 20 "$GW" -d "$T/near" nc home redis | head -n 1 |
        tr -d '+\r')"

