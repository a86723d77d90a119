# Every fuzz_<stem>.c is built twice: replay_<stem> runs the corpus in `make check` with any compiler, and
# fuzz_<stem> is the libFuzzer program of `make fuzz` (run.sh).  Both link the layer of the stem only.
EXTRA_DIST += tests/fuzz/run.sh tests/fuzz/corpus

check_PROGRAMS += tests/fuzz/replay_conf
tests_fuzz_replay_conf_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_conf.c tests/fuzz/fuzz.h
tests_fuzz_replay_conf_LDADD = $(BASE_LIBS)
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_conf_LDADD = $(BASE_LIBS)
tests_fuzz_fuzz_conf_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_varint
tests_fuzz_replay_varint_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_varint.c tests/fuzz/fuzz.h
tests_fuzz_replay_varint_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_varint_SOURCES = tests/fuzz/fuzz_varint.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_varint_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_varint_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_dns_msg
tests_fuzz_replay_dns_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_dns_msg.c tests/fuzz/fuzz.h
tests_fuzz_replay_dns_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_dns_msg_SOURCES = tests/fuzz/fuzz_dns_msg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_dns_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_dns_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_dns_answer
tests_fuzz_replay_dns_answer_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_dns_answer.c tests/fuzz/fuzz.h
tests_fuzz_replay_dns_answer_LDADD = $(GATE_LIBS)
tests_fuzz_fuzz_dns_answer_SOURCES = tests/fuzz/fuzz_dns_answer.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_dns_answer_LDADD = $(GATE_LIBS)
tests_fuzz_fuzz_dns_answer_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_pb
tests_fuzz_replay_pb_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_pb.c tests/fuzz/fuzz.h
tests_fuzz_replay_pb_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_pb_SOURCES = tests/fuzz/fuzz_pb.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_pb_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_pb_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_mss
tests_fuzz_replay_mss_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_mss.c tests/fuzz/fuzz.h
tests_fuzz_replay_mss_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_mss_SOURCES = tests/fuzz/fuzz_mss.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_mss_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_mss_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_kad_msg
tests_fuzz_replay_kad_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_kad_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_replay_kad_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_kad_msg_SOURCES = tests/fuzz/fuzz_kad_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_fuzz_kad_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_kad_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_keypb
tests_fuzz_replay_keypb_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_keypb.c tests/fuzz/fuzz.h
tests_fuzz_replay_keypb_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_keypb_SOURCES = tests/fuzz/fuzz_keypb.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_keypb_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_keypb_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_tunnel_msg
tests_fuzz_replay_tunnel_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_tunnel_msg.c tests/fuzz/fuzz.h
tests_fuzz_replay_tunnel_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_tunnel_msg_SOURCES = tests/fuzz/fuzz_tunnel_msg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_tunnel_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_tunnel_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_identify_msg
tests_fuzz_replay_identify_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_identify_msg.c tests/fuzz/fuzz.h
tests_fuzz_replay_identify_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_identify_msg_SOURCES = tests/fuzz/fuzz_identify_msg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_identify_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_identify_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_socks4
tests_fuzz_replay_socks4_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_socks4.c tests/fuzz/fuzz.h tests/fuzz/socks5_dest.h
tests_fuzz_replay_socks4_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_socks4_SOURCES = tests/fuzz/fuzz_socks4.c tests/fuzz/fuzz.h tests/fuzz/socks5_dest.h
tests_fuzz_fuzz_socks4_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_socks4_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_socks5
tests_fuzz_replay_socks5_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_socks5.c tests/fuzz/fuzz.h tests/fuzz/socks5_dest.h
tests_fuzz_replay_socks5_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_socks5_SOURCES = tests/fuzz/fuzz_socks5.c tests/fuzz/fuzz.h tests/fuzz/socks5_dest.h
tests_fuzz_fuzz_socks5_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_socks5_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_socks5_udp
tests_fuzz_replay_socks5_udp_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_socks5_udp.c tests/fuzz/fuzz.h
tests_fuzz_replay_socks5_udp_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_socks5_udp_SOURCES = tests/fuzz/fuzz_socks5_udp.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_socks5_udp_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_socks5_udp_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_svcquery_msg
tests_fuzz_replay_svcquery_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_svcquery_msg.c tests/fuzz/fuzz.h
tests_fuzz_replay_svcquery_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_svcquery_msg_SOURCES = tests/fuzz/fuzz_svcquery_msg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_svcquery_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_svcquery_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_udp_msg
tests_fuzz_replay_udp_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_udp_msg.c tests/fuzz/fuzz.h
tests_fuzz_replay_udp_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_udp_msg_SOURCES = tests/fuzz/fuzz_udp_msg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_udp_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_udp_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_eth_abi
tests_fuzz_replay_eth_abi_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_eth_abi.c tests/fuzz/fuzz.h
tests_fuzz_replay_eth_abi_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_eth_abi_SOURCES = tests/fuzz/fuzz_eth_abi.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_eth_abi_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_eth_abi_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_http1
tests_fuzz_replay_http1_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_http1.c tests/fuzz/fuzz.h
tests_fuzz_replay_http1_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_http1_SOURCES = tests/fuzz/fuzz_http1.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_http1_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_http1_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_proxyv2
tests_fuzz_replay_proxyv2_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_proxyv2.c tests/fuzz/fuzz.h
tests_fuzz_replay_proxyv2_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_proxyv2_SOURCES = tests/fuzz/fuzz_proxyv2.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_proxyv2_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_proxyv2_LDFLAGS = $(LIBFUZZER)
check_PROGRAMS += tests/fuzz/replay_noise_msg
tests_fuzz_replay_noise_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_noise_msg.c tests/fuzz/fuzz.h
tests_fuzz_replay_noise_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_noise_msg_SOURCES = tests/fuzz/fuzz_noise_msg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_noise_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_noise_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_yamux_frame
tests_fuzz_replay_yamux_frame_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_yamux_frame.c tests/fuzz/fuzz.h
tests_fuzz_replay_yamux_frame_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_yamux_frame_SOURCES = tests/fuzz/fuzz_yamux_frame.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_yamux_frame_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_yamux_frame_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_peer_msg
tests_fuzz_replay_peer_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_peer_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_replay_peer_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_peer_msg_SOURCES = tests/fuzz/fuzz_peer_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_fuzz_peer_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_peer_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_circuit_msg
tests_fuzz_replay_circuit_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_circuit_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_replay_circuit_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_circuit_msg_SOURCES = tests/fuzz/fuzz_circuit_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_fuzz_circuit_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_circuit_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_checkup_msg
tests_fuzz_replay_checkup_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_checkup_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_replay_checkup_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_checkup_msg_SOURCES = tests/fuzz/fuzz_checkup_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_fuzz_checkup_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_checkup_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_dcutr_msg
tests_fuzz_replay_dcutr_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_dcutr_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_replay_dcutr_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_dcutr_msg_SOURCES = tests/fuzz/fuzz_dcutr_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_fuzz_dcutr_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_dcutr_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_autonat_msg
tests_fuzz_replay_autonat_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_autonat_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_replay_autonat_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_autonat_msg_SOURCES = tests/fuzz/fuzz_autonat_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_fuzz_autonat_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_autonat_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_autonat2_msg
tests_fuzz_replay_autonat2_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_autonat2_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_replay_autonat2_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_autonat2_msg_SOURCES = tests/fuzz/fuzz_autonat2_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_fuzz_autonat2_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_autonat2_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_envelope_msg
tests_fuzz_replay_envelope_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_envelope_msg.c tests/fuzz/fuzz.h
tests_fuzz_replay_envelope_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_envelope_msg_SOURCES = tests/fuzz/fuzz_envelope_msg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_envelope_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_envelope_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_voucher_msg
tests_fuzz_replay_voucher_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_voucher_msg.c tests/fuzz/fuzz.h
tests_fuzz_replay_voucher_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_voucher_msg_SOURCES = tests/fuzz/fuzz_voucher_msg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_voucher_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_voucher_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_names_msg
tests_fuzz_replay_names_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_names_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_replay_names_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_names_msg_SOURCES = tests/fuzz/fuzz_names_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_fuzz_names_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_names_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_netlink_msg
tests_fuzz_replay_netlink_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_netlink_msg.c tests/fuzz/fuzz.h
tests_fuzz_replay_netlink_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_netlink_msg_SOURCES = tests/fuzz/fuzz_netlink_msg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_netlink_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_netlink_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_pcp_msg
tests_fuzz_replay_pcp_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_pcp_msg.c tests/fuzz/fuzz.h
tests_fuzz_replay_pcp_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_pcp_msg_SOURCES = tests/fuzz/fuzz_pcp_msg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_pcp_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_pcp_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_multiaddr
tests_fuzz_replay_multiaddr_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_multiaddr.c tests/fuzz/fuzz.h
tests_fuzz_replay_multiaddr_LDADD = $(ID_LIBS)
tests_fuzz_fuzz_multiaddr_SOURCES = tests/fuzz/fuzz_multiaddr.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_multiaddr_LDADD = $(ID_LIBS)
tests_fuzz_fuzz_multiaddr_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_cert
tests_fuzz_replay_cert_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_cert.c tests/fuzz/fuzz.h
tests_fuzz_replay_cert_LDADD = $(ID_LIBS)
tests_fuzz_fuzz_cert_SOURCES = tests/fuzz/fuzz_cert.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_cert_LDADD = $(ID_LIBS)
tests_fuzz_fuzz_cert_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_envelope
tests_fuzz_replay_envelope_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_envelope.c tests/fuzz/fuzz.h
tests_fuzz_replay_envelope_LDADD = $(ID_LIBS)
tests_fuzz_fuzz_envelope_SOURCES = tests/fuzz/fuzz_envelope.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_envelope_LDADD = $(ID_LIBS)
tests_fuzz_fuzz_envelope_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_yamux
tests_fuzz_replay_yamux_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_yamux.c tests/fuzz/fuzz.h tests/fuzz/owners.h \
	tests/unit/fake_stream.c tests/unit/fake_stream.h
tests_fuzz_replay_yamux_LDADD = $(TRANSPORT_LIBS)
tests_fuzz_fuzz_yamux_SOURCES = tests/fuzz/fuzz_yamux.c tests/fuzz/fuzz.h tests/fuzz/owners.h \
	tests/unit/fake_stream.c tests/unit/fake_stream.h
tests_fuzz_fuzz_yamux_LDADD = $(TRANSPORT_LIBS)
tests_fuzz_fuzz_yamux_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_kad_table
tests_fuzz_replay_kad_table_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_kad_table.c tests/fuzz/fuzz.h
tests_fuzz_replay_kad_table_LDADD = $(P2P_LIBS)
tests_fuzz_fuzz_kad_table_SOURCES = tests/fuzz/fuzz_kad_table.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_kad_table_LDADD = $(P2P_LIBS)
tests_fuzz_fuzz_kad_table_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_authkeys
tests_fuzz_replay_authkeys_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_authkeys.c tests/fuzz/fuzz.h
tests_fuzz_replay_authkeys_LDADD = $(SVC_LIBS)
tests_fuzz_fuzz_authkeys_SOURCES = tests/fuzz/fuzz_authkeys.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_authkeys_LDADD = $(SVC_LIBS)
tests_fuzz_fuzz_authkeys_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_http_tag
tests_fuzz_replay_http_tag_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_http_tag.c tests/fuzz/fuzz.h
tests_fuzz_replay_http_tag_LDADD = $(SVC_LIBS)
tests_fuzz_fuzz_http_tag_SOURCES = tests/fuzz/fuzz_http_tag.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_http_tag_LDADD = $(SVC_LIBS)
tests_fuzz_fuzz_http_tag_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_dns_texts
tests_fuzz_replay_dns_texts_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_dns_texts.c tests/fuzz/fuzz.h
tests_fuzz_replay_dns_texts_LDADD = $(NET_LIBS)
tests_fuzz_fuzz_dns_texts_SOURCES = tests/fuzz/fuzz_dns_texts.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_dns_texts_LDADD = $(NET_LIBS)
tests_fuzz_fuzz_dns_texts_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_names
tests_fuzz_replay_names_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_names.c tests/fuzz/fuzz.h
tests_fuzz_replay_names_LDADD = $(NAME_LIBS)
tests_fuzz_fuzz_names_SOURCES = tests/fuzz/fuzz_names.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_names_LDADD = $(NAME_LIBS)
tests_fuzz_fuzz_names_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_tier_exec
tests_fuzz_replay_tier_exec_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_tier_exec.c tests/fuzz/fuzz.h
tests_fuzz_replay_tier_exec_LDADD = $(NAME_LIBS)
tests_fuzz_fuzz_tier_exec_SOURCES = tests/fuzz/fuzz_tier_exec.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_tier_exec_LDADD = $(NAME_LIBS)
tests_fuzz_fuzz_tier_exec_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_ctl_session
tests_fuzz_replay_ctl_session_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_ctl_session.c tests/fuzz/fuzz.h
tests_fuzz_replay_ctl_session_LDADD = $(CTL_LIBS)
tests_fuzz_fuzz_ctl_session_SOURCES = tests/fuzz/fuzz_ctl_session.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_ctl_session_LDADD = $(CTL_LIBS)
tests_fuzz_fuzz_ctl_session_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_name_msg
tests_fuzz_replay_name_msg_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_name_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_replay_name_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_name_msg_SOURCES = tests/fuzz/fuzz_name_msg.c tests/fuzz/fuzz.h tests/fuzz/pblist.h
tests_fuzz_fuzz_name_msg_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_name_msg_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_peer_list
tests_fuzz_replay_peer_list_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_peer_list.c tests/fuzz/fuzz.h
tests_fuzz_replay_peer_list_LDADD = $(ID_LIBS)
tests_fuzz_fuzz_peer_list_SOURCES = tests/fuzz/fuzz_peer_list.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_peer_list_LDADD = $(ID_LIBS)
tests_fuzz_fuzz_peer_list_LDFLAGS = $(LIBFUZZER)

check_PROGRAMS += tests/fuzz/replay_kad_server
tests_fuzz_replay_kad_server_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_kad_server.c tests/fuzz/fuzz.h
tests_fuzz_replay_kad_server_LDADD = $(P2P_LIBS)
tests_fuzz_fuzz_kad_server_SOURCES = tests/fuzz/fuzz_kad_server.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_kad_server_LDADD = $(P2P_LIBS)
tests_fuzz_fuzz_kad_server_LDFLAGS = $(LIBFUZZER)

# Whole inputs from outside, to what runs above the codecs; their clock is turned by hand.
FUZZ_STREAMS = tests/fuzz/fuzz_streams.c tests/fuzz/fuzz.h tests/fuzz/script.h tests/fuzz/wholenode.c \
	tests/fuzz/wholenode.h tests/unit/fake_muxed.c tests/unit/fake_muxed.h tests/unit/fake_stream.c \
	tests/unit/fake_stream.h tests/unit/handclock.h tests/unit/looprun.h
check_PROGRAMS += tests/fuzz/replay_streams
tests_fuzz_replay_streams_SOURCES = tests/fuzz/replay.c $(FUZZ_STREAMS)
tests_fuzz_replay_streams_LDADD = $(HANDCLOCK) $(SVC_LIBS)
tests_fuzz_fuzz_streams_SOURCES = $(FUZZ_STREAMS)
tests_fuzz_fuzz_streams_LDADD = $(HANDCLOCK) $(SVC_LIBS)
tests_fuzz_fuzz_streams_LDFLAGS = $(LIBFUZZER)

FUZZ_QUIC = tests/fuzz/fuzz_quic.c tests/fuzz/fuzz.h tests/fuzz/owners.h tests/fuzz/quicpeer.c tests/fuzz/quicpeer.h \
	tests/fuzz/script.h tests/unit/handclock.h
check_PROGRAMS += tests/fuzz/replay_quic
tests_fuzz_replay_quic_SOURCES = tests/fuzz/replay.c $(FUZZ_QUIC)
tests_fuzz_replay_quic_LDADD = $(HANDCLOCK) $(TRANSPORT_LIBS)
tests_fuzz_fuzz_quic_SOURCES = $(FUZZ_QUIC)
tests_fuzz_fuzz_quic_LDADD = $(HANDCLOCK) $(TRANSPORT_LIBS)
tests_fuzz_fuzz_quic_LDFLAGS = $(LIBFUZZER)

FUZZ_UPGRADE = tests/fuzz/fuzz_upgrade.c tests/fuzz/fuzz.h tests/fuzz/owners.h tests/fuzz/script.h tests/unit/fake_stream.c \
	tests/unit/fake_stream.h tests/unit/handclock.h tests/unit/looprun.h
check_PROGRAMS += tests/fuzz/replay_upgrade
tests_fuzz_replay_upgrade_SOURCES = tests/fuzz/replay.c $(FUZZ_UPGRADE)
tests_fuzz_replay_upgrade_LDADD = $(HANDCLOCK) $(TRANSPORT_LIBS)
tests_fuzz_fuzz_upgrade_SOURCES = $(FUZZ_UPGRADE)
tests_fuzz_fuzz_upgrade_LDADD = $(HANDCLOCK) $(TRANSPORT_LIBS)
tests_fuzz_fuzz_upgrade_LDFLAGS = $(LIBFUZZER)

FUZZ_DNS_IN = tests/fuzz/fuzz_dns_in.c tests/fuzz/fuzz.h tests/fuzz/script.h tests/unit/handclock.h \
	tests/unit/looprun.h
check_PROGRAMS += tests/fuzz/replay_dns_in
tests_fuzz_replay_dns_in_SOURCES = tests/fuzz/replay.c $(FUZZ_DNS_IN)
tests_fuzz_replay_dns_in_LDADD = $(HANDCLOCK) $(GATE_LIBS)
tests_fuzz_fuzz_dns_in_SOURCES = $(FUZZ_DNS_IN)
tests_fuzz_fuzz_dns_in_LDADD = $(HANDCLOCK) $(GATE_LIBS)
tests_fuzz_fuzz_dns_in_LDFLAGS = $(LIBFUZZER)

if HAVE_CMOCKA
FUZZ_PROXY = tests/fuzz/fuzz_proxy.c tests/fuzz/fuzz.h tests/fuzz/script.h tests/unit/fake_front.c \
	tests/unit/fake_front.h tests/unit/handclock.h tests/unit/looprun.h
check_PROGRAMS += tests/fuzz/replay_proxy
tests_fuzz_replay_proxy_SOURCES = tests/fuzz/replay.c $(FUZZ_PROXY)
tests_fuzz_replay_proxy_LDADD = $(GATE_LIBS) $(CMOCKA_LIBS)
tests_fuzz_fuzz_proxy_SOURCES = $(FUZZ_PROXY)
tests_fuzz_fuzz_proxy_LDADD = $(GATE_LIBS) $(CMOCKA_LIBS)
tests_fuzz_fuzz_proxy_LDFLAGS = $(LIBFUZZER)
endif

HANDCLOCK = tests/unit/handclock.$(OBJEXT)
LIBFUZZER = $(AM_LDFLAGS) -fsanitize=fuzzer
if FUZZ
noinst_PROGRAMS = \
	tests/fuzz/fuzz_conf \
	tests/fuzz/fuzz_varint \
	tests/fuzz/fuzz_pb \
	tests/fuzz/fuzz_mss \
	tests/fuzz/fuzz_kad_msg \
	tests/fuzz/fuzz_keypb \
	tests/fuzz/fuzz_tunnel_msg \
	tests/fuzz/fuzz_identify_msg \
	tests/fuzz/fuzz_socks4 \
	tests/fuzz/fuzz_socks5 \
	tests/fuzz/fuzz_socks5_udp \
	tests/fuzz/fuzz_svcquery_msg \
	tests/fuzz/fuzz_udp_msg \
	tests/fuzz/fuzz_eth_abi \
	tests/fuzz/fuzz_http1 \
	tests/fuzz/fuzz_proxyv2 \
	tests/fuzz/fuzz_http_tag \
	tests/fuzz/fuzz_names_msg \
	tests/fuzz/fuzz_netlink_msg \
	tests/fuzz/fuzz_noise_msg \
	tests/fuzz/fuzz_pcp_msg \
	tests/fuzz/fuzz_yamux_frame \
	tests/fuzz/fuzz_peer_msg \
	tests/fuzz/fuzz_circuit_msg \
	tests/fuzz/fuzz_checkup_msg \
	tests/fuzz/fuzz_dcutr_msg \
	tests/fuzz/fuzz_dns_msg \
	tests/fuzz/fuzz_dns_answer \
	tests/fuzz/fuzz_autonat_msg \
	tests/fuzz/fuzz_autonat2_msg \
	tests/fuzz/fuzz_envelope_msg \
	tests/fuzz/fuzz_voucher_msg \
	tests/fuzz/fuzz_multiaddr \
	tests/fuzz/fuzz_cert \
	tests/fuzz/fuzz_envelope \
	tests/fuzz/fuzz_yamux \
	tests/fuzz/fuzz_kad_table \
	tests/fuzz/fuzz_authkeys \
	tests/fuzz/fuzz_dns_texts \
	tests/fuzz/fuzz_names \
	tests/fuzz/fuzz_tier_exec \
	tests/fuzz/fuzz_name_msg \
	tests/fuzz/fuzz_peer_list \
	tests/fuzz/fuzz_kad_server \
	tests/fuzz/fuzz_ctl_session \
	tests/fuzz/fuzz_dns_in \
	tests/fuzz/fuzz_quic \
	tests/fuzz/fuzz_streams \
	tests/fuzz/fuzz_upgrade
if HAVE_CMOCKA
noinst_PROGRAMS += tests/fuzz/fuzz_proxy
endif
endif
