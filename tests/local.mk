# What is not built: run.sh and the scripts that it starts, so that a release can be tested as the tree can.
EXTRA_DIST += examples/quickstart.sh tests/run.sh tests/install-deps.sh tests/net tests/lab tests/reach tests/interop \
	tests/vectors \
	tests/bench/cases.py tests/bench/gwbench.py tests/bench/lab.py tests/bench/loadconn.c tests/bench/loadconn.h \
	tests/bench/loadserve.c tests/bench/loadserve.h tests/bench/report.py tests/bench/run.sh \
	tests/bench/sockload.c tests/bench/systems.py tests/bench/wanlink.c
