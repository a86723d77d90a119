noinst_LIBRARIES += src/libctl.a
src_libctl_a_SOURCES = \
	src/ctl/checkup_json.c src/ctl/checkup_json.h \
	src/ctl/checkup_words.c src/ctl/checkup_words.h \
	src/ctl/ctl.c src/ctl/ctl.h \
	src/ctl/ctl_cmd.c src/ctl/ctl_cmd.h \
	src/ctl/ctl_connect.c src/ctl/ctl_connect.h \
	src/ctl/ctl_deps.h \
	src/ctl/ctl_dht.c src/ctl/ctl_dht.h \
	src/ctl/ctl_doctor.c src/ctl/ctl_doctor.h \
	src/ctl/ctl_lookup.c src/ctl/ctl_lookup.h \
	src/ctl/ctl_name.c src/ctl/ctl_name_list.c src/ctl/ctl_name.h \
	src/ctl/ctl_nc.c src/ctl/ctl_nc.h \
	src/ctl/ctl_netcheck.c src/ctl/ctl_netcheck.h \
	src/ctl/ctl_network.c src/ctl/ctl_network.h \
	src/ctl/ctl_peer.c src/ctl/ctl_peer.h \
	src/ctl/ctl_perf.c src/ctl/ctl_perf.h \
	src/ctl/ctl_ping.c src/ctl/ctl_ping.h \
	src/ctl/ctl_resolve.c src/ctl/ctl_resolve.h \
	src/ctl/ctl_session.c src/ctl/ctl_session.h \
	src/ctl/ctl_status.c src/ctl/ctl_status.h \
	src/ctl/ctl_status_reach.c src/ctl/ctl_status_reach.h \
	src/ctl/diagnosis.c src/ctl/diagnosis.h \
	src/ctl/doctor_report.c src/ctl/doctor_report.h

if HAVE_CMOCKA
CTL_TESTS = tests/unit/test_checkup_words tests/unit/test_ctl tests/unit/test_ctl_dht \
	tests/unit/test_ctl_doctor tests/unit/test_ctl_name tests/unit/test_ctl_perf \
	tests/unit/test_ctl_session tests/unit/test_diagnosis
check_PROGRAMS += $(CTL_TESTS)
$(CTL_TESTS): LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)
$(CTL_TESTS): $(filter %.a %.$(OBJEXT),$(CTL_LIBS) $(CMOCKA_LIBS))
tests_unit_test_ctl_SOURCES = tests/unit/test_ctl.c tests/unit/fake_discovery.c
tests_unit_test_ctl_dht_SOURCES = tests/unit/test_ctl_dht.c tests/unit/fake_discovery.c
tests_unit_test_ctl_name_SOURCES = tests/unit/test_ctl_name.c tests/unit/fake_discovery.c
tests_unit_test_ctl_session_LDFLAGS = $(AM_LDFLAGS) $(NO_HEADROOM)
endif
