noinst_LIBRARIES += src/libsvc.a
src_libsvc_a_SOURCES = \
	src/svc/authedit.c src/svc/authedit.h \
	src/svc/authkeys.c src/svc/authkeys.h \
	src/svc/authz.c src/svc/authz.h \
	src/svc/registry.c src/svc/registry.h \
	src/svc/svc_in.c src/svc/svc_in.h \
	src/svc/svc_list.c src/svc/svc_list.h \
	src/svc/svc_out.c src/svc/svc_out.h \
	src/svc/svc_proto.c src/svc/svc_proto.h \
	src/svc/svc_query.c src/svc/svc_query.h

if HAVE_CMOCKA
# A host without a network: its functions stand in for those of src/libhost.a.
FAKE_HOST = tests/unit/fake_host.c tests/unit/fake_host.h
SVCRIG = $(FAKE_HOST) tests/unit/svcrig.h tests/unit/testpeers.h tests/unit/tmpfiles.h

check_PROGRAMS += tests/unit/test_authedit tests/unit/test_authkeys tests/unit/test_authz \
	tests/unit/test_registry tests/unit/test_svc_in tests/unit/test_svc_out \
	tests/unit/test_svc_proto tests/unit/test_svc_query
tests_unit_test_authedit_SOURCES = tests/unit/test_authedit.c tests/unit/testpeers.h
tests_unit_test_authedit_LDADD = $(SVC_LIBS) $(CMOCKA_LIBS)
tests_unit_test_authkeys_SOURCES = tests/unit/test_authkeys.c tests/unit/testpeers.h
tests_unit_test_authkeys_LDADD = $(SVC_LIBS) $(CMOCKA_LIBS)
tests_unit_test_authz_SOURCES = tests/unit/test_authz.c tests/unit/testpeers.h tests/unit/tmpfiles.h $(FAKE_HOST)
tests_unit_test_authz_LDADD = $(SVC_LIBS) $(CMOCKA_LIBS)
tests_unit_test_registry_SOURCES = tests/unit/test_registry.c
tests_unit_test_registry_LDADD = $(SVC_LIBS) $(CMOCKA_LIBS)
tests_unit_test_svc_in_SOURCES = tests/unit/test_svc_in.c $(SVCRIG)
tests_unit_test_svc_in_LDADD = $(SVC_LIBS) $(CMOCKA_LIBS)
tests_unit_test_svc_out_SOURCES = tests/unit/test_svc_out.c tests/unit/testpeers.h $(FAKE_HOST)
tests_unit_test_svc_out_LDADD = $(SVC_LIBS) $(CMOCKA_LIBS)
tests_unit_test_svc_proto_SOURCES = tests/unit/test_svc_proto.c
tests_unit_test_svc_proto_LDADD = $(SVC_LIBS) $(CMOCKA_LIBS)
tests_unit_test_svc_query_SOURCES = tests/unit/test_svc_query.c $(SVCRIG)
tests_unit_test_svc_query_LDADD = $(SVC_LIBS) $(CMOCKA_LIBS)
endif

