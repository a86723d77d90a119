#!/bin/sh
# ethereum.sh - names kept by examples/names.sol on a chain of a node from npm: set, found, changed; a
# wrong address, contracts that are no such thing, and a node that is gone.
# timeout: 300
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/npm.sh"

tree=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd)
eth=$(dirname "${GW_JS:-$tree/build-test/js}")/eth
npm_ready "an Ethereum node" "$tree/tests/interop/eth" "$eth"

node "$eth/eth.mjs" serve "$tree/examples/names.sol" "$tree/tests/interop/eth/wrong.sol" \
    >"$T/eth" 2>"$T/eth.log" &
eth_pid=$!
keep $eth_pid
until_ok 60 grep -q rpc "$T/eth" || { not_ok "the node starts" "$(tail -n 3 "$T/eth.log")"; exit 1; }
rpc=$(json 's["rpc"]' <"$T/eth")
contract() { json "s['contracts']['$1']" <"$T/eth"; }
set_name() { node "$eth/eth.mjs" set "$rpc" "$(contract Names)" "$1" "$2" >"$T/set.log" 2>&1; }
said() { gw me resolve "$1" 2>&1; }

# me_start [CONTRACT]: with the [ethereum] section, for that contract of the node's.
me_start()
{
    [ ! -S "$T/me/ctl.sock" ] || gw_stop me
    printf '[node]\nmdns = no\n[dns]\nlookup = no\n' >"$T/me/gw.conf"
    [ -z "${1-}" ] || printf '[ethereum]\nrpc = %s/\ncontract = %s\n' "$rpc" "$(contract "$1")" >>"$T/me/gw.conf"
    rm -rf "$T/me/state"
    gw_start me -D 127.0.0.1:0 -l $LOOPBACK
    PROXY=$(gw_proxy me)
}

target web "from a service"
mkdir -p -m 700 "$T/home" "$T/me"
gw_trusts home me
printf '[node]\nmdns = no\n[dns]\nlookup = no\n' >"$T/home/gw.conf"
gw_start home -D none -l $LOOPBACK -S web:80=127.0.0.1:"$PORT"
home=$(gw_id home)
addr=$(gw_addr home)
addr=${addr%/p2p/*}

me_start
refuses "it is off by default" sh -c "\"$GW\" -d $T/me resolve laptop.grewal 2>&1 | grep Ethereum"

# --- names
me_start Names
check "a name is set" set_name laptop.grewal "$home $addr ttl=0"
by=$(said laptop.grewal)
has "and found" "$home" "$by"
has "with its address" "$addr" "$by"
has "and resolve says who told" Ethereum "$by"
same "the service behind it is reached" "from a service" "$(socks http://laptop.grewal/)"
has "in capitals and with .p2p, too" "$home" "$(said LAPTOP.grewal.p2p)"
set_name laptop.grewal "$(gw_id me) ttl=0"
has "the name is changed" "$(gw_id me)" "$(said laptop.grewal)"
set_name laptop.grewal ""
has "and removed" 'Ethereum: the contract knows none' "$(said laptop.grewal)"
has "a name that nobody has" 'Ethereum: the contract knows none' "$(said nobody.grewal)"
long=$(printf %060d.%060d.%060d.%060d 1 2 3 4)
set_name "$long" "$home $addr $addr $addr $addr $addr $addr $addr $addr ttl=60"
has "the longest name and a long line" "$home" "$(said "$long")"
set_name odd.grewal "see http://example.com"
has "a line that is none" "Ethereum: the contract's answer is not PEER-ID" "$(said odd.grewal)"
has "resolve -v shows what it said" "the contract's answer is not PEER-ID" "$(gw me resolve -v odd.grewal 2>&1)"

# --- what is no such contract
me_start account
has "an address without a contract" 'Ethereum: no contract with resolve\(string\)' "$(said laptop.grewal)"
me_start Other
has "a contract without the function" 'Ethereum: (the node says|no contract with)' "$(said laptop.grewal)"
me_start Reverts
has "one that reverts" 'Ethereum: the node says: .*closed today' "$(said laptop.grewal)"
me_start Numbers
has "one that answers with a number" "Ethereum: the contract's answer is not" "$(said laptop.grewal)"
me_start Long
has "one that answers with 100 kB" "Ethereum: the node's answer is" "$(said laptop.grewal)"

# --- the node is gone
me_start Names
set_name laptop.grewal "$home $addr ttl=600"
said laptop.grewal >"$T/again"
kill $eth_pid
wait $eth_pid 2>/dev/null
has "without the node: an answer that is kept still holds" "$home" "$(said laptop.grewal)"
has "any other says why" 'Ethereum: no node listens at rpc' "$(said other.grewal)"
echo "house $home $addr" >"$T/me/names"
until_ok 5 said house
same "and other tiers answer" "from a service" "$(socks http://house/)"
