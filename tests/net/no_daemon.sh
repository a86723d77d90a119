#!/bin/sh
# no_daemon.sh - commands on a directory whose daemon does not run: what they change is there when it
# starts, and what they cannot do they say in one line.
. "$(dirname "$0")/lib.sh"

mkdir -m 700 "$T/home" "$T/me"
id=$(gw_id me)
printf '[service web]\ntarget = 127.0.0.1:8080\n[service db]\ntarget = 127.0.0.1:5432\n' >"$T/home/gw.conf"
echo "laptop $id" >"$T/home/names"

# status COMMAND...: its exit status; what it says is in $T/out.
status()
{
    gw home "$@" >"$T/out" 2>&1
    echo $?
}
keys() { cat "$T/home/authorized_keys"; }

same "allow" 0 "$(status allow laptop web)"
same "says whom, what that comes to, and that no daemon runs" "allowed $id
it may use web
$T/home/authorized_keys: changed; no daemon runs" "$(cat "$T/out")"
same "the file names the peer" "$id services=web # laptop" "$(keys)"
same "allow of a service to come" 0 "$(status allow "$id" later)"
has "is said, too" ": later \(no such service here yet\)" "$(cat "$T/out")"
same "services add up" "$id services=web,later # laptop" "$(keys)"
cp "$T/home/authorized_keys" "$T/before"
for wrong in "allow nobody" "allow web.laptop" "allow laptop WEB" "deny nobody" "deny $(gw_id home)"; do
    same "$wrong: status 1" 1 "$(status $wrong)"
    same "and one line" 1 "$(wc -l <"$T/out")"
done
check "none of these has changed the file" cmp "$T/before" "$T/home/authorized_keys"
echo nonsense >>"$T/home/authorized_keys"
same "a file with a bad line is left alone" 1 "$(status allow laptop db)"
has "and the line named" 'authorized_keys:2: ' "$(cat "$T/out")"
cp "$T/before" "$T/home/authorized_keys"

echo "far $id /ip4/192.0.2.1/udp/4001" >>"$T/home/names"
same "config --check: an address that nobody can dial" 1 "$(status config --check)"
has "is named by its line" 'names:2: an address that cannot be dialled' "$(cat "$T/out")"
sed -i '/^far/d' "$T/home/names"
check "config --check of the rest" gw home config --check
printf '[network bob]\nhost = home\n[node]\nresolver = exec:/no/such\n' >>"$T/home/gw.conf"
same "config --check: what cannot come to anything: status 1" 1 "$(status config --check)"
same "and a line each" "gw: [node] resolver = exec:/no/such: not found
gw: [network bob] has no relay: nobody could tell its names" "$(cat "$T/out")"

gw_start home -D none -l $LOOPBACK
gw_knows me home
gw_start me -D none -l $LOOPBACK
gw me services home >"$T/services"
has "the daemon goes by it" "^web +8080" "$(cat "$T/services")"
refuses "and by no more" grep -q '^db' "$T/services"
gw_stop home
same "deny" "0 denied $id" "$(status deny laptop) $(head -n 1 "$T/out")"
same "nobody is left in the file" "" "$(keys)"
same "deny once more: status 1" 1 "$(status deny laptop)"
