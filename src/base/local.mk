noinst_LIBRARIES += src/libbase.a
src_libbase_a_SOURCES = \
	src/base/container_of.h src/base/cursor.h \
	src/base/err.c src/base/err.h \
	src/base/log.c src/base/log.h \
	src/base/strbuf.c src/base/strbuf.h \
	src/base/clock.c src/base/clock.h \
	src/base/draw.c src/base/draw.h \
	src/base/basex.c src/base/basex.h \
	src/base/base64.c src/base/base64.h \
	src/base/headroom.c src/base/headroom.h \
	src/base/hex.c src/base/hex.h \
	src/base/units.c src/base/units.h \
	src/base/utctime.c src/base/utctime.h \
	src/base/fileio.c src/base/fileio.h \
	src/base/guess.c src/base/guess.h \
	src/base/conf.c src/base/confprint.c src/base/confread.c src/base/conf.h \
	src/base/conffield.c src/base/conffield.h \
	src/base/confdiff.c src/base/confdiff.h \
	src/base/confedit.c src/base/confedit.h

# For tests that include tests/unit/no_headroom.h.
NO_HEADROOM = -Wl,--wrap=headroom_is_there

if HAVE_CMOCKA
BASE_TESTS = tests/unit/test_base64 tests/unit/test_basex tests/unit/test_conf \
	tests/unit/test_confdiff tests/unit/test_confedit tests/unit/test_cursor tests/unit/test_err \
	tests/unit/test_fileio tests/unit/test_guess tests/unit/test_headroom tests/unit/test_hex \
	tests/unit/test_log tests/unit/test_strbuf tests/unit/test_units tests/unit/test_utctime
check_PROGRAMS += $(BASE_TESTS)
$(BASE_TESTS): LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
$(BASE_TESTS): $(filter %.a %.$(OBJEXT),$(BASE_LIBS) $(CMOCKA_LIBS))
endif
