#!/bin/sh
# matrix.sh [RUNS] - every kind of network to every other, ten times: as it is, with ports shifted,
# with 20 ms on each link, and with 1 % loss as well.  Takes about half an hour; needs root.
#
#   GW=path/to/gw sh tests/lab/matrix.sh
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/lib.sh"

NAT_DIR=$(CDPATH='' cd "$(dirname "$0")/../nat" && pwd)
export GW T PYTHONPATH="$PYTHONPATH:$NAT_DIR"
for options in "" "ports=shift" "ports=shift delay=20ms" "ports=shift delay=20ms loss=1%"; do
    echo "--- ${options:-as it is}"
    mkdir -m 700 "$T/matrix"
    # shellcheck disable=SC2086
    T=$T/matrix python3 "$NAT_DIR/pairs.py" -n "${1:-10}" $options || FAILED=yes
    rm -rf "$T/matrix"
done
