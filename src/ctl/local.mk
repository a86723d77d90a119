noinst_LIBRARIES += src/libctl.a
src_libctl_a_SOURCES = \
	src/ctl/ctl.c src/ctl/ctl.h \
	src/ctl/ctl_cmd.c src/ctl/ctl_cmd.h \
	src/ctl/ctl_deps.h \
	src/ctl/ctl_lookup.c src/ctl/ctl_lookup.h \
	src/ctl/ctl_nc.c src/ctl/ctl_nc.h \
	src/ctl/ctl_peer.c src/ctl/ctl_peer.h \
	src/ctl/ctl_perf.c src/ctl/ctl_perf.h \
	src/ctl/ctl_ping.c src/ctl/ctl_ping.h \
	src/ctl/ctl_reach.c src/ctl/ctl_reach.h \
	src/ctl/ctl_session.c src/ctl/ctl_session.h \
	src/ctl/ctl_status.c src/ctl/ctl_status.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_ctl tests/unit/test_ctl_perf tests/unit/test_ctl_session
tests_unit_test_ctl_SOURCES = tests/unit/test_ctl.c
tests_unit_test_ctl_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ctl_perf_SOURCES = tests/unit/test_ctl_perf.c
tests_unit_test_ctl_perf_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ctl_session_SOURCES = tests/unit/test_ctl_session.c
tests_unit_test_ctl_session_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)
endif
