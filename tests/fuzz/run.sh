#!/bin/sh
# run.sh - build the fuzz targets for libFuzzer and run each on its corpus.
#   usage: tests/fuzz/run.sh [STEM...]       default: every tests/fuzz/fuzz_<stem>.c
#   environment: FUZZ_SECONDS for each target (default 30), CC (default clang)
# Everything it makes lies in build-fuzz: a copy of the sources (the tree itself may be configured for
# an ordinary build), new inputs in finds/<stem>, crashes in crashes/.  Prints one line per target and
# fails on a crash.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$root/build-fuzz
seconds=${FUZZ_SECONDS:-30}
mkdir -p "$work/tree" "$work/crashes"

tar -C "$root" -cf - --exclude=./build-fuzz --exclude=./.git --exclude='*.[oa]' --exclude=.deps \
    --exclude=./Makefile --exclude=./config.h --exclude=./config.status --exclude=./stamp-h1 . |
    tar -C "$work/tree" -xf -
cd "$work/tree"
{
    [ -x configure ] || autoreconf -fi
    [ -f config.status ] || ./configure CC="${CC:-clang}" --enable-fuzz
} >"$work/configure.out" 2>&1 || { tail -n 5 "$work/configure.out"; exit 1; }

[ $# -gt 0 ] || set -- $(cd tests/fuzz && ls fuzz_*.c | sed 's/^fuzz_//; s/\.c$//')
rc=0
for stem; do
    log=$work/$stem.log
    if ! make "tests/fuzz/fuzz_$stem" >"$log" 2>&1; then
        echo "$stem: does not build, see $log"
        rc=1
        continue
    fi
    mkdir -p "$work/finds/$stem"
    # Ended from outside: some targets turn the clock by hand, and libFuzzer's own goes with it.
    ended=0
    timeout --preserve-status -s INT "$seconds" "tests/fuzz/fuzz_$stem" -timeout=1000000 \
        -report_slow_units=1000000 -artifact_prefix="$work/crashes/$stem-" "$work/finds/$stem" \
        "tests/fuzz/corpus/$stem" >"$log" 2>&1 || ended=$?
    if [ $ended = 0 ] || [ $ended = 72 ]; then # 72: interrupted
        seen=$(sed -n 's/^#\([0-9]*\).*cov: \([0-9]*\).*/\1 runs, \2 edges/p' "$log" | tail -n 1)
        echo "$stem: $seen, no crash"
    else
        echo "$stem: CRASH, see $log"
        rc=1
    fi
done
exit $rc
