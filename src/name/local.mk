noinst_LIBRARIES += src/libname.a
src_libname_a_SOURCES = \
	src/name/cache_file.c src/name/cache_file.h \
	src/name/dnsaddr.c src/name/dnsaddr.h \
	src/name/errands.c src/name/errands.h \
	src/name/loopback.c src/name/loopback.h \
	src/name/may_leave.c src/name/may_leave.h \
	src/name/name.c src/name/name.h \
	src/name/name_words.c src/name/name_words.h \
	src/name/names_file.c src/name/names_file.h \
	src/name/resolver.c src/name/resolver.h \
	src/name/resolver_cache.c src/name/resolver_cache.h \
	src/name/tier_dht.c src/name/tier_dht.h \
	src/name/tier_direct.c src/name/tier_direct.h \
	src/name/tier_dnsaddr.c src/name/tier_dnsaddr.h \
	src/name/tier_eth.c src/name/tier_eth.h \
	src/name/tier_exec.c src/name/tier_exec.h \
	src/name/tier_mdns.c src/name/tier_mdns.h \
	src/name/tier_network.c src/name/tier_network.h \
	src/name/tier_static.c src/name/tier_static.h

if HAVE_CMOCKA
NAME_TESTS = tests/unit/test_cache_file tests/unit/test_loopback tests/unit/test_may_leave \
	tests/unit/test_name tests/unit/test_names_file tests/unit/test_resolver \
	tests/unit/test_resolver_cache tests/unit/test_tier_dht tests/unit/test_tier_direct \
	tests/unit/test_tier_dnsaddr tests/unit/test_tier_eth tests/unit/test_tier_exec \
	tests/unit/test_tier_mdns tests/unit/test_tier_network tests/unit/test_tier_static
check_PROGRAMS += $(NAME_TESTS)
$(NAME_TESTS): LDADD = $(NAME_LIBS) $(CMOCKA_LIBS)
$(NAME_TESTS): $(filter %.a %.$(OBJEXT),$(NAME_LIBS) $(CMOCKA_LIBS))
tests_unit_test_resolver_SOURCES = tests/unit/test_resolver.c $(FAKE_HOST)
tests_unit_test_tier_dht_SOURCES = tests/unit/test_tier_dht.c tests/unit/tierrig.c
tests_unit_test_tier_dnsaddr_SOURCES = tests/unit/test_tier_dnsaddr.c tests/unit/tierrig.c
tests_unit_test_tier_eth_LDADD = $(NAME_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_tier_eth_SOURCES = tests/unit/test_tier_eth.c tests/unit/tierrig.c
tests_unit_test_tier_exec_LDADD = $(NAME_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_tier_exec_SOURCES = tests/unit/test_tier_exec.c tests/unit/tierrig.c
tests_unit_test_tier_mdns_SOURCES = tests/unit/test_tier_mdns.c tests/unit/tierrig.c
tests_unit_test_tier_network_SOURCES = tests/unit/test_tier_network.c $(TWO_HOSTS)
tests_unit_test_tier_static_SOURCES = tests/unit/test_tier_static.c $(FAKE_HOST)
endif
