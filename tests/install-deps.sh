#!/bin/sh
# install-deps.sh - the Debian packages that gw needs (12 and 13; as root or with sudo).
#
#   sh tests/install-deps.sh build    to build it and to run examples/quickstart.sh
#   sh tests/install-deps.sh test     and to run tests/run.sh
#
# Says what it installs before it does, and does nothing when all is there.  Installing starts no
# service.  Debian 12 has too old an ngtcp2: it comes from bookworm-backports, which is added beside
# the configured main archive, from the same mirror, when no source names it yet.
set -eu

build="gcc make libc6-dev autoconf automake pkg-config libev-dev libsodium-dev libinih-dev
 libjansson-dev libc-ares-dev libminiupnpc-dev uthash-dev libsecp256k1-dev libgnutls28-dev nettle-dev
 libprotobuf-c-dev protobuf-c-compiler ca-certificates curl python3"
quic="libngtcp2-dev libngtcp2-crypto-gnutls-dev"
quic_min=1.11
test="clang clang-format libcmocka-dev openssh-client openssh-server git zsh fish
 redis-server redis-tools postgresql iproute2 nftables mandoc procps miniupnpd-nftables
 netcat-openbsd ncat socat connect-proxy proxychains4 torsocks tor python3-socks bind9-dnsutils
 dante-client dnsmasq-base strace firefox-esr chromium default-jdk-headless"
backports=bookworm-backports

installed() # PACKAGE
{
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

quic_is_there()
{
    for p in $quic; do
        installed "$p" || return 1
        dpkg --compare-versions "$(dpkg-query -W -f='${Version}' "$p")" ge $quic_min || return 1
    done
}

as_root()
{
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "install-deps.sh: not root, and there is no sudo" >&2
        exit 1
    fi
}

# Prints a source for bookworm-backports: the configured entry of bookworm main, with its mirror and
# all its options, under the other suite.  Nothing when there is none of that form.
one_line_source()
{
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk -v new="$backports" '
        $1 == "deb" && match($0, /[ \t]bookworm[ \t]+(.*[ \t])?main([ \t]|$)/) {
            sub(/[ \t]bookworm[ \t].*/, " " new " main")
            print
            exit
        }'
}

deb822_source()
{
    for f in /etc/apt/sources.list.d/*.sources; do
        [ -f "$f" ] && cat "$f" && echo
    done | awk -v new="$backports" '
        function words(s) { sub(/^[^:]*:/, "", s); return " " s " " }
        function flush() { if (deb && suite && main && !off && !done) { printf "%s", text; done = 1 }
                           text = ""; deb = suite = main = off = skip = 0 }
        /^[ \t]*$/ { flush(); next }
        /^#/ { next }
        /^[^ \t]/ { field = tolower($1) }
        field == "types:" && words($0) ~ / deb / { deb = 1 }
        field == "suites:" && words($0) ~ /[ \t]bookworm[ \t]/ { suite = 1 }
        field == "components:" && words($0) ~ /[ \t]main[ \t]/ { main = 1 }
        field == "enabled:" && words($0) ~ / no / { off = 1 }
        field == "types:" { if (/^[^ \t]/) text = text "Types: deb\n"; next }
        field == "suites:" { if (/^[^ \t]/) text = text "Suites: " new "\n"; next }
        field == "components:" { if (/^[^ \t]/) text = text "Components: main\n"; next }
        { text = text $0 "\n" }
        END { flush() }'
}

add_backports()
{
    apt-get indextargets --format '$(RELEASE) $(COMPONENT)' | grep -qx "$backports main" && return 0
    name=/etc/apt/sources.list.d/gw-$backports
    text=$(deb822_source)
    file=$name.sources
    if [ -z "$text" ]; then
        text=$(one_line_source)
        file=$name.list
    fi
    [ -n "$text" ] || {
        echo "install-deps.sh: no apt source of bookworm main to copy: add $backports by hand" >&2
        exit 1
    }
    echo "adding $file:"
    echo "$text" | sed 's/^/    /'
    echo "$text" | as_root tee "$file" >/dev/null
}

case ${1-} in
build) want="$build" ;;
test) want="$build $test" ;;
*) echo "usage: sh tests/install-deps.sh build|test" >&2; exit 2 ;;
esac

missing=
for p in $want; do
    installed "$p" || missing="$missing $p"
done
# Node may come from elsewhere than Debian, and then brings its own npm.
if [ "$1" = test ]; then
    command -v node >/dev/null || missing="$missing nodejs"
    command -v npm >/dev/null || missing="$missing npm"
fi
quic_is_there || missing="$missing $quic"
[ -n "$missing" ] || exit 0

echo "installing:$missing"
. /etc/os-release
if [ "${VERSION_CODENAME-}" = bookworm ] && ! quic_is_there; then
    add_backports
    missing=$(echo "$missing " | sed "s|\(libngtcp2[^ ]*\) |\1/$backports |g")
fi
as_root apt-get update -q

# Packages ask policy-rc.d whether a service may start: not because of us.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    trap 'as_root rm -f $policy' EXIT
    trap 'exit 1' HUP INT TERM
fi
# shellcheck disable=SC2086
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
