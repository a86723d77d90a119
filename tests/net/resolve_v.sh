#!/bin/sh
# resolve_v.sh - what gw resolve -v tells: who was asked and said what, what lay in the cache, also after
# a restart; and that the cache is forgotten where it is wrong.
# timeout: 60
. "$(dirname "$0")/lib.sh"

mkdir -p -m 700 "$T/home" "$T/me"
target web "from a service"
gw_trusts home me
gw_start home -D none -l $LOOPBACK -S web:80=127.0.0.1:"$PORT"
home=$(gw_id home)
addr=$(gw_addr home)
gw_knows me home

# A program that knows two names; where `gone` is it has moved since to where $T/gone says.
cat >"$T/names.sh" <<END
#!/bin/sh
read -r name
echo "\$name" >>"$T/asked"
case \$name in
laptop.grewal) echo "$home ${addr%/p2p/*}" ;;
gone.grewal) echo "$(gw_id other) \$(cat "$T/gone")" ;;
esac
END
chmod 755 "$T/names.sh"
printf '[node]\nmdns = no\nname-ttl = 90s\nresolver = exec:%s\n[dns]\nlookup = no\n[dht]\nmode = off\n' \
    "$T/names.sh" >"$T/me/gw.conf"
me_start() { gw_start me -D 127.0.0.1:0 -l $LOOPBACK; }
me_start

said() { gw me resolve -v "$1" 2>&1; }
# row TIER NAME: the row of that tier, single blanks between.
row() { said "$2" | sed -n "/^$1 /s/  */ /gp"; }
asked() { grep -c "^$1\$" "$T/asked"; }

# --- the names file, which is never cached
out=$(said home)
has "a name of the names file: who was asked" '^names file +yes +found +[0-9.]+ [mu]s +no$' "$out"
has "who was not" '^exec +no +- +- +-$' "$out"
has "which peer it is" "^peer +$home$" "$out"
has "and how long it took" '^found in [0-9.]+ [mu]s$' "$out"
same "the exit status is 0" 0 "$(said home >"$T/out"; echo $?)"

# --- a name that nobody has
out=$(said nobody.grewal)
has "a name that nobody has: every tier says why" '^names file +yes +no line ' "$out"
has "the last one, too" '^exec +yes +names.sh: it knows none ' "$out"
has "and the end" '^not found: nobody who was asked knows the name$' "$out"
refuses "the exit status is not 0" said nobody.grewal
same "JSON: found is false" False "$(gw me resolve -v --json nobody.grewal | json 's["found"]')"

# --- the cache
has "a program's answer is kept for the name-ttl" 'exec yes found: names.sh [0-9.]+ [mu]s for 1m' \
    "$(row exec laptop.grewal)"
has "the next one comes from memory" 'exec no found: names.sh [0-9.]+ us in memory, 1m left' \
    "$(row exec laptop.grewal)"
same "the program has been asked once" 1 "$(asked laptop.grewal)"
same "JSON: where it lay" memory "$(gw me resolve -v --json laptop.grewal | json 's["cached"]')"
same "in less than 100 us" True \
    "$(gw me resolve -v --json laptop.grewal | json 's["took_us"] < 100')"
gw_stop me
has "it is in state/names-cache" "^laptop.grewal $home [0-9]+ 90000 - /ip4/.* by exec$" \
    "$(cat "$T/me/state/names-cache")"
same "a file that is ours alone" 600 "$(stat -c %a "$T/me/state/names-cache")"
sed -i 's/^laptop.grewal/bad line\n&/' "$T/me/state/names-cache"
me_start
has "after a restart it comes from disk" 'exec no found [0-9.]+ us on disk, 1m left' \
    "$(row exec laptop.grewal)"
same "and the program has not been asked again" 1 "$(asked laptop.grewal)"
has "a line that is bad is said once" 'names cache .*: bad lines left out: 1$' "$(cat "$T/me.log")"
PROXY=$(gw_proxy me)
same "the service behind it is reached" "from a service" "$(socks http://laptop.grewal/)"
gw me reload >"$T/out"
has "a reload forgets all" 'exec yes found' "$(row exec laptop.grewal)"

# --- a peer that has moved
echo /ip4/127.0.0.1/udp/1/quic-v1 >"$T/gone"
printf '[node]\nmdns = no\n' >"$T/other/gw.conf"
gw_trusts other me
gw_start other -D none -l $LOOPBACK -S web:80=127.0.0.1:"$PORT"
printf '[node]\ndial-timeout = 1s\n' >>"$T/me/gw.conf"
gw me reload >"$T/out"
has "a peer is said to be where it is not" 'exec yes found' "$(row exec gone.grewal)"
refuses "it is not reached" socks -f http://gone.grewal/
other=$(gw_addr other)
echo "${other%/p2p/*}" >"$T/gone"
same "the next try asks anew, and finds it" "from a service" "$(socks http://gone.grewal/)"
