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
HOST_TESTS = tests/unit/test_conns tests/unit/test_dial tests/unit/test_dial_order \
	tests/unit/test_flows tests/unit/test_handlers tests/unit/test_open tests/unit/test_peers \
	tests/unit/test_probe
check_PROGRAMS += $(HOST_TESTS)
$(HOST_TESTS): LDADD = $(HOST_LIBS) $(CMOCKA_LIBS)
$(HOST_TESTS): $(filter %.a %.$(OBJEXT),$(HOST_LIBS) $(CMOCKA_LIBS))
# Two hosts joined in memory: its quic_* functions stand in for those of src/libtransport.a.
TWO_HOSTS = tests/unit/two_hosts.c tests/unit/fake_muxed.c tests/unit/fake_stream.c
tests_unit_test_conns_SOURCES = tests/unit/test_conns.c $(TWO_HOSTS)
tests_unit_test_dial_SOURCES = tests/unit/test_dial.c $(TWO_HOSTS)
tests_unit_test_flows_SOURCES = tests/unit/test_flows.c $(TWO_HOSTS)
tests_unit_test_open_SOURCES = tests/unit/test_open.c $(TWO_HOSTS)
tests_unit_test_probe_SOURCES = tests/unit/test_probe.c $(TWO_HOSTS)
endif
