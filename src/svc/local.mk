noinst_LIBRARIES += src/libsvc.a
src_libsvc_a_SOURCES = \
	src/svc/authedit.c src/svc/authedit.h \
	src/svc/authfile.c src/svc/authfile.h \
	src/svc/authkeys.c src/svc/authkeys.h \
	src/svc/authz.c src/svc/authz.h \
	src/svc/http_tag.c src/svc/http_tag.h \
	src/svc/introduce.c src/svc/introduce.h \
	src/svc/peer_head.c src/svc/peer_head.h \
	src/svc/registry.c src/svc/registry.h \
	src/svc/rights.c src/svc/rights.h \
	src/svc/svc_carry.c src/svc/svc_carry.h \
	src/svc/svc_dial.c src/svc/svc_dial.h \
	src/svc/svc_early.c src/svc/svc_early.h \
	src/svc/svc_in.c src/svc/svc_in.h \
	src/svc/svc_list.c src/svc/svc_list.h \
	src/svc/svc_offers.c src/svc/svc_offers.h \
	src/svc/svc_out.c src/svc/svc_out.h \
	src/svc/svc_proto.c src/svc/svc_proto.h \
	src/svc/svc_query.c src/svc/svc_query.h \
	src/svc/svc_refusal.c src/svc/svc_refusal.h \
	src/svc/udp_flow.c src/svc/udp_flow.h

if HAVE_CMOCKA
SVC_TESTS = tests/unit/test_authedit tests/unit/test_authfile tests/unit/test_authkeys \
	tests/unit/test_authz \
	tests/unit/test_http_tag tests/unit/test_introduce tests/unit/test_registry \
	tests/unit/test_svc_carry tests/unit/test_svc_early tests/unit/test_svc_exit \
	tests/unit/test_svc_in tests/unit/test_svc_offers tests/unit/test_svc_out \
	tests/unit/test_svc_proto tests/unit/test_svc_query tests/unit/test_svc_udp \
	tests/unit/test_udp_flow
check_PROGRAMS += $(SVC_TESTS)
$(SVC_TESTS): LDADD = $(SVC_LIBS) $(CMOCKA_LIBS)
$(SVC_TESTS): $(filter %.a %.$(OBJEXT),$(SVC_LIBS) $(CMOCKA_LIBS))
# A host without a network: its functions stand in for those of src/libhost.a.
FAKE_HOST = tests/unit/fake_host.c
# No DNS either: every address that it says is on the loopback.
FAKE_DNS = tests/unit/fake_dns.c
tests_unit_test_authz_SOURCES = tests/unit/test_authz.c $(FAKE_HOST)
tests_unit_test_http_tag_SOURCES = tests/unit/test_http_tag.c tests/unit/fake_stream.c
tests_unit_test_introduce_SOURCES = tests/unit/test_introduce.c $(FAKE_HOST)
tests_unit_test_svc_exit_SOURCES = tests/unit/test_svc_exit.c $(FAKE_HOST) $(FAKE_DNS)
tests_unit_test_svc_in_SOURCES = tests/unit/test_svc_in.c $(FAKE_HOST)
tests_unit_test_svc_offers_LDFLAGS = $(AM_LDFLAGS) $(NO_HEADROOM)
tests_unit_test_svc_out_SOURCES = tests/unit/test_svc_out.c $(FAKE_HOST)
tests_unit_test_svc_query_SOURCES = tests/unit/test_svc_query.c $(FAKE_HOST)
tests_unit_test_svc_udp_SOURCES = tests/unit/test_svc_udp.c $(FAKE_HOST)
tests_unit_test_udp_flow_SOURCES = tests/unit/test_udp_flow.c $(FAKE_HOST)
endif

