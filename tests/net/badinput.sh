#!/bin/sh
# badinput.sh - bad input ends what it came on, with one clear line, and nothing else.
# timeout: 120
. "$(dirname "$0")/lib.sh"

target echo
echo=$PORT
target source 1000000000
source=$PORT
target hang
mkdir -p -m 700 "$T/home" "$T/me"
printf '[node]\ntarget-timeout = 1s\n' >"$T/home/gw.conf"
printf '[node]\ndial-timeout = 1s\n[proxy]\nhandshake-timeout = 1s\n' >"$T/me/gw.conf"
pair -S echo:7=127.0.0.1:"$echo" -S source:9=127.0.0.1:"$source" -S hang:10=127.0.0.1:"$PORT"
udp=$(gw_addr home | cut -d/ -f5)
python3 "$NET/badsocks.py" "$PROXY" "$udp" || FAILED=yes

replies <<END
6 home 10 a target that does not answer
END

# --- a peer that does not answer
echo "away $(gw away id 2>/dev/null) /ip4/127.0.0.1/udp/$(free_port)/quic-v1" >>"$T/me/names"
sleep 0.2
replies <<END
4 away 22 a peer that is not there
END
has "and why" 'peer is not reachable: its address did not answer in 1s' "$(gw me nc away 22 2>&1)"

# --- a client that vanishes in the middle of a transfer
python3 "$NET/fetch.py" "$PROXY" home 9 >"$T/sum" 2>"$T/fetch.log" &
fetch=$!
until_ok 10 test -s "$T/sum"
kill -9 $fetch
idle() { [ "$(gw_json "$1" "s['streams']['$2']['active']")" = 0 ]; }
check "a client that vanishes leaves no stream at the near side" until_ok 10 idle me out
check "nor at the far side" until_ok 10 idle home in
replies <<END
0 home 7 the next client
END

# --- a start that cannot be: status 1 and one line that says why
# start_fails NAME PATTERN OPTION...: in the directory $T/bad.
start_fails()
{
    fails_name=$1
    fails_pattern=$2
    shift 2
    timeout 10 "$GW" -d "$T/bad" "$@" >"$T/bad.out" 2>&1
    fails_status=$?
    if [ $fails_status != 1 ]; then
        not_ok "$fails_name" "exit status $fails_status: $(tail -n 1 "$T/bad.out")"
    else
        has "$fails_name" "$fails_pattern" "$(cat "$T/bad.out")"
    fi
}
gw bad id >/dev/null
start_fails "a proxy port in use" "${PROXY##*:}.*in use" -D "$PROXY" -l $LOOPBACK
same "is told in one line" 1 "$(grep -c 'in use' "$T/bad.out")"
same "and is all that is to be read" 1 "$(wc -l <"$T/bad.out")"
start_fails "a foreign address" 'not an address of this machine' -D 192.0.2.1:1080 -l $LOOPBACK
start_fails "a foreign address for peers" 'not an address of this machine' -D none \
    -l /ip4/192.0.2.1/udp/0/quic-v1
start_fails "a UDP port in use" "$udp.*in use" -D none -l "/ip4/127.0.0.1/udp/$udp/quic-v1"
same "config --check without gw.conf" "$T/bad: ok (no gw.conf: defaults)" "$(gw bad config --check)"
chmod 644 "$T/bad/key"
has "config --check of a key that others can read" 'bad/key: .*chmod 600' "$(gw bad config --check 2>&1)"
start_fails "a key that others can read" 'bad/key' -D none
chmod 600 "$T/bad/key"
cp "$T/bad/key" "$T/good-key"
head -c 20 "$T/good-key" >"$T/bad/key"
start_fails "a key that is cut" 'bad/key' -D none
cp "$T/good-key" "$T/bad/key"
printf '# a comment\n[proxy]\nlisten = 127.0.0.1:0\nusr = x\n' >"$T/bad/gw.conf"
start_fails "an unknown key, with file and line" 'gw\.conf:4: ' -D none
printf '[node]\nmax-peers = many\n' >"$T/bad/gw.conf"
start_fails "a bad value, with file and line" 'gw\.conf:2: ' -D none
rm "$T/bad/gw.conf"
"$GW" -d "$T/bad" -L nonsense >"$T/bad.out" 2>&1
same "wrong usage: status 2" 2 $?

# --- bad lines in the other files: named with file and line, and the rest stands
echo "not-a-peer-id" >>"$T/home/authorized_keys"
said() { grep -Eq "$1" "$T/home.log"; }
check "a bad line in authorized_keys is named" until_ok 5 said 'authorized_keys:2'
echo "broken" >>"$T/me/names"
said_me() { grep -Eq "$1" "$T/me.log"; }
check "a bad line in names is named" until_ok 5 said_me 'names:3'
has "and told to who looks for a name" '\(names file: names:3: .*; peer id: not one\)' \
    "$(gw me nc brokn 7 2>&1)"
replies <<END
0 home 7 a caller whose own line is good
END
sed -i '$d' "$T/home/authorized_keys" "$T/me/names"

# --- descriptors run out, and come back
mkdir -p -m 700 "$T/few"
gw_trusts home few
cp "$T/me/names" "$T/few/names"
(
    ulimit -n 64
    exec "$GW" -d "$T/few" -D 127.0.0.1:0 -l $LOOPBACK
) >"$T/few.log" 2>&1 &
echo $! >"$T/few.pid"
keep $!
until_ok 10 is_ready few
PROXY=$(gw_proxy few)
python3 "$NET/exhaust.py" "$PROXY" "$(gw_pid few)" || FAILED=yes
check "the daemon has survived it" gw few status

# --- the disk is full
if [ "$(id -u)" = 0 ] && mkdir "$T/disk" && mount -t tmpfs -o size=256k none "$T/disk"; then
    trap 'umount -l "$T/disk"; cleanup' EXIT
    cp -a "$T/bad" "$T/disk/full"
    ln -s "$T/disk/full" "$T/full"
    gw_start full -D none -l $LOOPBACK
    gw full allow "$(gw_id me)" >/dev/null
    cp "$T/full/authorized_keys" "$T/before"
    cat /dev/zero >"$T/disk/fill" 2>/dev/null
    refuses "allow on a full disk fails" gw full allow "$(gw_id home)"
    check "what was written before is whole" cmp "$T/before" "$T/full/authorized_keys"
    check "the daemon goes on" gw full status
    rm "$T/disk/fill"
    check "and allow works when there is room" gw full allow "$(gw_id home)"
    gw_stop full
else
    skip "a full disk" "needs root to mount a small tmpfs"
fi
