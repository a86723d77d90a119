#!/bin/sh
# hour.sh - the clocks of a machine jump an hour: it has slept, or its wall clock was set.
# needs: root
# timeout: 150
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

HOUR=3600
ASLEEP_S=12 # connections end after 10 s without a word

${CC:-cc} -std=gnu11 -O2 -Wall -Wextra -shared -fPIC -o "$T/clockshift.so" "$NAT_DIR/clockshift.c" ||
    { not_ok "clockshift" "does not compile"; exit 1; }
plain=$GW

# clock HOST BOOT WALL: by how many seconds they are ahead there.
clock()
{
    printf '%-10d%-10d\n' "$2" "$3" >"$T/clock"
    dd if="$T/clock" of="$T/$1.clock" conv=notrunc status=none
}

# jump HOST BOOT WALL: the same while it runs, and it is told, as by the kernel.
jump()
{
    clock "$@"
    echo >"$T/$1.clock.set"
}

# shifted HOST: what starts a gw whose clocks `clock` sets from now on.
shifted()
{
    clock "$1" 0 0
    [ -p "$T/$1.clock.set" ] || mkfifo "$T/$1.clock.set"
    cat >"$T/$1.gw" <<END
#!/bin/sh
CLOCKSHIFT=$T/$1.clock LD_PRELOAD=$T/clockshift.so exec $plain "\$@"
END
    chmod +x "$T/$1.gw"
    GW=$T/$1.gw
}

lab_up <<END
host relay
lan cafe  nat=port hosts=me
lan house nat=port hosts=away
END
mkdir -p -m 700 "$T/me" "$T/away" "$T/relay"
gw_trusts away me
gw_trusts relay away
shifted relay
relay relay
shifted away
home away "$(relay_at relay)"
GW=$plain
reserved relay 1
known me away "$(relay_at relay)"
shifted me
node me -D $PROXY
GW=$plain
check "reached" fetch me 20000 0
check "direct" until_ok 10 is_direct me away

again() { fetch me 20000 0; }

# is_set WHOSE HOST BY: its wall clock is set under a transfer, which does not notice.
is_set()
{
    fetch me 4000000 4 >"$T/flow" 2>&1 &
    flow=$!
    keep $flow
    until_ok 10 grep -q connected "$T/flow"
    jump "$2" 0 "$3"
    wait $flow
    has "$1: every octet" '^done ' "$(cat "$T/flow")"
    same "$1: stalls" "" "$(grep '^stall ' "$T/flow")"
    same "$1: direct" direct "$(path_of me away)"
}

for host in me away relay; do
    is_set "the clock of $host is set an hour ahead" $host $HOUR
    is_set "and back" $host 0
done
# Who comes anew comes through the relay: it has not let the reservation go.
gw_stop me
shifted me
node me -D $PROXY
GW=$plain
check "afterwards the relay still leads to the far side" until_ok 10 again

# asleep HOST: for an hour, while the NATs forget.
asleep()
{
    kill -STOP "$(gw_pid "$1")"
    natlab flush cafe
    natlab flush house
    sleep $ASLEEP_S
    jump "$1" $HOUR $HOUR
    kill -CONT "$(gw_pid "$1")"
    woken=$(now_ms)
    check "$1 slept for an hour: it knows" until_ok 5 grep -q "network woke up" "$T/$1.log"
    check "$1 slept for an hour: reached" until_ok 20 again
    at_most "$1 slept for an hour: within 3 s" 3000 $(($(now_ms) - woken))
    check "$1 slept for an hour: direct again" until_ok 20 is_direct me away
}

check "direct before it sleeps" until_ok 20 is_direct me away
asleep me
asleep away
