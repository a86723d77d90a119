#!/bin/sh
# notify.sh - what the daemon tells systemd: ready, reloading, stopping (sd_notify(3), Type=notify).
. "$(dirname "$0")/lib.sh"

# listen_at NOTIFY_SOCKET FILE: what comes there is written to the file.
listen_at()
{
    python3 "$NET/notify.py" "$1" >"$2" 2>>"$T/notify.log" &
    keep $!
    until_ok 10 grep -q bound "$2" || { not_ok "notify.py" "did not start"; exit 1; }
}

# told FILE LINE COUNT: the line is there so often, and nothing else is behind it.
told()
{
    [ "$(grep -c "$2" "$1")" = "$3" ] && tail -n 1 "$1" | grep -q "$2"
}

listen_at "$T/notify" "$T/said"
export NOTIFY_SOCKET="$T/notify"
gw_start home -D 127.0.0.1:0 -l $LOOPBACK
check "the daemon says once that it is ready" until_ok 5 told "$T/said" '^READY=1$' 1
gw home status >/dev/null
gw home id >/dev/null
check "other commands say nothing" told "$T/said" '^READY=1$' 1
gw home reload >/dev/null
check "a reload ends with ready" until_ok 5 told "$T/said" '^READY=1$' 2
has "and began with the time" '^RELOADING=1 MONOTONIC_USEC=[0-9]+$' "$(cat "$T/said")"
gw_stop home
check "the daemon says that it stops" until_ok 5 told "$T/said" '^STOPPING=1$' 1

listen_at "@gw-notify-$$" "$T/abstract"
export NOTIFY_SOCKET="@gw-notify-$$"
gw_start home -D none -l $LOOPBACK
check "an abstract socket serves as well" until_ok 5 told "$T/abstract" '^READY=1$' 1
gw_stop home

# Nobody listens (any more), and a name that no socket address holds: that is no reason to fail.
export NOTIFY_SOCKET="$T/nobody"
gw_start home -D none -l $LOOPBACK
ok "it runs without anybody to tell"
gw_stop home
NOTIFY_SOCKET=/$(printf '%0200d' 0)
gw_start home -D none -l $LOOPBACK
ok "it runs with a path that is too long"
