#!/bin/sh
# shifted.sh - every kind of network to every other: ports shifted, 20 ms and 1 % loss on each link.
# needs: root
# timeout: 200
. "$(dirname "$0")/../net/lib.sh"
. "$(dirname "$0")/../lab/lib.sh"
. "$(dirname "$0")/lib.sh"

export GW T
python3 "$NAT_DIR/pairs.py" ports=shift delay=20ms loss=1% || FAILED=yes
