noinst_LIBRARIES += src/libp2p.a
src_libp2p_a_SOURCES = \
	src/p2p/announce.c src/p2p/announce.h \
	src/p2p/identify.c src/p2p/identify.h \
	src/p2p/observed.c src/p2p/observed.h \
	src/p2p/perf.c src/p2p/perf.h \
	src/p2p/ping.c src/p2p/ping.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_identify tests/unit/test_perf tests/unit/test_ping
tests_unit_test_identify_SOURCES = tests/unit/test_identify.c $(TWO_HOSTS)
tests_unit_test_identify_LDADD = $(P2P_LIBS) $(CMOCKA_LIBS)
tests_unit_test_perf_SOURCES = tests/unit/test_perf.c $(TWO_HOSTS)
tests_unit_test_perf_LDADD = $(P2P_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ping_SOURCES = tests/unit/test_ping.c $(TWO_HOSTS)
tests_unit_test_ping_LDADD = $(P2P_LIBS) $(CMOCKA_LIBS)
endif
