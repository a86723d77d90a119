noinst_LIBRARIES += src/libcli.a
src_libcli_a_SOURCES = \
	src/cli/cli_args.h \
	src/cli/cli_ask.c src/cli/cli_ask.h \
	src/cli/cli_checkup.c src/cli/cli_checkup.h \
	src/cli/cli_cmd.c src/cli/cli_cmd.h \
	src/cli/cli_dht.c src/cli/cli_dht.h \
	src/cli/cli_nc.c src/cli/cli_nc.h \
	src/cli/cli_network.c src/cli/cli_network.h \
	src/cli/cli_ping.c src/cli/cli_ping.h \
	src/cli/cli_show.c src/cli/cli_show.h \
	src/cli/cli_sub.c src/cli/cli_sub.h \
	src/cli/cli_table.c src/cli/cli_table.h \
	src/cli/cli_trace.c src/cli/cli_trace.h \
	src/cli/ctl_client.c src/cli/ctl_client.h

if HAVE_CMOCKA
CLI_TESTS = tests/unit/test_cli_cmd tests/unit/test_cli_nc tests/unit/test_cli_show \
	tests/unit/test_cli_table tests/unit/test_cli_trace tests/unit/test_ctl_client
check_PROGRAMS += $(CLI_TESTS)
$(CLI_TESTS): LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
$(CLI_TESTS): $(filter %.a %.$(OBJEXT),$(CLI_LIBS) $(CMOCKA_LIBS))
tests_unit_test_cli_cmd_LDADD = $(CLI_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_cli_nc_LDADD = $(CLI_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_ctl_client_LDADD = $(CLI_LIBS) $(CMOCKA_REALTIME_LIBS)
endif
