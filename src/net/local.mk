noinst_LIBRARIES += src/libnet.a
src_libnet_a_SOURCES = \
	src/net/addr_scope.c src/net/addr_scope.h \
	src/net/bridge.c src/net/bridge.h \
	src/net/child.c src/net/child.h \
	src/net/chunkq.c src/net/chunkq.h \
	src/net/clockjump.c src/net/clockjump.h \
	src/net/dgrams.c src/net/dgrams.h \
	src/net/dialtcp.c src/net/dialtcp.h \
	src/net/dns.c src/net/dns.h src/net/dns_dial.c src/net/dns_outside.c src/net/dns_public.c \
	src/net/dns_texts.c src/net/dns_texts.h \
	src/net/fdstream.c src/net/fdstream.h \
	src/net/fetch.c src/net/fetch.h \
	src/net/hangup.c src/net/hangup.h \
	src/net/limit.c src/net/limit.h \
	src/net/listen.c src/net/listen.h \
	src/net/mapping.c src/net/mapping.h \
	src/net/mdns_port.c src/net/mdns_port.h \
	src/net/netsnap.c src/net/netsnap.h \
	src/net/netwatch.c src/net/netwatch.h \
	src/net/parting.c src/net/parting.h \
	src/net/pcp.c src/net/pcp.h \
	src/net/portmap.c src/net/portmap.h \
	src/net/process.c src/net/process.h \
	src/net/route.c src/net/route.h \
	src/net/rtnl.c src/net/rtnl.h \
	src/net/sockaddr.c src/net/sockaddr.h \
	src/net/stream.c src/net/stream.h \
	src/net/turn.c src/net/turn.h \
	src/net/ifaces.c src/net/ifaces.h \
	src/net/udp.c src/net/udp.h \
	src/net/udp_pipe.c src/net/udp_pipe.h \
	src/net/udp_port.c src/net/udp_port.h \
	src/net/upnp.c src/net/upnp.h src/net/upnp_igd.h
if HAVE_MINIUPNPC
src_libnet_a_SOURCES += src/net/upnp_igd.c
else
src_libnet_a_SOURCES += src/net/upnp_igd_none.c
endif

if HAVE_CMOCKA
check_PROGRAMS += \
	tests/unit/test_turn tests/unit/test_chunkq tests/unit/test_limit \
	tests/unit/test_sockaddr tests/unit/test_bridge tests/unit/test_fdstream \
	tests/unit/test_fdbridge tests/unit/test_listen tests/unit/test_dialtcp \
	tests/unit/test_addr_scope tests/unit/test_ifaces tests/unit/test_parting
tests_unit_test_turn_SOURCES = tests/unit/test_turn.c
tests_unit_test_turn_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_chunkq_SOURCES = tests/unit/test_chunkq.c
tests_unit_test_chunkq_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_limit_SOURCES = tests/unit/test_limit.c
tests_unit_test_limit_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_sockaddr_SOURCES = tests/unit/test_sockaddr.c
tests_unit_test_sockaddr_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_bridge_SOURCES = tests/unit/test_bridge.c
tests_unit_test_bridge_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_fdstream_SOURCES = tests/unit/test_fdstream.c tests/unit/fdpair.h
tests_unit_test_fdstream_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_fdbridge_SOURCES = tests/unit/test_fdbridge.c tests/unit/fdpair.h
tests_unit_test_fdbridge_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_listen_SOURCES = tests/unit/test_listen.c
tests_unit_test_listen_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_dialtcp_SOURCES = tests/unit/test_dialtcp.c
tests_unit_test_dialtcp_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_mdns_port
tests_unit_test_mdns_port_SOURCES = tests/unit/test_mdns_port.c tests/unit/netns.h tests/unit/vec.h
tests_unit_test_mdns_port_LDADD = $(NET_LIBS) $(CMOCKA_REALTIME_LIBS)
check_PROGRAMS += tests/unit/test_udp_port
tests_unit_test_udp_port_SOURCES = tests/unit/test_udp_port.c tests/unit/udprig.h tests/unit/looprig.h \
	tests/unit/fdpair.h
tests_unit_test_udp_port_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_dgrams tests/unit/test_udp_pipe
tests_unit_test_dgrams_SOURCES = tests/unit/test_dgrams.c tests/unit/fake_dgrams.h tests/unit/looprig.h \
	tests/unit/fdpair.h
tests_unit_test_dgrams_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_udp_pipe_SOURCES = tests/unit/test_udp_pipe.c tests/unit/looprig.h tests/unit/fdpair.h \
	tests/unit/tmpfiles.h
tests_unit_test_udp_pipe_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_dns tests/unit/test_dns_public
tests_unit_test_dns_public_SOURCES = tests/unit/test_dns_public.c tests/unit/vec.h
tests_unit_test_dns_public_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_dns_SOURCES = tests/unit/test_dns.c tests/unit/tmpfiles.h tests/unit/vec.h
tests_unit_test_dns_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_addr_scope_SOURCES = tests/unit/test_addr_scope.c tests/unit/testpeers.h tests/unit/vec.h
tests_unit_test_addr_scope_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ifaces_SOURCES = tests/unit/test_ifaces.c tests/unit/vec.h
tests_unit_test_ifaces_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_parting_SOURCES = tests/unit/test_parting.c tests/unit/fdpair.h tests/unit/looprig.h $(FAKE_HOST)
tests_unit_test_parting_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_clockjump tests/unit/test_netwatch
check_PROGRAMS += tests/unit/test_mapping tests/unit/test_pcp tests/unit/test_upnp tests/unit/test_portmap
tests_unit_test_clockjump_SOURCES = tests/unit/test_clockjump.c tests/unit/vec.h
tests_unit_test_clockjump_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mapping_SOURCES = tests/unit/test_mapping.c tests/unit/vec.h
tests_unit_test_mapping_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_pcp_SOURCES = tests/unit/test_pcp.c tests/unit/vec.h
tests_unit_test_pcp_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
tests_unit_test_netwatch_SOURCES = tests/unit/test_netwatch.c tests/unit/netns.h tests/unit/vec.h
tests_unit_test_netwatch_LDADD = $(NET_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_upnp_SOURCES = tests/unit/test_upnp.c tests/unit/vec.h
tests_unit_test_upnp_LDADD = $(NET_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_portmap_SOURCES = tests/unit/test_portmap.c tests/unit/netns.h tests/unit/vec.h
tests_unit_test_portmap_LDADD = $(NET_LIBS) $(CMOCKA_REALTIME_LIBS)
check_PROGRAMS += tests/unit/test_child tests/unit/test_fetch
tests_unit_test_child_SOURCES = tests/unit/test_child.c tests/unit/tmpfiles.h tests/unit/vec.h
tests_unit_test_child_LDADD = $(NET_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_fetch_SOURCES = tests/unit/test_fetch.c tests/unit/httprig.h tests/unit/tmpfiles.h tests/unit/vec.h
tests_unit_test_fetch_LDADD = $(NET_LIBS) $(CMOCKA_REALTIME_LIBS)
check_PROGRAMS += tests/unit/test_dns_texts
tests_unit_test_dns_texts_SOURCES = tests/unit/test_dns_texts.c tests/unit/dnsrig.h tests/unit/tmpfiles.h \
	tests/unit/vec.h
tests_unit_test_dns_texts_LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
endif
