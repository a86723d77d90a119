noinst_LIBRARIES += src/libname.a
src_libname_a_SOURCES = \
	src/name/loopback.c src/name/loopback.h \
	src/name/name.c src/name/name.h \
	src/name/names_file.c src/name/names_file.h \
	src/name/resolver.c src/name/resolver.h \
	src/name/tier_eth.c src/name/tier_eth.h \
	src/name/tier_direct.c src/name/tier_direct.h \
	src/name/tier_mdns.c src/name/tier_mdns.h \
	src/name/tier_static.c src/name/tier_static.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_loopback tests/unit/test_name tests/unit/test_names_file tests/unit/test_resolver \
	tests/unit/test_tier_direct tests/unit/test_tier_mdns tests/unit/test_tier_static
tests_unit_test_loopback_SOURCES = tests/unit/test_loopback.c tests/unit/testpeers.h tests/unit/tmpfiles.h
tests_unit_test_loopback_LDADD = $(NAME_LIBS) $(CMOCKA_LIBS)
tests_unit_test_name_SOURCES = tests/unit/test_name.c tests/unit/testpeers.h
tests_unit_test_name_LDADD = $(NAME_LIBS) $(CMOCKA_LIBS)
tests_unit_test_names_file_SOURCES = tests/unit/test_names_file.c tests/unit/testpeers.h
tests_unit_test_names_file_LDADD = $(NAME_LIBS) $(CMOCKA_LIBS)
tests_unit_test_resolver_SOURCES = tests/unit/test_resolver.c tests/unit/testpeers.h $(FAKE_HOST)
tests_unit_test_resolver_LDADD = $(NAME_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tier_direct_SOURCES = tests/unit/test_tier_direct.c tests/unit/testpeers.h
tests_unit_test_tier_direct_LDADD = $(NAME_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tier_mdns_SOURCES = tests/unit/test_tier_mdns.c tests/unit/testpeers.h
tests_unit_test_tier_mdns_LDADD = $(NAME_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tier_static_SOURCES = tests/unit/test_tier_static.c tests/unit/testpeers.h tests/unit/tmpfiles.h $(FAKE_HOST)
tests_unit_test_tier_static_LDADD = $(NAME_LIBS) $(CMOCKA_LIBS)
endif

