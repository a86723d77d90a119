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
check_PROGRAMS += tests/unit/test_varint
tests_unit_test_varint_SOURCES = tests/unit/test_varint.c tests/unit/vec.h
tests_unit_test_varint_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_dns_msg
tests_unit_test_dns_msg_SOURCES = tests/unit/test_dns_msg.c tests/unit/vec.h
tests_unit_test_dns_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_pb
tests_unit_test_pb_SOURCES = tests/unit/test_pb.c tests/unit/vec.h
tests_unit_test_pb_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_mss
tests_unit_test_mss_SOURCES = tests/unit/test_mss.c tests/unit/vec.h
tests_unit_test_mss_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_kad_msg
tests_unit_test_kad_msg_SOURCES = tests/unit/test_kad_msg.c tests/unit/pblist.h tests/unit/vec.h
tests_unit_test_kad_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_keypb
tests_unit_test_keypb_SOURCES = tests/unit/test_keypb.c
tests_unit_test_keypb_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_tunnel_msg
tests_unit_test_tunnel_msg_SOURCES = tests/unit/test_tunnel_msg.c tests/unit/vec.h
tests_unit_test_tunnel_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_identify_msg
tests_unit_test_identify_msg_SOURCES = tests/unit/test_identify_msg.c tests/unit/vec.h
tests_unit_test_identify_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_socks4
tests_unit_test_socks4_SOURCES = tests/unit/test_socks4.c tests/unit/vec.h
tests_unit_test_socks4_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_socks5
tests_unit_test_socks5_SOURCES = tests/unit/test_socks5.c tests/unit/vec.h
tests_unit_test_socks5_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_socks5_udp
tests_unit_test_socks5_udp_SOURCES = tests/unit/test_socks5_udp.c tests/unit/vec.h
tests_unit_test_socks5_udp_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_svcquery_msg
tests_unit_test_svcquery_msg_SOURCES = tests/unit/test_svcquery_msg.c tests/unit/vec.h
tests_unit_test_svcquery_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_http1
tests_unit_test_http1_SOURCES = tests/unit/test_http1.c tests/unit/vec.h
tests_unit_test_http1_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_proxyv2
tests_unit_test_proxyv2_SOURCES = tests/unit/test_proxyv2.c tests/unit/vec.h
tests_unit_test_proxyv2_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_udp_msg
tests_unit_test_udp_msg_SOURCES = tests/unit/test_udp_msg.c tests/unit/vec.h
tests_unit_test_udp_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_noise_msg
tests_unit_test_noise_msg_SOURCES = tests/unit/test_noise_msg.c tests/unit/vec.h
tests_unit_test_noise_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_yamux_frame
tests_unit_test_yamux_frame_SOURCES = tests/unit/test_yamux_frame.c tests/unit/vec.h
tests_unit_test_yamux_frame_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_peer_msg
tests_unit_test_peer_msg_SOURCES = tests/unit/test_peer_msg.c tests/unit/pblist.h tests/unit/vec.h
tests_unit_test_peer_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_circuit_msg
tests_unit_test_circuit_msg_SOURCES = tests/unit/test_circuit_msg.c tests/unit/pblist.h tests/unit/vec.h
tests_unit_test_circuit_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_checkup_msg
tests_unit_test_checkup_msg_SOURCES = tests/unit/test_checkup_msg.c tests/unit/pblist.h tests/unit/vec.h
tests_unit_test_checkup_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_dcutr_msg
tests_unit_test_dcutr_msg_SOURCES = tests/unit/test_dcutr_msg.c tests/unit/pblist.h tests/unit/vec.h
tests_unit_test_dcutr_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_autonat_msg
tests_unit_test_autonat_msg_SOURCES = tests/unit/test_autonat_msg.c tests/unit/pblist.h tests/unit/vec.h
tests_unit_test_autonat_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_autonat2_msg
tests_unit_test_autonat2_msg_SOURCES = tests/unit/test_autonat2_msg.c tests/unit/pblist.h tests/unit/vec.h
tests_unit_test_autonat2_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_envelope_msg
tests_unit_test_envelope_msg_SOURCES = tests/unit/test_envelope_msg.c tests/unit/vec.h
tests_unit_test_envelope_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_voucher_msg
tests_unit_test_voucher_msg_SOURCES = tests/unit/test_voucher_msg.c tests/unit/vec.h
tests_unit_test_voucher_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_names_msg
tests_unit_test_names_msg_SOURCES = tests/unit/test_names_msg.c tests/unit/pblist.h tests/unit/vec.h
tests_unit_test_names_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_netlink_msg
tests_unit_test_netlink_msg_SOURCES = tests/unit/test_netlink_msg.c tests/unit/vec.h
tests_unit_test_netlink_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_pcp_msg
tests_unit_test_pcp_msg_SOURCES = tests/unit/test_pcp_msg.c tests/unit/vec.h
tests_unit_test_pcp_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_eth_abi
tests_unit_test_eth_abi_SOURCES = tests/unit/test_eth_abi.c tests/unit/hex.h tests/unit/vec.h
tests_unit_test_eth_abi_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_name_msg
tests_unit_test_name_msg_SOURCES = tests/unit/test_name_msg.c tests/unit/pblist.h tests/unit/vec.h
tests_unit_test_name_msg_LDADD = $(WIRE_LIBS) $(CMOCKA_LIBS)
endif
