noinst_LIBRARIES += src/libmain.a
src_libmain_a_SOURCES = \
	src/main/activation.c src/main/activation.h \
	src/main/alone.c src/main/alone.h \
	src/main/check.c src/main/check.h \
	src/main/completion.c src/main/completion.h \
	src/main/completion_fish.c src/main/completion_zsh.c \
	src/main/bootstrap.c src/main/bootstrap.h \
	src/main/confchange.c src/main/confchange.h \
	src/main/config.c src/main/config.h src/main/config_keys.c \
	src/main/daemon.c src/main/daemon.h src/main/discovery.c src/main/discovery.h \
	src/main/holder.c src/main/holder.h \
	src/main/inlet.c src/main/inlet.h \
	src/main/inlets.c src/main/inlets.h \
	src/main/local_cmd.c src/main/local_cmd.h \
	src/main/local_edit.c src/main/local_edit.h \
	src/main/local_rights.c src/main/local_rights.h \
	src/main/misgivings.c src/main/misgivings.h \
	src/main/named.c src/main/named.h \
	src/main/node.c src/main/node.h \
	src/main/nodedir.c src/main/nodedir.h \
	src/main/notify.c src/main/notify.h \
	src/main/options.c src/main/options.h \
	src/main/peer_policy.c src/main/peer_policy.h \
	src/main/reachable.c src/main/reachable.h \
	src/main/reload.c src/main/reload.h \
	src/main/ssh_config.c src/main/ssh_config.h

MAIN_LIBS = src/libmain.a $(WEB_LIBS) $(CLI_LIBS)
bin_PROGRAMS += gw
gw_SOURCES = src/main/main.c
gw_LDADD = $(MAIN_LIBS)

dist_examples_DATA = conf/gw.conf.example conf/names.example conf/authorized_keys.example \
	examples/lan-only.conf examples/names.sol examples/relay.conf

# bindir is known in full only to make: configure leaves ${exec_prefix} in it.
EXTRA_DIST += conf/gw.service.in conf/gw.socket
CLEANFILES += conf/gw.service
if SYSTEMD_USER_UNIT
systemduserunit_DATA = conf/gw.service conf/gw.socket
endif
conf/gw.service: conf/gw.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) conf && sed 's|[@]bindir@|$(bindir)|' $(srcdir)/conf/gw.service.in >$@

if HAVE_CMOCKA
MAIN_TESTS = tests/unit/test_activation tests/unit/test_completion tests/unit/test_confchange \
	tests/unit/test_config tests/unit/test_holder tests/unit/test_misgivings \
	tests/unit/test_named tests/unit/test_nodedir tests/unit/test_options \
	tests/unit/test_peer_policy tests/unit/test_ssh_config
check_PROGRAMS += $(MAIN_TESTS)
$(MAIN_TESTS): LDADD = $(MAIN_LIBS) $(CMOCKA_LIBS)
$(MAIN_TESTS): $(filter %.a %.$(OBJEXT),$(MAIN_LIBS) $(CMOCKA_LIBS))
tests_unit_test_activation_LDADD = $(MAIN_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_completion_LDADD = $(MAIN_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_holder_LDADD = $(MAIN_LIBS) $(CMOCKA_REALTIME_LIBS)
endif
