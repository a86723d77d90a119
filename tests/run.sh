#!/bin/sh
# run.sh - installs the test packages, builds, and runs every test.
#
#   sh tests/run.sh
#
# Builds in build-test/ from a copy of the sources: with gcc, with clang, and with AddressSanitizer
# and UndefinedBehaviorSanitizer.  Runs the unit tests, the checks of the sources, tests/net with the
# plain gw and some of it with the sanitized one, tests/nat in the lab of tests/lab, and
# tests/interop.  Logs are in build-test/logs, with what browsers showed in screens/.
# The last line is "N passed, N failed, N skipped"; the exit status is 0 when nothing failed.  With
# CI=true in the environment what is skipped counts as failed.
set -u

cd "$(dirname "$0")/.." || exit 1
top=$(pwd)
out=$top/build-test
logs=$out/logs
results=$logs/results
jobs=$(nproc)
flags="CFLAGS=-O2 -g" # as configure would choose, for all three
sanitized="absolute basic forwards admission badinput control activation datagrams told exits restart roam payload mdns resolvers dns_mode"

sh tests/install-deps.sh test || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
PATH=$PATH:/usr/sbin:/sbin
rm -rf "$logs"
mkdir -p "$logs"
: >"$results"

sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"

# result LINE: "ok NAME", "not ok NAME: why" or "skip NAME: why".
result()
{
    echo "$1"
    echo "$1" >>"$results"
}

# step NAME SECONDS COMMAND...: one result for a command; its log is shown when it fails.
step()
{
    step_name=$1
    step_log=$logs/$(echo "$1" | tr -c 'a-z0-9\n' -).log
    step_limit=$2
    shift 2
    if timeout -k 10 "$step_limit" "$@" >"$step_log" 2>&1; then
        result "ok $step_name"
    else
        step_status=$?
        tail -n 40 "$step_log"
        result "not ok $step_name: exit status $step_status, see $step_log"
        return 1
    fi
}

# What belongs to the tree and is no product of a build in it, whether or not this is a clone.
copy_sources()
{
    rm -rf "$out/src" "$out/index"
    mkdir -p "$out/src"
    GIT_DIR=$out/index git init -q
    GIT_DIR=$out/index GIT_WORK_TREE=$top git ls-files -oz --exclude-standard |
        xargs -0 cp -p --parents -t "$out/src"
    rm -rf "$out/index"
}

build() # NAME CONFIGURE-ARGUMENT...
{
    build_dir=$out/$1
    build_name=$1
    shift
    mkdir -p "$build_dir"
    step "build $build_name" 600 sh -ec 'cd "$1"; shift; jobs=$1; shift
        ../src/configure --quiet "$@"; make -s -j"$jobs"' build "$build_dir" "$jobs" "$@"
}

# The unit tests that automake knows of, one result for each.
unit() # BUILD
{
    unit_log=$logs/check-$1.log
    (cd "$out/$1" && timeout -k 10 600 make -s -j"$jobs" check) >"$unit_log" 2>&1
    unit_status=$?
    unit_seen=0
    for trs in $(cd "$out/$1" && find . -name '*.trs' | sort); do
        unit_name="$1 ${trs#./}"
        unit_name=${unit_name%.trs}
        unit_seen=$((unit_seen + 1))
        case $(sed -n 's/^:global-test-result: //p' "$out/$1/$trs") in
        PASS | XFAIL) result "ok $unit_name" ;;
        SKIP) result "skip $unit_name: as its log says" ;;
        *)
            tail -n 40 "$out/$1/${trs%.trs}.log"
            result "not ok $unit_name: see $out/$1/${trs%.trs}.log"
            ;;
        esac
    done
    if [ $unit_seen = 0 ]; then
        tail -n 40 "$unit_log"
        result "not ok $1 unit tests: none ran, see $unit_log"
    elif [ $unit_status != 0 ] && ! grep -q "^not ok $1 " "$results"; then
        result "not ok $1 make check: exit status $unit_status, see $unit_log"
    fi
}

# script FILE BUILD [ENVIRONMENT...]: a test that prints its own results.
script()
{
    script_name=$(basename "$1" .sh)
    script_file=$1
    script_build=$2
    script_log=$logs/$script_build-$script_name.log
    script_limit=$(sed -n 's/^# timeout: //p' "$1")
    script_sudo=
    grep -q '^# needs: root' "$1" && script_sudo=$sudo
    shift 2
    $script_sudo timeout -k 10 "${script_limit:-60}" env GW="$out/$script_build/gw" \
        GW_SCREENS="$logs/screens" "$@" sh "$script_file" >"$script_log" 2>&1
    script_status=$?
    sed -nE "s/^(ok|not ok|skip) /\1 $script_build /p" "$script_log" | tee -a "$results"
    if ! grep -Eq '^(ok|not ok|skip) ' "$script_log"; then
        result "not ok $script_build $script_name: no result, exit status $script_status"
    elif [ $script_status != 0 ] && ! grep -q '^not ok ' "$script_log"; then
        result "not ok $script_build $script_name: exit status $script_status (124: over its time)"
    fi
    if grep -q '^not ok ' "$script_log" || [ $script_status != 0 ]; then
        sed -n '/^---/,$p' "$script_log" | tail -n 80
    fi
}

summary()
{
    passed=$(grep -c '^ok ' "$results")
    failed=$(grep -c '^not ok ' "$results")
    skipped=$(grep -c '^skip ' "$results")
    if [ "$failed" != 0 ]; then
        echo
        echo "failed:"
        grep '^not ok ' "$results"
    fi
    if [ "${CI-}" = true ] && [ "$skipped" != 0 ]; then
        echo
        echo "skipped, which in CI is a failure:"
        grep '^skip ' "$results"
        failed=$((failed + skipped))
        skipped=0
    fi
    echo
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
}

copy_sources
step "autoreconf" 120 sh -c 'cd "$1" && autoreconf -fi' autoreconf "$out/src" || { summary; exit 1; }
build gcc --enable-werror CC=gcc "$flags"
build clang --enable-werror CC=clang "$flags"
build sanitize --enable-sanitize CC=gcc "CFLAGS=-O1 -g"
step "build bench" 60 sh -c 'cd tests/bench || exit 1
    cc="gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
    $cc -o "$0/sockload" sockload.c loadconn.c loadserve.c && $cc -o "$0/wanlink" wanlink.c &&
        make -s -C "$0/gcc" tests/bench/relayload' "$out"

unit gcc
unit sanitize
step "check-layers" 60 tests/check-layers
for page in doc/*.[158]; do
    step "mandoc $(basename "$page")" 60 mandoc -T lint -W warning "$page"
done
format=$(clang-format --version | sed 's/.*version \([0-9]*\).*/\1/')
if [ "$format" = 14 ]; then # other versions lay some lines out differently
    step "clang-format" 60 sh -c 'find src include tests -name "*.[ch]" ! -name "*.pb-c.*" |
        xargs clang-format --dry-run --Werror'
fi

# These mostly wait: the others run beside them.
slow="tests/nat/forget.sh tests/nat/sleep.sh tests/nat/hour.sh tests/nat/move.sh tests/nat/doctor.sh tests/nat/lossy.sh tests/lab/selftest.sh"
for test in $slow; do
    script "$test" gcc
done &
for test in tests/net/*.sh tests/nat/*.sh; do
    case " $slow tests/net/lib.sh tests/nat/lib.sh " in
    *" $test "*) ;;
    *) script "$test" gcc ;;
    esac
done
wait
for test in tests/interop/*.sh; do
    [ "$(basename "$test")" = npm.sh ] || script "$test" gcc GW_JS="$out/js"
done
for name in $sanitized; do
    script tests/net/"$name".sh sanitize GW_SANITIZED=yes
done
summary
