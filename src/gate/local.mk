noinst_LIBRARIES += src/libgate.a
src_libgate_a_SOURCES = \
	src/gate/aim.c src/gate/aim.h \
	src/gate/connector.c src/gate/connector.h \
	src/gate/direct.c src/gate/direct.h \
	src/gate/dns_answer.c src/gate/dns_answer.h \
	src/gate/dns_forward.c src/gate/dns_forward.h \
	src/gate/dns_in.c src/gate/dns_in.h \
	src/gate/dns_lookup.c src/gate/dns_lookup.h \
	src/gate/dns_subject.c src/gate/dns_subject.h \
	src/gate/dns_tcp.c src/gate/dns_tcp.h \
	src/gate/forward_in.c src/gate/forward_in.h \
	src/gate/front.c src/gate/front.h \
	src/gate/front_address.c src/gate/front_address.h \
	src/gate/front_target.c src/gate/front_target.h \
	src/gate/held.c src/gate/held.h \
	src/gate/html.c src/gate/html.h \
	src/gate/http_error.c src/gate/http_error.h \
	src/gate/http_exchange.c src/gate/http_exchange.h \
	src/gate/http_in.c src/gate/http_in.h \
	src/gate/http_rewrite.c src/gate/http_rewrite.h \
	src/gate/proxy_auth.c src/gate/proxy_auth.h \
	src/gate/proxy_client.c src/gate/proxy_client.h src/gate/proxy_env.h \
	src/gate/proxy_in.c src/gate/proxy_in.h \
	src/gate/socks4_in.c src/gate/socks5_in.c \
	src/gate/udp_assoc.c src/gate/udp_assoc.h \
	src/gate/udp_in.c src/gate/udp_in.h \
	src/gate/udp_sessions.c src/gate/udp_sessions.h \
	src/gate/virtual.c src/gate/virtual.h
if HAVE_CMOCKA
GATE_TESTS = tests/unit/test_aim tests/unit/test_dns_answer tests/unit/test_dns_forward \
	tests/unit/test_dns_in tests/unit/test_dns_subject tests/unit/test_forward_in \
	tests/unit/test_front tests/unit/test_front_address tests/unit/test_front_target \
	tests/unit/test_front_udp \
	tests/unit/test_html tests/unit/test_http_error tests/unit/test_http_exchange \
	tests/unit/test_http_in tests/unit/test_http_rewrite tests/unit/test_proxy_in \
	tests/unit/test_socks4_in tests/unit/test_socks5_in tests/unit/test_udp_assoc \
	tests/unit/test_udp_in tests/unit/test_udp_sessions tests/unit/test_virtual
check_PROGRAMS += $(GATE_TESTS)
$(GATE_TESTS): LDADD = $(GATE_LIBS) $(CMOCKA_LIBS)
$(GATE_TESTS): $(filter %.a %.$(OBJEXT),$(GATE_LIBS) $(CMOCKA_LIBS))
tests_unit_test_aim_SOURCES = tests/unit/test_aim.c tests/unit/frontrig.c
tests_unit_test_forward_in_SOURCES = tests/unit/test_forward_in.c tests/unit/fake_front.c
tests_unit_test_front_SOURCES = tests/unit/test_front.c tests/unit/frontrig.c
tests_unit_test_front_address_SOURCES = tests/unit/test_front_address.c tests/unit/frontrig.c
tests_unit_test_front_udp_SOURCES = tests/unit/test_front_udp.c tests/unit/frontrig.c
tests_unit_test_http_exchange_SOURCES = tests/unit/test_http_exchange.c tests/unit/fake_stream.c
tests_unit_test_proxy_in_SOURCES = tests/unit/test_proxy_in.c tests/unit/fake_front.c
tests_unit_test_socks4_in_SOURCES = tests/unit/test_socks4_in.c tests/unit/fake_front.c
tests_unit_test_socks5_in_SOURCES = tests/unit/test_socks5_in.c tests/unit/fake_front.c
tests_unit_test_udp_assoc_SOURCES = tests/unit/test_udp_assoc.c tests/unit/fake_front.c
tests_unit_test_udp_in_SOURCES = tests/unit/test_udp_in.c tests/unit/fake_front.c
tests_unit_test_udp_sessions_SOURCES = tests/unit/test_udp_sessions.c tests/unit/fake_front.c
tests_unit_test_virtual_SOURCES = tests/unit/test_virtual.c tests/unit/fake_front.c
endif
