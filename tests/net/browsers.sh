#!/bin/sh
# browsers.sh - headless Chromium and Firefox with the PAC file of the proxy port: a page with its
# resources, a WebSocket and a download by the name of a peer, done and reported by the page itself;
# what they show when there is no page; the status page.  Neither can resolve a name on its own.
# Pictures of all pages are kept in $GW_SCREENS.
# timeout: 120
. "$(dirname "$0")/lib.sh"

parts=$NET/browsers
screens=${GW_SCREENS:-$T/screens}
mkdir -p "$screens" "$T/results" "$T/firefox"
rm -f "$screens"/chromium-*.png "$screens"/firefox-*.png
python3 "$parts/serve.py" "$T/results" >"$T/serve.port" 2>"$T/serve.log" &
keep $!
until_ok 20 test -s "$T/serve.port"

mkdir -p -m 700 "$T/me"
printf '[node]\ndial-timeout = 2s\n' >"$T/me/gw.conf"
pair -S web:80=127.0.0.1:"$(cat "$T/serve.port")" -S dead:81=127.0.0.1:"$(free_port)"
mkdir -p -m 700 "$T/away"
gw_start away -D none -l $LOOPBACK
gw_knows me away
gw_stop away

# The pages: each as NAME=URL.
set -- refused=http://home:81/ unknown=http://nobody.p2p/ offline=http://away/ \
    "status=http://$PROXY/"
pac=http://$PROXY/proxy.pac
export HOME="$T"

chromium_visits() # NAME URL
{
    timeout -k 5 70 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --no-first-run --disable-background-networking --disable-component-update \
        --host-resolver-rules="MAP * ~NOTFOUND, EXCLUDE 127.0.0.1" --proxy-pac-url="$pac" \
        --user-data-dir="$T/chromium" --window-size=900,700 \
        --dump-dom --screenshot="$screens/chromium-$1.png" "$2" 2>>"$T/chromium.log"
}

chromium_visits_all()
{
    mkdir -p "$T/chromium"
    for page in "$@"; do
        chromium_visits "${page%%=*}" "${page#*=}" >"$T/chromium/${page%%=*}.txt"
    done
}

firefox_visits_all()
{
    cat >"$T/firefox/user.js" <<EOF
user_pref("network.proxy.type", 2);
user_pref("network.proxy.autoconfig_url", "$pac");
user_pref("network.dns.disabled", true);
user_pref("marionette.port", 0);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
EOF
    timeout -k 5 90 python3 "$parts/firefox.py" "$T/firefox" "$screens" "$@" 2>>"$T/firefox.log"
}

# reports WHO EXPRESSION: of the result of the page, which the Python expression calls s.
reports() { json "$2" 2>&1 <"$T/results/$1.json"; }

for who in chromium firefox; do
    "${who}_visits_all" "work=http://home/?$who" "$@"
    shows() { cat "$T/$who/$1.txt"; }
    same "$who loads a page by the name of a peer, with its twenty resources" 20 \
        "$(reports $who 's["parts"]')"
    same "$who has two messages echoed by a WebSocket and ends it in order" \
        "grüß dich 70000 True 1000 True" \
        "$(reports $who '" ".join(str(s["echo"][k]) for k in ("text", "octets", "same", "code", "clean"))')"
    same "$who downloads 50 MB as they were sent" "50000000 True" \
        "$(reports $who 'str(s["download"]["octets"]) + " " + str(s["download"] == s["sent"])')"
    has "$who is told refused" "connection refused: " "$(shows refused)"
    has "$who is told unknown" "nobody who was asked knows the name " "$(shows unknown)"
    has "$who is told offline" "peer is not reachable: " "$(shows offline)"
    has "$who shows the status page" "$(gw_id me)" "$(shows status)"
    check "$who has shown five pages, none empty and no two alike" python3 "$parts/pictures.py" \
        "$screens/$who-work.png" "$screens/$who-refused.png" "$screens/$who-unknown.png" \
        "$screens/$who-offline.png" "$screens/$who-status.png"
done
