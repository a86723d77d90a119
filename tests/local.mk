# What is not built: run.sh and the scripts that it starts, so that a release can be tested as the tree can.
EXTRA_DIST += examples/quickstart.sh tests/run.sh tests/install-deps.sh tests/net tests/lab tests/reach tests/interop \
	tests/vectors \
	tests/bench/cases.py tests/bench/gwbench.py tests/bench/lab.py tests/bench/loadconn.c tests/bench/loadconn.h \
	tests/bench/loadserve.c tests/bench/loadserve.h tests/bench/relay.sh tests/bench/relay_report.py \
	tests/bench/report.py tests/bench/run.sh \
	tests/bench/sockload.c tests/bench/systems.py tests/bench/wanlink.c

# Built on demand, for tests/bench/relay.sh.
EXTRA_PROGRAMS += tests/bench/relayload
CLEANFILES += tests/bench/relayload
tests_bench_relayload_SOURCES = tests/bench/relayload.c tests/bench/relayproc.c tests/bench/relayproc.h
tests_bench_relayload_LDADD = $(P2P_LIBS)
