# lib.sh - js-libp2p for the scripts of tests/interop, which source it behind tests/net/lib.sh.
#
# Its packages live outside the source tree: in $GW_JS, or build-test/js.  $js is that directory;
# the node that is found first is the one installed there.

js_sources=$(CDPATH='' cd "$(dirname "$0")" && pwd)/js
js=${GW_JS:-$js_sources/../../../build-test/js}
. "$js_sources/../npm.sh"
npm_ready js-libp2p "$js_sources" "$js"
PATH=$js/node_modules/.bin:$PATH
