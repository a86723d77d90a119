noinst_LIBRARIES += src/libbase.a
src_libbase_a_SOURCES = \
	src/base/cursor.h \
	src/base/err.c src/base/err.h \
	src/base/log.c src/base/log.h \
	src/base/strbuf.c src/base/strbuf.h \
	src/base/clock.c src/base/clock.h \
	src/base/draw.c src/base/draw.h \
	src/base/basex.c src/base/basex.h \
	src/base/base64.c src/base/base64.h \
	src/base/hex.c src/base/hex.h \
	src/base/units.c src/base/units.h \
	src/base/utctime.c src/base/utctime.h \
	src/base/fileio.c src/base/fileio.h \
	src/base/conf.c src/base/confread.c src/base/conf.h \
	src/base/confdiff.c src/base/confdiff.h \
	src/base/confedit.c src/base/confedit.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_err
tests_unit_test_err_SOURCES = tests/unit/test_err.c tests/unit/vec.h
tests_unit_test_err_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_cursor
tests_unit_test_cursor_SOURCES = tests/unit/test_cursor.c tests/unit/vec.h
tests_unit_test_cursor_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_log
tests_unit_test_log_SOURCES = tests/unit/test_log.c tests/unit/vec.h
tests_unit_test_log_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_hex
tests_unit_test_hex_SOURCES = tests/unit/test_hex.c tests/unit/vec.h
tests_unit_test_hex_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_basex
tests_unit_test_basex_SOURCES = tests/unit/test_basex.c tests/unit/vec.h
tests_unit_test_basex_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_base64
tests_unit_test_base64_SOURCES = tests/unit/test_base64.c tests/unit/vec.h
tests_unit_test_base64_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_strbuf
tests_unit_test_strbuf_SOURCES = tests/unit/test_strbuf.c tests/unit/vec.h
tests_unit_test_strbuf_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_units
tests_unit_test_units_SOURCES = tests/unit/test_units.c tests/unit/vec.h
tests_unit_test_units_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_fileio
tests_unit_test_fileio_SOURCES = tests/unit/test_fileio.c tests/unit/vec.h
tests_unit_test_fileio_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_conf
tests_unit_test_conf_SOURCES = tests/unit/test_conf.c tests/unit/vec.h
tests_unit_test_conf_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_confdiff
tests_unit_test_confdiff_SOURCES = tests/unit/test_confdiff.c tests/unit/vec.h
tests_unit_test_confdiff_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_confedit
tests_unit_test_confedit_SOURCES = tests/unit/test_confedit.c tests/unit/vec.h
tests_unit_test_confedit_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_utctime
tests_unit_test_utctime_SOURCES = tests/unit/test_utctime.c tests/unit/vec.h
tests_unit_test_utctime_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
endif
