#!/bin/sh
# pairs.sh - every kind of network to every other, each keeping its ports.
# needs: root
# timeout: 150
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

export GW T
python3 "$NAT_DIR/pairs.py" || FAILED=yes
