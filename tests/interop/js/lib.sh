# lib.sh - js-libp2p for the scripts of tests/interop, which source it behind tests/net/lib.sh.
#
# Its packages live outside the source tree: in $GW_JS, or build-test/js.  $js is that directory;
# the node that is found first is the one installed there.

js_sources=$(CDPATH='' cd "$(dirname "$0")" && pwd)/js
js=${GW_JS:-$js_sources/../../../build-test/js}
mkdir -p "$js"
cp "$js_sources"/*.mjs "$js_sources/package.json" "$js"
npm_install()
{
    (cd "$js" && npm install --no-audit --no-fund --no-package-lock --fetch-retries 1)
}
if ! cmp -s "$js/package.json" "$js/node_modules/.gw-installed"; then
    if ! npm_install >"$T/npm.log" 2>&1; then
        skip "js-libp2p" "npm install failed: $(grep -m 1 'code\|ERR' "$T/npm.log")"
        exit 0
    fi
    cp "$js/package.json" "$js/node_modules/.gw-installed"
fi
PATH=$js/node_modules/.bin:$PATH
