#!/bin/sh
# network_cmds.sh - gw network, gw name and gw dht against a relay that is a DHT server, too: what they
# write to gw.conf, what they say, and their exit status.
# timeout: 90
. "$(dirname "$0")/lib.sh"

mkdir -p -m 700 "$T/hub" "$T/lap" "$T/me"
cat >"$T/hub/gw.conf" <<END
[node]
mdns = no
[relay]
enabled = yes
network = grewal
[dht]
mode = server
END
gw_trusts hub lap
gw_trusts hub me
gw_start hub -D none -l $LOOPBACK
hub=$(gw_addr hub)
case $hub in */p2p/*) ;; *) hub=$hub/p2p/$(gw_id hub) ;; esac

# status COMMAND...: its exit status; what it says is in $T/out.
status()
{
    gw "$@" >"$T/out" 2>&1
    echo $?
}
said() { cat "$T/out"; }
members() { gw hub name list grewal | sed -n 's/\.grewal .*//p' | tr '\n' ' '; }
has_members() { [ "$(members)" = "$1" ]; }

# --- without a daemon
printf '# mine\n[node]\nmdns = no ; not here\nmax-peers = 9\n' >"$T/lap/gw.conf"
chmod 640 "$T/lap/gw.conf"
cp "$T/lap/gw.conf" "$T/before"
same "join without a daemon" 0 "$(status lap network join grewal "$hub" --host lap)"
has "says so" 'gw.conf: changed; no daemon runs' "$(said)"
same "the rest of the file is as it was" "$(cat "$T/before")" "$(head -n 4 "$T/lap/gw.conf")"
same "behind it stands the network" "[network grewal] relay = $hub host = lap " \
    "$(tail -n 3 "$T/lap/gw.conf" | tr '\n' ' ')"
same "the mode is as it was" 640 "$(stat -c %a "$T/lap/gw.conf")"
cp "$T/lap/gw.conf" "$T/joined"
same "a relay without an id is refused" 1 "$(status lap network join grewal "${hub%/p2p/*}")"
has "with the line that would be wrong" 'gw: .*/gw.conf:8: relay = .* is neither a name nor' "$(said)"
same "what is no name, too" 1 "$(status lap network join grewal 'home[')"
same "a network that cannot be" 1 "$(status lap network join gre_wal "$hub")"
same "to leave where one is not" 1 "$(status lap network leave alice)"
check "none of these has changed the file" cmp "$T/joined" "$T/lap/gw.conf"
same "to join once more changes nothing" 0 "$(status lap network join grewal "$hub" --host lap)"
check "indeed" cmp "$T/joined" "$T/lap/gw.conf"
same "wrong usage is 2" "2 2 2 2" "$(status lap network join grewal) $(status lap network) \
$(status lap name claim) $(status lap dht put x)"

# --- with one
gw_start lap -D none -l $LOOPBACK
printf '[node]\nmdns = no\n[dns]\nlookup = no\n' >"$T/me/gw.conf"
gw_start me -D none -l $LOOPBACK
has "a name of a network that we are not in" 'not in the network grewal' \
    "$(gw me name claim me.grewal 2>&1)"
same "join with a daemon" "0 joined" "$(status me network join grewal "$hub") $(said)"
check "the other one has claimed its name by itself" until_ok 5 has_members "lap "
same "a name that somebody has is refused" 1 "$(status me name claim lap.grewal)"
has "the relay says why" "^$(gw_id hub) +somebody else has this name$" "$(said)"
same "and gw.conf is as before" 0 "$(grep -c host "$T/me/gw.conf")"
same "a free one is given" 0 "$(status me name claim me.grewal)"
has "as the relay says" "^$(gw_id hub) +it is ours$" "$(said)"
has "gw.conf has it" '^host = me$' "$(cat "$T/me/gw.conf")"
has "network list tells it" "^grewal +me +none +$(gw_id hub) +connected +ours, said [0-9]+s ago$" \
    "$(gw me network list)"
same "as JSON" True "$(gw me network list --json |
    json 's["networks"][0]["relays"][0]["claimed_s"] > 0')"
same "name list tells both" "lap.grewal $(gw_id lap) me.grewal $(gw_id me) " \
    "$(gw lap name list | sed 1d | tr -s ' \n' '  ')"
has "resolve -v: the relay has told it" '^network +yes +found: relay [^ ]+ +[0-9.]+ [mu]s +for 5m$' \
    "$(gw me resolve -v lap.grewal)"
has "the relay: whose names it keeps" 'a relay of grewal, which has 2 names' "$(gw hub network list)"

same "join with a name that is taken: status 1" 1 "$(status me network join grewal "$hub" --host lap)"
has "the relay says why there, too" "^$(gw_id hub) +somebody else has this name$" "$(said)"
same "and the name of before is kept" "me" "$(sed -n 's/^host = //p' "$T/me/gw.conf")"
printf '[node]\nmdns = no\n[relay]\nenabled = yes\n' >"$T/lap/other.conf"
gw_start plain -f "$T/lap/other.conf" -D none -l $LOOPBACK
plain=$(gw_addr plain)
case $plain in */p2p/*) ;; *) plain=$plain/p2p/$(gw_id plain) ;; esac
same "join by a relay that keeps no names: status 1" 1 "$(status me network join bob "$plain")"
has "it is named, with what it lacks" "^relay $(gw_id plain): .* it keeps no names; network in" "$(said)"
same "leave" "0 left" "$(status me network leave bob) $(said)"

# --- given back
same "somebody else's name is not ours to release" 1 "$(status me name release lap.grewal)"
same "our own is" 0 "$(status me name release me.grewal)"
same "it is gone from gw.conf" 0 "$(grep -c host "$T/me/gw.conf")"
same "and from the relay" "lap " "$(members)"
same "the relay's admin takes any" "0 released" "$(status hub name release lap.grewal) $(said)"
same "nobody is left" "" "$(members)"
same "and there is nothing more to take" 1 "$(status hub name release lap.grewal)"
same "leave" "0 left" "$(status lap network leave grewal) $(said)"
check "what is left is what was there before" cmp "$T/before" "$T/lap/gw.conf"
same "the daemon is in no network any more" "[]" "$(gw lap network list --json | json 's["networks"]')"

echo 'hub nobody' >"$T/lap/names"
same "with another file that is wrong nothing is begun" 1 "$(status lap network join grewal "$hub")"
check "neither in gw.conf" cmp "$T/before" "$T/lap/gw.conf"
rm "$T/lap/names"

# --- the DHT
printf '[dht]\nbootstrap = %s\n' "$hub" >>"$T/me/gw.conf"
gw me reload >"$T/out"
knows_hub() { [ "$(gw me dht status --json | json 's["contacts"]')" = 1 ]; }
check "dht status: the relay is known" until_ok 10 knows_hub
has "what the relay is" '^mode +server$' "$(gw hub dht status)"
same "dht provide" 0 "$(status me dht provide film)"
has "the relay took it" "^peer +$(gw_id hub)$" "$(said)"
same "dht providers" 0 "$(status hub dht providers 0x66696c6d)"
has "who has it" "^peer +$(gw_id me)$" "$(said)"
same "of what nobody has" 1 "$(status hub dht providers other)"
same "dht find" 0 "$(status hub dht find "$(gw_id me)")"
same "dht get of what nobody has put" 1 "$(status me dht get 0x2f67772f)"
has "and how far it was looked for" '[0-9]+ of [0-9]+ peers answered' "$(said)"
same "dht put of what is no record is refused" 1 "$(status me dht put hello aGVsbG8=)"
echo "$hub" >"$T/list"
same "dht sign-list" 0 "$(status me dht sign-list "$T/list")"
has "signs it" '^signature [A-Za-z0-9+/]+=*$' "$(tail -n 1 "$T/list")"
same "but once" 1 "$(status me dht sign-list "$T/list")"
