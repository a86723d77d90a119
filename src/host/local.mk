noinst_LIBRARIES += src/libhost.a
src_libhost_a_SOURCES = \
	src/host/connect.c src/host/connect.h \
	src/host/conns.c src/host/conns.h \
	src/host/dial.c src/host/dial.h \
	src/host/dial_order.c src/host/dial_order.h \
	src/host/flows.c src/host/flows.h \
	src/host/handlers.c src/host/handlers.h \
	src/host/host.c src/host/host.h \
	src/host/open.c src/host/open.h \
	src/host/peers.c src/host/peers.h \
	src/host/probe.c src/host/probe.h

if HAVE_CMOCKA
# Two hosts joined in memory: its quic_* functions stand in for those of src/libtransport.a.
TWO_HOSTS = tests/unit/two_hosts.c tests/unit/two_hosts.h tests/unit/fake_muxed.c tests/unit/fake_muxed.h \
	tests/unit/fake_stream.c tests/unit/fake_stream.h

check_PROGRAMS += tests/unit/test_conns tests/unit/test_dial tests/unit/test_flows tests/unit/test_handlers \
	tests/unit/test_open tests/unit/test_peers
tests_unit_test_conns_SOURCES = tests/unit/test_conns.c $(TWO_HOSTS)
tests_unit_test_conns_LDADD = $(HOST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_dial_SOURCES = tests/unit/test_dial.c $(TWO_HOSTS)
tests_unit_test_dial_LDADD = $(HOST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_flows_SOURCES = tests/unit/test_flows.c $(TWO_HOSTS)
tests_unit_test_flows_LDADD = $(HOST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_handlers_SOURCES = tests/unit/test_handlers.c tests/unit/vec.h
tests_unit_test_handlers_LDADD = $(HOST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_open_SOURCES = tests/unit/test_open.c $(TWO_HOSTS)
tests_unit_test_open_LDADD = $(HOST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_peers_SOURCES = tests/unit/test_peers.c tests/unit/vec.h
tests_unit_test_peers_LDADD = $(HOST_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_probe
tests_unit_test_probe_SOURCES = tests/unit/test_probe.c $(TWO_HOSTS)
tests_unit_test_probe_LDADD = $(HOST_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_dial_order
tests_unit_test_dial_order_SOURCES = tests/unit/test_dial_order.c tests/unit/vec.h
tests_unit_test_dial_order_LDADD = $(HOST_LIBS) $(CMOCKA_LIBS)
endif
