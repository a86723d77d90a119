noinst_LIBRARIES += src/libnet.a
src_libnet_a_SOURCES = \
	src/net/addr_scope.c src/net/addr_scope.h \
	src/net/bridge.c src/net/bridge.h \
	src/net/child.c src/net/child.h \
	src/net/chunkq.c src/net/chunkq.h \
	src/net/clockjump.c src/net/clockjump.h \
	src/net/cmsg.c src/net/cmsg.h \
	src/net/dgrams.c src/net/dgrams.h \
	src/net/dialtcp.c src/net/dialtcp.h \
	src/net/dns.c src/net/dns.h src/net/dns_dial.c src/net/dns_outside.c src/net/dns_public.c \
	src/net/dns_pipe.c src/net/dns_pipe.h \
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
	src/net/sockopt.h \
	src/net/stream.c src/net/stream.h \
	src/net/timer.c src/net/timer.h \
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
NET_TESTS = tests/unit/test_addr_scope tests/unit/test_bridge tests/unit/test_child \
	tests/unit/test_chunkq tests/unit/test_clockjump tests/unit/test_cmsg tests/unit/test_dgrams tests/unit/test_dialtcp \
	tests/unit/test_dns tests/unit/test_dns_pipe tests/unit/test_dns_public \
	tests/unit/test_dns_texts tests/unit/test_fdbridge \
	tests/unit/test_fdstream tests/unit/test_fetch tests/unit/test_ifaces tests/unit/test_limit \
	tests/unit/test_listen tests/unit/test_mapping tests/unit/test_mdns_port tests/unit/test_netwatch \
	tests/unit/test_parting tests/unit/test_pcp tests/unit/test_portmap tests/unit/test_sockaddr \
	tests/unit/test_timer tests/unit/test_turn tests/unit/test_udp_pipe tests/unit/test_udp_port tests/unit/test_upnp
check_PROGRAMS += $(NET_TESTS)
$(NET_TESTS): LDADD = $(NET_LIBS) $(CMOCKA_LIBS)
$(NET_TESTS): $(filter %.a %.$(OBJEXT),$(NET_LIBS) $(CMOCKA_LIBS))
tests_unit_test_child_LDADD = $(NET_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_dns_pipe_SOURCES = tests/unit/test_dns_pipe.c tests/unit/fake_dns.c
tests_unit_test_fetch_LDADD = $(NET_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_mdns_port_LDADD = $(NET_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_netwatch_LDADD = $(NET_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_parting_SOURCES = tests/unit/test_parting.c $(FAKE_HOST)
tests_unit_test_portmap_LDADD = $(NET_LIBS) $(CMOCKA_REALTIME_LIBS)
tests_unit_test_upnp_LDADD = $(NET_LIBS) $(CMOCKA_REALTIME_LIBS)
endif
