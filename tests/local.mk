# What is not built: run.sh and the scripts that it starts, so that a release can be tested as the tree can.
EXTRA_DIST += examples/quickstart.sh tests/run.sh tests/install-deps.sh tests/net tests/lab tests/nat tests/interop \
	tests/vectors \
	tests/bench/cases.py tests/bench/gwbench.py tests/bench/lab.py tests/bench/loadconn.c tests/bench/loadconn.h \
	tests/bench/loadserve.c tests/bench/loadserve.h tests/bench/relay.sh tests/bench/relay_report.py \
	tests/bench/report.py tests/bench/resolve.py tests/bench/resolve.sh tests/bench/run.sh \
	tests/bench/sockload.c tests/bench/systems.py tests/bench/wanlink.c

# Built on demand, for tests/bench/relay.sh.
EXTRA_PROGRAMS += tests/bench/relayload
CLEANFILES += tests/bench/relayload
tests_bench_relayload_SOURCES = tests/bench/relayload.c tests/bench/relayproc.c tests/bench/relayproc.h
tests_bench_relayload_LDADD = $(P2P_LIBS)

# A simulated DHT (doc/DHT.md): the great run on demand, a small one as a test.
DHT_NET = tests/bench/dht_net.c tests/bench/dht_net.h tests/bench/dht_run.c tests/bench/dht_run.h \
	tests/bench/dht_walk.c tests/bench/dht_walk.h tests/bench/vtime.c tests/bench/vtime.h
EXTRA_PROGRAMS += tests/bench/dht_sim
CLEANFILES += tests/bench/dht_sim
tests_bench_dht_sim_SOURCES = tests/bench/dht_sim.c $(DHT_NET)
tests_bench_dht_sim_LDADD = $(P2P_LIBS)

# QUIC over a simulated link (doc/PERFORMANCE.md).
EXTRA_PROGRAMS += tests/bench/wan_sim
CLEANFILES += tests/bench/wan_sim
tests_bench_wan_sim_SOURCES = tests/bench/wan_sim.c tests/bench/simlink.c tests/bench/simlink.h \
	tests/bench/vtime.c tests/bench/vtime.h
tests_bench_wan_sim_LDADD = $(TRANSPORT_LIBS)

# What unit tests include.
EXTRA_DIST += \
	tests/unit/ctlrig.h tests/unit/dnsrig.h tests/unit/dnstalk.h tests/unit/failing_alloc.h \
	tests/unit/fake_dgrams.h tests/unit/fake_discovery.h tests/unit/fake_dns.h \
	tests/unit/fake_front.h tests/unit/fake_host.h tests/unit/fake_muxed.h tests/unit/fake_stream.h \
	tests/unit/fdpair.h tests/unit/frontrig.h tests/unit/handclock.h tests/unit/hex.h \
	tests/unit/hostkey.h tests/unit/httprig.h tests/unit/kadrig.h tests/unit/keyfile.h \
	tests/unit/looprig.h tests/unit/looprun.h tests/unit/netns.h tests/unit/no_headroom.h tests/unit/pblist.h \
	tests/unit/proxyrig.h tests/unit/quicrig.h tests/unit/relayrig.h tests/unit/shown.h \
	tests/unit/status_sample.h tests/unit/streamend.h tests/unit/svcrig.h tests/unit/testpeers.h \
	tests/unit/tierrig.h tests/unit/tmpfiles.h tests/unit/two_hosts.h tests/unit/udprig.h \
	tests/unit/upgraderig.h tests/unit/vec.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_dht_sim
tests_unit_test_dht_sim_SOURCES = tests/unit/test_dht_sim.c tests/unit/vec.h $(DHT_NET)
tests_unit_test_dht_sim_LDADD = $(P2P_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_handclock
tests_unit_test_handclock_SOURCES = tests/unit/test_handclock.c tests/unit/handclock.c tests/unit/handclock.h \
	tests/unit/looprun.h tests/unit/vec.h
tests_unit_test_handclock_LDADD = $(BASE_LIBS) $(EV_LIBS) $(CMOCKA_REALTIME_LIBS)
endif
