# lib.sh - what the scripts that need a lab share, beside tests/net/lib.sh, which they source first.
#
# A script has one lab at a time, $NATLAB; it ends with the script, however that ends.

LAB_DIR=$(CDPATH='' cd "$(dirname "$0")/../lab" && pwd)
export NATLAB="gw$$" PYTHONPATH="$NET:$LAB_DIR"
need_root "$TEST"

natlab()
{
    "$LAB_DIR/natlab" "$@"
}

# lab_up: builds what the spec on stdin describes, in place of the lab before.
lab_up()
{
    cat >"$T/spec"
    natlab -o $$ up "$T/spec" || { not_ok "a lab" "it cannot be built here"; exit 1; }
}

lab_down()
{
    lab_status=$?
    natlab down
    (exit $lab_status)
    cleanup
}
trap lab_down EXIT

# on HOST COMMAND...: runs it there.
on()
{
    on_host=$1
    shift
    ip netns exec "$NATLAB.$on_host" "$@"
}

lab_addr() # NAME [4|6]
{
    natlab addr "$@"
}

# lab_serve HOST COMMAND...: starts a server there and waits for its first line.
lab_serve()
{
    serve_out=$T/serve.$(echo "$*" | tr -c 'a-z0-9\n' _ | tail -c 100)
    : >"$serve_out"
    on "$@" >"$serve_out" 2>>"$T/servers.log" &
    keep $!
    until_ok 10 test -s "$serve_out" || { not_ok "$*" "did not start"; exit 1; }
}

probe() # HOST WORD...
{
    probe_host=$1
    shift
    on "$probe_host" python3 "$LAB_DIR/probe.py" "$@"
}
