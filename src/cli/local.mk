noinst_LIBRARIES += src/libcli.a
src_libcli_a_SOURCES = \
	src/cli/cli_args.h \
	src/cli/cli_ask.c src/cli/cli_ask.h \
	src/cli/cli_checkup.c src/cli/cli_checkup.h \
	src/cli/cli_cmd.c src/cli/cli_cmd.h \
	src/cli/cli_dht.c src/cli/cli_dht.h \
	src/cli/cli_nc.c src/cli/cli_nc.h \
	src/cli/cli_network.c src/cli/cli_network.h \
	src/cli/cli_show.c src/cli/cli_show.h \
	src/cli/cli_sub.c src/cli/cli_sub.h \
	src/cli/cli_table.c src/cli/cli_table.h \
	src/cli/cli_trace.c src/cli/cli_trace.h \
	src/cli/ctl_client.c src/cli/ctl_client.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_cli_cmd tests/unit/test_cli_nc tests/unit/test_cli_table \
	tests/unit/test_ctl_client
tests_unit_test_cli_cmd_SOURCES = tests/unit/test_cli_cmd.c
tests_unit_test_cli_cmd_LDADD = $(CLI_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_cli_nc_SOURCES = tests/unit/test_cli_nc.c
tests_unit_test_cli_nc_LDADD = $(CLI_LIBS) $(CMOCKA_REALTIME_LIBS)
check_PROGRAMS += tests/unit/test_cli_show
tests_unit_test_cli_show_SOURCES = tests/unit/test_cli_show.c tests/unit/shown.h tests/unit/vec.h
tests_unit_test_cli_show_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_cli_trace
tests_unit_test_cli_trace_SOURCES = tests/unit/test_cli_trace.c tests/unit/shown.h tests/unit/vec.h
tests_unit_test_cli_trace_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_cli_table_SOURCES = tests/unit/test_cli_table.c
tests_unit_test_cli_table_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ctl_client_SOURCES = tests/unit/test_ctl_client.c
tests_unit_test_ctl_client_LDADD = $(CLI_LIBS) $(CMOCKA_REALTIME_LIBS)
endif
