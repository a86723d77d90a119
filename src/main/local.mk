noinst_LIBRARIES += src/libmain.a
src_libmain_a_SOURCES = \
	src/main/alone.c src/main/alone.h \
	src/main/check.c src/main/check.h \
	src/main/config.c src/main/config.h \
	src/main/daemon.c src/main/daemon.h \
	src/main/holder.c src/main/holder.h \
	src/main/inlets.c src/main/inlets.h \
	src/main/local_cmd.c src/main/local_cmd.h \
	src/main/node.c src/main/node.h \
	src/main/nodedir.c src/main/nodedir.h \
	src/main/notify.c src/main/notify.h \
	src/main/options.c src/main/options.h \
	src/main/reload.c src/main/reload.h

MAIN_LIBS = src/libmain.a $(CTL_LIBS) $(CLI_LIBS)
bin_PROGRAMS += gw
gw_SOURCES = src/main/gw.c
gw_LDADD = $(MAIN_LIBS)

dist_examples_DATA = conf/gw.conf.example conf/names.example conf/authorized_keys.example \
	examples/lan-only.conf

# bindir is known in full only to make: configure leaves ${exec_prefix} in it.
EXTRA_DIST += conf/gw.service.in
CLEANFILES += conf/gw.service
if SYSTEMD_USER_UNIT
systemduserunit_DATA = conf/gw.service
endif
conf/gw.service: conf/gw.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) conf && sed 's|[@]bindir@|$(bindir)|' $(srcdir)/conf/gw.service.in >$@

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_config tests/unit/test_options tests/unit/test_nodedir
tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_LDADD = $(MAIN_LIBS) $(CMOCKA_LIBS)
tests_unit_test_options_SOURCES = tests/unit/test_options.c tests/unit/vec.h
tests_unit_test_options_LDADD = $(MAIN_LIBS) $(CMOCKA_LIBS)
tests_unit_test_nodedir_SOURCES = tests/unit/test_nodedir.c
tests_unit_test_nodedir_LDADD = $(MAIN_LIBS) $(CMOCKA_LIBS)
endif
