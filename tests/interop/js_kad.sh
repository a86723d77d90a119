#!/bin/sh
# js_kad.sh - one DHT of gw and js-libp2p: records, providers and peers, both ways; js as client of gw
# servers, gw as client of a js server, and both as servers.
# needs: root
# timeout: 240
. "$(dirname "$0")/../net/lib.sh"
need_root kad
. "$(dirname "$0")/js/lib.sh"

# One LAN of its own: gw publishes no address of loopback.
LAN=gwK$$ END=gwE$$
namespaces $LAN $END
link eth0 $LAN $END
for n in 1 2 3 4 5 6 7; do
    ip -n $LAN addr add "10.77.0.$n/24" dev eth0
done
WITHIN="ip netns exec $LAN"
at() { echo "/ip4/10.77.0.$1/udp/4001/quic-v1"; }

# gw_node NAME NUMBER MODE BOOTSTRAP: a gw there, of that mode.
gw_node()
{
    mkdir -p -m 700 "$T/$1"
    printf '[node]\nmdns = no\n[dht]\nmode = %s\n' "$3" >"$T/$1/gw.conf"
    [ -z "$4" ] || echo "bootstrap = $4" >>"$T/$1/gw.conf"
    gw_start "$1" -D none -l "$(at "$2")" -S web:80=127.0.0.1:80
}

# js_node NAME NUMBER MODE CONNECT: a js there, which is told what to do by `js`.
js_node()
{
    mkfifo "$T/$1.in"
    : >"$T/$1.out"
    $WITHIN env PATH="$PATH" node "$js/kad.mjs" --seed "$1" --mode "$3" --listen "$(at "$2")" \
        ${4:+--connect "$4"} <"$T/$1.in" >"$T/$1.out" 2>"$T/$1.log" &
    keep $!
    # held open from here on: its end ends js
    sleep 1000 >"$T/$1.in" &
    keep $!
    until_ok 30 grep -q ready "$T/$1.out" || { not_ok "$1 starts" "$(tail -n 1 "$T/$1.log")"; exit 1; }
}

js_id() { grep ready "$T/$1.out" | json 's["peer"]'; }

# js NAME COMMAND...: its answer, a line of JSON.
js()
{
    js_name=$1
    shift
    js_before=$(wc -l <"$T/$js_name.out")
    echo "$*" >"$T/$js_name.in"
    until_ok 20 sh -c "[ \$(wc -l <'$T/$js_name.out') -gt $js_before ]"
    tail -n 1 "$T/$js_name.out"
}

met() { [ "$(gw "$1" dht --json status | json 's["contacts"]')" -ge "$2" ]; }
js_met() { [ "$(js "$1" peers | json 's["count"]')" -ge "$2" ]; }

# key_of OWNER NAME: where that record stands, as `gw dht` takes it.
key_of()
{
    python3 - "$1" "$2" <<'END'
import hashlib, sys
n = 0
for c in sys.argv[1]:
    n = n * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(c)
peer = n.to_bytes((n.bit_length() + 7) // 8, "big")
peer = b"\0" * (38 - len(peer)) + peer # an Ed25519 id
print("0x" + (b"/gw/" + hashlib.sha256(peer + sys.argv[2].encode()).digest()).hex())
END
}
# content TEXT: the multihash of it, as `gw dht` takes it.
content() { printf '0x1220%s' "$(printf %s "$1" | sha256sum | cut -d' ' -f1)"; }

# --- js as a client of three gw
gw_node one 1 server ""
first=$(at 1)/p2p/$(gw_id one)
gw_node two 2 server "$first"
gw_node three 3 server "$first"
for n in one two three; do
    check "$n meets the other two" until_ok 10 met $n 2
done
js_node asks 4 client "$first"
check "js takes gw into its table" until_ok 10 js_met asks 1
has "js finds a gw by its id" '/ip4/10\.77\.0\.3/udp/4001' "$(js asks find "$(gw_id three)")"
check "and has met them all" until_ok 10 js_met asks 3

id=$(js_id asks)
has "js puts a record that it has signed" '"took":[1-9]' "$(js asks put laptop 5 /ip4/192.0.2.7/udp/7/quic-v1)"
got=$(gw two dht get "$(key_of "$id" laptop)")
has "gw gets it" 'laptop' "$got"
has "with its owner" "$id" "$got"
has "and its address" '/ip4/192\.0\.2\.7/udp/7' "$got"
has "a later one" '"took":[1-9]' "$(js asks put laptop 6 /ip4/192.0.2.8/udp/8/quic-v1)"
has "takes its place" '/ip4/192\.0\.2\.8/udp/8' "$(gw three dht get "$(key_of "$id" laptop)")"
js asks put laptop 4 /ip4/192.0.2.9/udp/9/quic-v1 >/dev/null
has "an earlier one does not" '/ip4/192\.0\.2\.8/udp/8' "$(gw one dht get "$(key_of "$id" laptop)")"

published() { js asks get "$(gw_id two)" | grep -q '/ip4/10.77.0.2/udp/4001'; }
check "js gets what gw has signed and published" until_ok 20 published
has "what nobody has is not found" error "$(js asks get "$(gw_id two)" nothing)"

check "gw provides" gw two dht provide "$(content bread)"
has "js finds who provides" "$(gw_id two)" "$(js asks providers bread)"
js asks provide wine >/dev/null
has "js provides, gw finds it" "$id" "$(gw three dht providers "$(content wine)")"
has "gw finds a js that is a client" '/ip4/10\.77\.0\.4/udp/4001' "$(gw three dht find "$id")"
refuses "and has it in no table" sh -c "'$GW' -d '$T/three' dht --json status | grep -q $id"

# --- gw as a client of a js server, which knows no gw
js_node serves 5 server ""
js_node friend 6 server "$(at 5)/p2p/$(js_id serves)"
gw_node client 7 client "$(at 5)/p2p/$(js_id serves)"
check "gw takes js into its table" until_ok 20 met client 1
has "gw finds a js through a js" '/ip4/10\.77\.0\.6/udp/4001' "$(gw client dht find "$(js_id friend)")"
published() { js friend get "$(gw_id client)" | grep -q '/ip4/10.77.0.7/udp/4001'; }
check "gw puts its record, js gets it from a js" until_ok 20 published
js friend put phone 1 /ip4/192.0.2.3/udp/3/quic-v1 >/dev/null
has "js puts one, gw gets it from a js" '/ip4/192\.0\.2\.3/udp/3' \
    "$(gw client dht get "$(key_of "$(js_id friend)" phone)")"
check "gw provides to js" gw client dht provide "$(content salt)"
has "js finds gw there" "$(gw_id client)" "$(js friend providers salt)"
js friend provide pepper >/dev/null
has "gw finds js there" "$(js_id friend)" "$(gw client dht providers "$(content pepper)")"
