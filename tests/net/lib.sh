# lib.sh - what the tests in tests/net and tests/interop share.  Sourced; needs $GW (run.sh sets it;
# default ./gw of this tree).
#
# A test prints one line for each promise: "ok NAME", "not ok NAME: why" or "skip NAME: why".  All
# it writes lies in $T, which goes away at the end, as do the processes it started.  Daemons are
# named: `gw_start home ...` runs gw with the directory $T/home and the log $T/home.log.

GW=${GW:-$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)/gw}
NET=$(CDPATH='' cd "$(dirname "$0")/../net" && pwd)
TEST=$(basename "$0" .sh)
T=$(mktemp -d "${TMPDIR:-/tmp}/gw-$TEST.XXXXXX")
PIDS=
NAMESPACES=
LOOPBACK=/ip4/127.0.0.1/udp/0/quic-v1
export TEST PYTHONPATH="$NET" PYTHONDONTWRITEBYTECODE=1

# A sanitized gw is slow and is allowed to be; a finding ends it with this status and a report.
export ASAN_OPTIONS="exitcode=99:${ASAN_OPTIONS-}" UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS-}"

ok() # NAME
{
    echo "ok $TEST: $1"
}

not_ok() # NAME WHY
{
    echo "not ok $TEST: $1: $2"
    FAILED=yes
}

skip() # NAME WHY
{
    echo "skip $TEST: $1: $2"
}

# check NAME COMMAND...: ok when the command succeeds; else its output is the reason.
check()
{
    check_name=$1
    shift
    if check_out=$("$@" 2>&1); then
        ok "$check_name"
    else
        not_ok "$check_name" "$(echo "$check_out" | tail -n 3 | tr '\n' ' ')"
    fi
}

# refuses NAME COMMAND...: ok when the command fails.
refuses()
{
    check_name=$1
    shift
    if check_out=$("$@" 2>&1); then
        not_ok "$check_name" "it succeeded: $(echo "$check_out" | tail -n 3 | tr '\n' ' ')"
    else
        ok "$check_name"
    fi
}

# same NAME EXPECTED GOT
same()
{
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "expected '$2', got '$3'"
    fi
}

# has NAME PATTERN TEXT: an extended regular expression occurs in the text.
has()
{
    if printf '%s\n' "$3" | grep -Eq -- "$2"; then
        ok "$1"
    else
        not_ok "$1" "no /$2/ in '$(printf %s "$3" | tail -n 3 | tr '\n' ' ')'"
    fi
}

# until_ok SECONDS COMMAND...: repeats the command until it succeeds.
until_ok()
{
    until_end=$(($(date +%s%N) / 1000000 + $1 * 1000))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $(($(date +%s%N) / 1000000)) -lt $until_end ] || return 1
        sleep 0.05
    done
}

gone() # PID
{
    [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

# keep PID: end it when the test ends.
keep()
{
    PIDS="$PIDS $1"
}

cleanup()
{
    status=$?
    trap - EXIT
    for pid in $PIDS; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in $PIDS; do
        until_ok 5 gone "$pid" || kill -9 "$pid" 2>/dev/null || true
    done
    if [ "${FAILED-}" ] || [ $status -ne 0 ]; then
        for log in "$T"/*.log; do
            [ -f "$log" ] || continue
            echo "--- $(basename "$log")"
            tail -n 40 "$log"
        done
    fi
    for log in "$T"/*.log; do
        if [ -f "$log" ] && grep -Eq 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$log"; then
            echo "not ok $TEST: sanitizer report in $(basename "$log" .log)"
            grep -Em1 -A 30 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$log"
            FAILED=yes
        fi
    done
    for ns in $NAMESPACES; do
        ip netns del "$ns" 2>/dev/null
    done
    cd /
    rm -rf "$T"
    [ -z "${FAILED-}" ] || status=1
    exit $status
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

[ -x "$GW" ] || { not_ok "gw" "there is none at $GW"; exit 1; }

# --- gw daemons

gw() # NAME COMMAND...
{
    gw_dir=$T/$1
    shift
    "$GW" -d "$gw_dir" "$@"
}

gw_id() # NAME
{
    gw "$1" id 2>/dev/null
}

# gw_run NAME OPTION...: starts the daemon and does not wait.  $WITHIN is a command to run it by.
gw_run()
{
    gw_name=$1
    shift
    mkdir -p -m 700 "$T/$gw_name"
    ${WITHIN-} "$GW" -d "$T/$gw_name" "$@" >>"$T/$gw_name.log" 2>&1 &
    echo $! >"$T/$gw_name.pid"
    keep $!
}

gw_pid() # NAME
{
    cat "$T/$1.pid"
}

is_ready() # NAME
{
    gw "$1" status
}

# gw_start NAME OPTION...: starts the daemon; it has answered on its control socket on return.
gw_start()
{
    gw_run "$@"
    until_ok 20 is_ready "$1" || { not_ok "$1 starts" "no answer: $(tail -n 1 "$T/$1.log")"; exit 1; }
}

# gw_stop NAME [SIGNAL]: ends the daemon and waits for it.
gw_stop()
{
    kill "-${2:-TERM}" "$(gw_pid "$1")"
    wait "$(gw_pid "$1")" 2>/dev/null
}

# gw_json NAME EXPRESSION: of `status --json`, which the Python expression calls s.
gw_json()
{
    gw "$1" status --json | json "$2"
}

# json EXPRESSION: of the JSON on stdin, called s.  What goes wrong is printed in its place.
json()
{
    python3 -c 'import json, sys
try:
    s = json.load(sys.stdin)
    print(eval(sys.argv[1]))
except Exception as e:
    print(repr(e))' "$1"
}

gw_addr() # NAME
{
    gw_json "$1" 'next(a for a in s["listen"] if a.startswith("/ip4/"))'
}

gw_proxy() # NAME
{
    gw_json "$1" 's["proxy"][0]'
}

# gw_knows ME HOME [PETNAME]: a line in ME's names file for the running daemon HOME.
gw_knows()
{
    gw_line="${3:-$2} $(gw_id "$2") $(gw_addr "$2")"
    echo "${gw_line%/p2p/*}" >>"$T/$1/names"
}

# gw_trusts HOME ME [OPTION...]: a line in HOME's authorized_keys, in force on return.
gw_trusts()
{
    gw_home=$T/$1
    gw_peer=$(gw_id "$2")
    shift 2
    echo "$gw_peer $*" >>"$gw_home/authorized_keys"
    chmod 600 "$gw_home/authorized_keys"
    [ ! -S "$gw_home/ctl.sock" ] || "$GW" -d "$gw_home" reload >/dev/null
}

# pair OPTION...: the usual two daemons.  `home` offers what the options say (-S ...), `me` is
# allowed there and knows it by name; $PROXY is me's proxy.
pair()
{
    mkdir -p -m 700 "$T/home" "$T/me"
    gw_trusts home me
    gw_start home -D none -l $LOOPBACK "$@"
    gw_knows me home
    gw_start me -D 127.0.0.1:0 -l $LOOPBACK
    PROXY=$(gw_proxy me)
}

# --- services

# target KIND [ARGUMENT...]: starts a service of targets.py; $PORT is where it listens.
target()
{
    target_out=$T/target.$(echo "$*" | tr -c 'a-z0-9\n' _).$$
    python3 "$NET/targets.py" "$@" >"$target_out" 2>>"$T/targets.log" &
    keep $!
    until_ok 10 test -s "$target_out" || { not_ok "target $*" "did not start"; exit 1; }
    PORT=$(head -n 1 "$target_out")
}

# free_port: a TCP port that nobody listens on now.
free_port()
{
    python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

socks() # CURL-ARGUMENT...
{
    curl -sS --max-time 20 --socks5-hostname "$PROXY" "$@"
}

# socks_dig PROXY DIG-ARGUMENT...: dig by UDP ASSOCIATE, run by $WITHIN.  dig knows no SOCKS:
# socksify puts it under the calls of the C library, but not under sendmmsg, which libuv takes
# when there is one.
socks_dig()
{
    cat >"$T/socks.conf" <<END
resolveprotocol: fake
route {
    from: 0.0.0.0/0 to: 0.0.0.0/0 via: ${1%:*} port = ${1##*:}
    proxyprotocol: socks_v5
    method: none
}
END
    shift
    SOCKS_CONF=$T/socks.conf ${WITHIN-} timeout 20 strace -f -qq -o "$T/strace" -e trace=sendmmsg \
        -e inject=sendmmsg:error=ENOSYS socksify dig +short +tries=1 "$@" 2>&1
}

# replies: CONNECTs to the lines "CODE HOST PORT WHAT" of stdin get these SOCKS reply codes.
replies()
{
    python3 "$NET/replies.py" "$PROXY" || FAILED=yes
}

need_root()
{
    [ "$(id -u)" = 0 ] || { skip "$1" "needs root for network namespaces"; exit 0; }
}

# namespaces NAME...: network namespaces, with loopback up; they go away when the test ends.
namespaces()
{
    for ns in "$@"; do
        NAMESPACES="$NAMESPACES $ns"
        if ! { ip netns add "$ns" && ip -n "$ns" link set lo up; }; then
            not_ok "network namespaces" "they cannot be made here"
            exit 1
        fi
    done
}

# link NAME NAMESPACE NAMESPACE: a cable between two of them, called NAME at both ends.
link()
{
    ip link add "$1" netns "$2" type veth peer name "$1" netns "$3"
    ip -n "$2" link set "$1" up
    ip -n "$3" link set "$1" up
}
