noinst_LIBRARIES += src/libwire.a
src_libwire_a_SOURCES = \
	src/wire/varint.c src/wire/varint.h \
	src/wire/pb.c src/wire/pb.h \
	src/wire/mss.c src/wire/mss.h \
	src/wire/dns_msg.c src/wire/dns_msg.h \
	src/wire/names_msg.c src/wire/names_msg.h \
	src/wire/name_msg.c src/wire/name_msg.h \
	src/wire/netlink_msg.c src/wire/netlink_msg.h \
	src/wire/noise_msg.c src/wire/noise_msg.h \
	src/wire/pcp_msg.c src/wire/pcp_msg.h \
	src/wire/kad_msg.c src/wire/kad_msg.h \
	src/wire/keypb.c src/wire/keypb.h \
	src/wire/peer_msg.c src/wire/peer_msg.h \
	src/wire/circuit_msg.c src/wire/circuit_msg.h \
	src/wire/checkup_msg.c src/wire/checkup_msg.h \
	src/wire/dcutr_msg.c src/wire/dcutr_msg.h \
	src/wire/autonat_msg.c src/wire/autonat_msg.h \
	src/wire/autonat2_msg.c src/wire/autonat2_msg.h \
	src/wire/envelope_msg.c src/wire/envelope_msg.h \
	src/wire/voucher_msg.c src/wire/voucher_msg.h \
	src/wire/tunnel_msg.c src/wire/tunnel_msg.h \
	src/wire/eth_abi.c src/wire/eth_abi.h \
	src/wire/http1.c src/wire/http1.h \
	src/wire/proxyv2.c src/wire/proxyv2.h \
	src/wire/identify_msg.c src/wire/identify_msg.h \
	src/wire/socks4.c src/wire/socks4.h \
	src/wire/socks5.c src/wire/socks5.h \
	src/wire/socks5_udp.c src/wire/socks5_udp.h \
	src/wire/svcquery_msg.c src/wire/svcquery_msg.h \
	src/wire/udp_msg.c src/wire/udp_msg.h \
	src/wire/yamux_frame.c src/wire/yamux_frame.h

if HAVE_CMOCKA
WIRE_TESTS = tests/unit/test_autonat2_msg tests/unit/test_autonat_msg tests/unit/test_checkup_msg \
	tests/unit/test_circuit_msg tests/unit/test_dcutr_msg tests/unit/test_dns_msg \
	tests/unit/test_envelope_msg tests/unit/test_eth_abi tests/unit/test_http1 \
	tests/unit/test_identify_msg tests/unit/test_kad_msg tests/unit/test_keypb tests/unit/test_mss \
	tests/unit/test_name_msg tests/unit/test_names_msg tests/unit/test_netlink_msg \
	tests/unit/test_noise_msg tests/unit/test_pb tests/unit/test_pcp_msg tests/unit/test_peer_msg \
	tests/unit/test_proxyv2 tests/unit/test_socks4 tests/unit/test_socks5 tests/unit/test_socks5_udp \
	tests/unit/test_svcquery_msg tests/unit/test_tunnel_msg tests/unit/test_udp_msg \
	tests/unit/test_varint tests/unit/test_voucher_msg tests/unit/test_yamux_frame
check_PROGRAMS += $(WIRE_TESTS)
$(WIRE_TESTS): LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
$(WIRE_TESTS): $(filter %.a %.$(OBJEXT),$(WIRE_LIBS) $(CMOCKA_LIBS))
endif
