#!/bin/sh
# roam.sh - a peer whose address or NAT port changes keeps its connection; a dead one is noticed.
# timeout: 120
. "$(dirname "$0")/lib.sh"

target source 150000000
source=$PORT
source_sum=$(python3 -c 'import hashlib, targets
sha = hashlib.sha256()
for piece in targets.pattern(150_000_000):
    sha.update(piece)
print(150_000_000, sha.hexdigest())')
target echo
mkdir -p -m 700 "$T/home" "$T/me"
gw_trusts home me
gw_start home -D none -l /ip4/0.0.0.0/udp/0/quic-v1 -S source:9=127.0.0.1:$source \
    -S echo:7=127.0.0.1:"$PORT"
udp=$(gw_addr home | cut -d/ -f5)
python3 "$NET/relay.py" "127.0.0.1:$udp" >"$T/relay.port" 2>"$T/relay.log" &
relay=$!
keep $relay
until_ok 10 test -s "$T/relay.port"
echo "home $(gw_id home) /ip4/127.0.0.1/udp/$(cat "$T/relay.port")/quic-v1" >"$T/me/names"
gw_start me -D 127.0.0.1:0 -l $LOOPBACK
PROXY=$(gw_proxy me)
peer_of_home() { gw_json home 's["peers"][0]["addr"]'; }

# fetch COMMAND...: prints count and hash of a download during which the command runs.
fetch()
{
    python3 "$NET/fetch.py" "$PROXY" home 9 >"$T/sum" 2>"$T/fetch.log" &
    fetch_pid=$!
    keep $fetch_pid
    until_ok 10 test -s "$T/sum"
    "$@"
    wait $fetch_pid
    tail -n 1 "$T/sum"
}

gw me ping -n 1 home >/dev/null
before=$(peer_of_home)
same "a NAT port that changes under a transfer" "$source_sum" "$(fetch kill -USR1 $relay)"
refuses "home saw the new port" test "$before" = "$(peer_of_home)"
same "an address that changes under a transfer" "$source_sum" "$(fetch kill -USR2 $relay)"
has "home saw the new address" 127.0.0.2 "$(peer_of_home)"

# --- a peer that is gone without a word
python3 "$NET/hold.py" "$PROXY" home 7 >"$T/held" 2>&1 &
held=$!
keep $held
until_ok 10 test -s "$T/held"
kill -HUP $relay
start=$(date +%s)
died() { grep -q 'closed: deadline passed' "$T/$1.log"; }
check "the near side notices a dead peer in 15 s" until_ok 15 died me
check "the far side notices a dead peer in 15 s" until_ok $((start + 16 - $(date +%s))) died home
wait $held
same "what was open to it is reset" reset "$(tail -n 1 "$T/held")"
echo_once() { python3 -c 'import sys, gwtest as t
sys.exit(t.reply_code(sys.argv[1], "home", 7))' "$PROXY"; }
check "and it is dialled anew, where it said that it listens" until_ok 10 echo_once
