# npm.sh - packages of npm for the scripts of tests/interop, which source it behind tests/net/lib.sh.
#
# npm_ready WHAT SOURCES DIRECTORY: copies the scripts there and installs what package.json says,
# outside the source tree, unless it is installed already.  The test is skipped when that fails.
npm_install()
{
    (cd "$1" && npm install --no-audit --no-fund --no-package-lock --fetch-retries 1)
}

npm_ready()
{
    mkdir -p "$3"
    cp "$2"/* "$3"
    cmp -s "$3/package.json" "$3/node_modules/.gw-installed" && return
    if ! npm_install "$3" >"$T/npm.log" 2>&1; then
        skip "$1" "npm install failed: $(grep -m 1 'code\|ERR' "$T/npm.log")"
        exit 0
    fi
    cp "$3/package.json" "$3/node_modules/.gw-installed"
}
