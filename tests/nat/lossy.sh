#!/bin/sh
# lossy.sh - gw doctor tells how many packets get lost, on links that lose none, some and many.
# needs: root
# timeout: 150
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

lab_up <<END
host relay
host open delay=10ms loss=1%
lan a nat=port hosts=me
lan b nat=sym  hosts=home
END
mkdir -p -m 700 "$T/open" "$T/me" "$T/home" "$T/relay"
gw_trusts open me
gw_trusts home me
gw_trusts relay home
relay relay
node open -D none -l /ip4/0.0.0.0/udp/4001/quic-v1
home home "$(relay_at relay)"
reserved relay 1
known me home "$(relay_at relay)"
echo "open $(gw_id open) /ip4/$(lab_addr open)/udp/4001/quic-v1" >>"$T/me/names"
node me -D none

# ask NAME: the doctor, into $T/doctor.
ask()
{
    gw me doctor --json "$1" >"$T/doctor" 2>&1
}
# told EXPRESSION: of what it said, s.
told()
{
    python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' \
        "$T/doctor" "$1"
}
# measured PERCENT FROM TO: links that lose PERCENT; what is told of both ways lies FROM to TO.  A
# machine that is busy loses some of its own: one reading of four shows the link.
measured()
{
    natlab set open "loss=$1%" >/dev/null
    for try in 1 2 3 4; do
        ask open
        both=$(told '"{out_percent} {in_percent}".format(**s["loss"])')
        same_range "$2" "$3" "$both" >/dev/null && break
    done
    check "$1 % are lost: $2 to $3 % are told" same_range "$2" "$3" "$both"
}
same_range()
{
    echo "$3" | awk -v from="$1" -v to="$2" \
        '{ print; exit !(NF == 2 && $1 >= from && $1 <= to && $2 >= from && $2 <= to) }'
}

measured 0 0 0
same "0 %: nothing to cure" "[]" "$(told '[w["cause"] for w in s["why"]]')"
# Of 500 packets: three standard deviations to each side.
measured 1 0 2.4
measured 5 2 8
same "5 %: that is told" "['lossy']" "$(told '[w["cause"] for w in s["why"]]')"
ask home
same "through a relay: not measured" "None only a direct path over QUIC shows it" \
    "$(told 's["loss"], s["loss_error"]' | tr -d "(),'")"
