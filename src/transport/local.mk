noinst_LIBRARIES += src/libtransport.a
src_libtransport_a_SOURCES = \
	src/transport/cipher.h \
	src/transport/muxed.c src/transport/muxed.h \
	src/transport/muxstream.c src/transport/muxstream.h \
	src/transport/negotiate.c src/transport/negotiate.h \
	src/transport/noise.c src/transport/noise.h \
	src/transport/noise_xx.c src/transport/noise_xx.h \
	src/transport/quic.c src/transport/quic.h \
	src/transport/quic_bye.c src/transport/quic_bye.h \
	src/transport/quic_callbacks.c src/transport/quic_callbacks.h \
	src/transport/quic_cid.c src/transport/quic_cid.h \
	src/transport/quic_close.c src/transport/quic_close.h \
	src/transport/quic_conn.c src/transport/quic_conn.h \
	src/transport/quic_dgrams.c src/transport/quic_dgrams.h \
	src/transport/quic_settings.c src/transport/quic_settings.h \
	src/transport/quic_silence.c src/transport/quic_silence.h \
	src/transport/quic_stream.c src/transport/quic_stream.h \
	src/transport/quic_streams.c src/transport/quic_streams.h \
	src/transport/quic_tls.c src/transport/quic_tls.h \
	src/transport/quic_token.c src/transport/quic_token.h \
	src/transport/quic_write.c src/transport/quic_write.h \
	src/transport/sched.c src/transport/sched.h \
	src/transport/seal.c src/transport/seal.h \
	src/transport/secure.c src/transport/secure.h \
	src/transport/tcp.c src/transport/tcp.h \
	src/transport/tls.c src/transport/tls.h \
	src/transport/tls_cred.c src/transport/tls_cred.h \
	src/transport/upgrade.c src/transport/upgrade.h \
	src/transport/yamux.c src/transport/yamux.h \
	src/transport/yamux_close.c src/transport/yamux_close.h \
	src/transport/yamux_stream.c src/transport/yamux_stream.h

if HAVE_CMOCKA
TRANSPORT_TESTS = tests/unit/test_negotiate tests/unit/test_noise_xx tests/unit/test_quic \
	tests/unit/test_quic_cid tests/unit/test_quic_conn tests/unit/test_quic_dgrams \
	tests/unit/test_quic_silence tests/unit/test_quic_tls tests/unit/test_sched \
	tests/unit/test_seal tests/unit/test_secure tests/unit/test_tcp tests/unit/test_tls \
	tests/unit/test_upgrade tests/unit/test_yamux tests/unit/test_yamux_close
check_PROGRAMS += $(TRANSPORT_TESTS)
$(TRANSPORT_TESTS): LDADD = $(TRANSPORT_LIBS) $(CMOCKA_LIBS)
$(TRANSPORT_TESTS): $(filter %.a %.$(OBJEXT),$(TRANSPORT_LIBS) $(CMOCKA_LIBS))
tests_unit_test_negotiate_SOURCES = tests/unit/test_negotiate.c tests/unit/fake_stream.c
tests_unit_test_quic_SOURCES = tests/unit/test_quic.c tests/unit/quicrig.c
tests_unit_test_quic_conn_SOURCES = tests/unit/test_quic_conn.c tests/unit/quicrig.c
tests_unit_test_quic_conn_LDFLAGS = $(AM_LDFLAGS) $(NO_HEADROOM) \
	-Wl,--wrap=ngtcp2_conn_client_new_versioned -Wl,--wrap=ngtcp2_conn_server_new_versioned
tests_unit_test_quic_dgrams_SOURCES = tests/unit/test_quic_dgrams.c tests/unit/quicrig.c
tests_unit_test_secure_SOURCES = tests/unit/test_secure.c tests/unit/fake_stream.c
tests_unit_test_tls_LDFLAGS = $(AM_LDFLAGS) $(NO_HEADROOM)
tests_unit_test_upgrade_SOURCES = tests/unit/test_upgrade.c tests/unit/fake_stream.c
tests_unit_test_yamux_SOURCES = tests/unit/test_yamux.c tests/unit/fake_stream.c
endif
