# What is not built: run.sh and the scripts that it starts, so that a release can be tested as the tree can.
EXTRA_DIST += examples/quickstart.sh tests/run.sh tests/install-deps.sh tests/net tests/lab tests/reach tests/vectors \
	tests/interop/js_libp2p.sh tests/interop/js/common.mjs tests/interop/js/dial.mjs tests/interop/js/node.mjs \
	tests/interop/js/package.json \
	tests/bench/cases.py tests/bench/gwbench.py tests/bench/lab.py tests/bench/loadconn.c tests/bench/loadconn.h \
	tests/bench/loadserve.c tests/bench/loadserve.h tests/bench/report.py tests/bench/run.sh \
	tests/bench/sockload.c tests/bench/systems.py tests/bench/wanlink.c
