noinst_LIBRARIES += src/libid.a
src_libid_a_SOURCES = \
	src/id/peerid.c src/id/peerid.h \
	src/id/multiaddr.c src/id/multiaddr.h \
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
check_PROGRAMS += tests/unit/test_peerid
tests_unit_test_peerid_SOURCES = tests/unit/test_peerid.c tests/unit/hex.h tests/unit/vec.h
tests_unit_test_peerid_LDADD = $(ID_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_multiaddr
tests_unit_test_multiaddr_SOURCES = tests/unit/test_multiaddr.c tests/unit/hex.h tests/unit/vec.h
tests_unit_test_multiaddr_LDADD = $(ID_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_pubkey
tests_unit_test_pubkey_SOURCES = tests/unit/test_pubkey.c tests/unit/hostkey.h tests/unit/hex.h tests/unit/vec.h
tests_unit_test_pubkey_LDADD = $(ID_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_key
tests_unit_test_key_SOURCES = tests/unit/test_key.c tests/unit/keyfile.h tests/unit/hex.h tests/unit/tmpfiles.h tests/unit/vec.h
tests_unit_test_key_LDADD = $(ID_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_cert
tests_unit_test_cert_SOURCES = tests/unit/test_cert.c tests/unit/hostkey.h tests/unit/hex.h tests/unit/vec.h
tests_unit_test_cert_LDADD = $(ID_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_envelope
tests_unit_test_envelope_SOURCES = tests/unit/test_envelope.c tests/unit/keyfile.h tests/unit/hex.h tests/unit/tmpfiles.h tests/unit/vec.h
tests_unit_test_envelope_LDADD = $(ID_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_circuit_addr
tests_unit_test_circuit_addr_SOURCES = tests/unit/test_circuit_addr.c tests/unit/vec.h
tests_unit_test_circuit_addr_LDADD = $(ID_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_share_code
tests_unit_test_share_code_SOURCES = tests/unit/test_share_code.c tests/unit/testpeers.h tests/unit/vec.h
tests_unit_test_share_code_LDADD = $(ID_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_sha256
tests_unit_test_sha256_SOURCES = tests/unit/test_sha256.c tests/unit/hex.h tests/unit/vec.h
tests_unit_test_sha256_LDADD = $(ID_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_name_record
tests_unit_test_name_record_SOURCES = tests/unit/test_name_record.c tests/unit/keyfile.h tests/unit/hex.h tests/unit/tmpfiles.h tests/unit/vec.h
tests_unit_test_name_record_LDADD = $(ID_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_peer_list
tests_unit_test_peer_list_SOURCES = tests/unit/test_peer_list.c tests/unit/testpeers.h tests/unit/keyfile.h tests/unit/hex.h tests/unit/tmpfiles.h tests/unit/vec.h
tests_unit_test_peer_list_LDADD = $(ID_LIBS) $(CMOCKA_LIBS)
endif
