#!/bin/sh
# halfopen.sh - 5 000 clients that say nothing, or half of what they should, and come again
# when they are closed: who means it is served all the same, and gw does not grow.
# timeout: 120
. "$(dirname "$0")/lib.sh"

page="in spite of them"
target web "$page"
web=$PORT
target echo
pair -S web:80=127.0.0.1:"$web" -S echo:7=127.0.0.1:"$PORT"
gw_stop me

# against LIMIT: the flood, with this for [proxy] half-open.
against()
{
    printf '[proxy]\nhalf-open = %s\nhandshake-timeout = 4s\n' "$1" >"$T/me/gw.conf"
    gw_start me -D 127.0.0.1:0 -l $LOOPBACK
    python3 "$NET/halfopen.py" "$(gw_proxy me)" "$(gw_pid me)" "$1" "$page" || FAILED=yes
    gw_stop me
}
against 1024
against 8192
