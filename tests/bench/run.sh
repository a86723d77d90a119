#!/bin/sh
# run.sh - builds the load generator, measures gw beside the others, prints tables and writes JSON.
#
#   sh tests/bench/run.sh [--profiles lan,nooff,wan] [--systems gw,ssh-D-gcm,...] [--cases ...]
#                         [--rounds N] [--secs S]
#
# Needs root (network namespaces).  The gw is $GW, default ./gw of this tree.  Everything on two
# cores takes about half an hour with three rounds; for a first look:
#   sh tests/bench/run.sh --rounds 1 --secs 3 --profiles lan --systems gw,ssh-D-gcm --cases down,up
set -eu

here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
results=$here/results
stamp=$(date +%Y%m%d-%H%M%S)
cc="${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra"

[ "$(id -u)" = 0 ] || { echo "run.sh: network namespaces need root" >&2; exit 1; }
mkdir -p "$results"
cd "$here"
$cc -o sockload sockload.c loadconn.c loadserve.c
$cc -o wanlink wanlink.c

python3 gwbench.py --out "$results/$stamp.jsonl" "$@"
python3 report.py "$results/$stamp.jsonl" --json "$results/$stamp.json"
echo
echo "every line: $results/$stamp.jsonl   medians: $results/$stamp.json"
