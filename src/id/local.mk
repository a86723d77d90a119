noinst_LIBRARIES += src/libid.a
src_libid_a_SOURCES = \
	src/id/ipaddr.c src/id/ipaddr.h \
	src/id/peerid.c src/id/peerid.h \
	src/id/multiaddr.c src/id/multiaddr_ip.c src/id/multiaddr.h \
	src/id/name_record.c src/id/name_record.h \
	src/id/peer_list.c src/id/peer_list.h \
	src/id/pubkey.c src/id/pubkey.h \
	src/id/key.c src/id/key.h \
	src/id/cert.c src/id/cert.h \
	src/id/circuit_addr.c src/id/circuit_addr.h \
	src/id/envelope.c src/id/envelope.h \
	src/id/sha256.c src/id/sha256.h \
	src/id/share_code.c src/id/share_code.h

EXTRA_DIST += tests/vectors/cert.txt tests/vectors/envelope.txt tests/vectors/key.txt tests/vectors/name_record.txt

if HAVE_CMOCKA
ID_TESTS = tests/unit/test_cert tests/unit/test_circuit_addr tests/unit/test_envelope \
	tests/unit/test_ipaddr tests/unit/test_key tests/unit/test_multiaddr tests/unit/test_name_record \
	tests/unit/test_peer_list tests/unit/test_peerid tests/unit/test_pubkey tests/unit/test_sha256 \
	tests/unit/test_share_code
check_PROGRAMS += $(ID_TESTS)
$(ID_TESTS): LDADD = $(ID_LIBS) $(CMOCKA_LIBS)
$(ID_TESTS): $(filter %.a %.$(OBJEXT),$(ID_LIBS) $(CMOCKA_LIBS))
tests_unit_test_pubkey_LDFLAGS = $(AM_LDFLAGS) $(NO_HEADROOM)
endif
