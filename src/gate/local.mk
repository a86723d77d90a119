noinst_LIBRARIES += src/libgate.a
src_libgate_a_SOURCES = \
	src/gate/forward_in.c src/gate/forward_in.h \
	src/gate/front.c src/gate/front.h \
	src/gate/socks5_in.c src/gate/socks5_in.h \
	src/gate/target.c
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_front tests/unit/test_socks5_in tests/unit/test_forward_in
tests_unit_test_front_SOURCES = tests/unit/test_front.c tests/unit/looprig.h tests/unit/fdpair.h \
	tests/unit/testpeers.h tests/unit/vec.h
tests_unit_test_front_LDADD = $(GATE_LIBS) $(CMOCKA_LIBS)
tests_unit_test_socks5_in_SOURCES = tests/unit/test_socks5_in.c tests/unit/fake_front.c tests/unit/fake_front.h \
	tests/unit/looprig.h tests/unit/fdpair.h tests/unit/vec.h
tests_unit_test_socks5_in_LDADD = $(GATE_LIBS) $(CMOCKA_LIBS)
tests_unit_test_forward_in_SOURCES = tests/unit/test_forward_in.c tests/unit/fake_front.c tests/unit/fake_front.h \
	tests/unit/looprig.h tests/unit/fdpair.h tests/unit/vec.h
tests_unit_test_forward_in_LDADD = $(GATE_LIBS) $(CMOCKA_LIBS)
endif
