#!/bin/sh
# basic.sh - a page of another node, fetched by name through the SOCKS5 proxy.
. "$(dirname "$0")/lib.sh"

target web "hello from home"
web=$PORT
target echo
pair -S web:80=127.0.0.1:$web -S echo:7=127.0.0.1:$PORT -S dead:81=127.0.0.1:"$(free_port)"

same "a page by host name" "hello from home" "$(socks http://home/)"
same "a page by service name" "hello from home" "$(socks http://web.home/)"
same "a page by name under .p2p, upper case" "hello from home" "$(socks http://HOME.p2p/)"

# curl lowers host names, as browsers do: base36 survives that.
base36=$(python3 -c 'import sys
number = 0
for c in sys.argv[1]:
    number = number * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(c)
number += 0x0172 << 38 * 8  # CIDv1, libp2p-key, before the multihash
text = ""
while number:
    number, digit = divmod(number, 36)
    text = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + text
print("k" + text)' "$(gw_id home)")
same "a page by peer id in base36" "hello from home" "$(socks "http://$base36/")"
same "the second connection uses the same peer" 1 "$(gw_json me 'len(s["peers"])')"

replies <<END
0 home 7 a service that is there
0 $(gw_id home) 7 a peer id in base58
5 home 12345 a port that no service has
5 home 81 a service whose target refuses
4 nobody 80 a name that nobody knows
4 example.com 80 a name of the open internet
END

# The names file is noticed when it changes.
sed -i 's/^home /house /' "$T/me/names"
renamed() { [ "$(socks http://house/)" = "hello from home" ]; }
check "a changed names file is noticed" until_ok 5 renamed
