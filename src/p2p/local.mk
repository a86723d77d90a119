noinst_LIBRARIES += src/libp2p.a
src_libp2p_a_SOURCES = \
	src/p2p/announce.c src/p2p/announce.h \
	src/p2p/ask_quota.c src/p2p/ask_quota.h \
	src/p2p/autonat.c src/p2p/autonat.h \
	src/p2p/autonat_ask.c src/p2p/autonat_ask.h \
	src/p2p/autonat_backs.c src/p2p/autonat_backs.h \
	src/p2p/autonat_client.c src/p2p/autonat_client.h \
	src/p2p/autonat_core.c src/p2p/autonat_core.h \
	src/p2p/autonat_dialer.c src/p2p/autonat_dialer.h \
	src/p2p/autonat_quota.c src/p2p/autonat_quota.h \
	src/p2p/autonat_request.c src/p2p/autonat_request.h \
	src/p2p/autonat_server.c src/p2p/autonat_server.h \
	src/p2p/autonat_verdict.c src/p2p/autonat_verdict.h \
	src/p2p/autonat_wire.h \
	src/p2p/backoff.c src/p2p/backoff.h \
	src/p2p/checkup.c src/p2p/checkup.h src/p2p/checkup_ask.c \
	src/p2p/circuit.c src/p2p/circuit.h \
	src/p2p/dcutr.c src/p2p/dcutr.h \
	src/p2p/dcutr_core.c src/p2p/dcutr_core.h \
	src/p2p/federation.c src/p2p/federation.h \
	src/p2p/grant.c src/p2p/grant.h \
	src/p2p/hop.c src/p2p/hop.h \
	src/p2p/identify.c src/p2p/identify.h \
	src/p2p/kad.c src/p2p/kad.h \
	src/p2p/kad_boot.c src/p2p/kad_boot.h \
	src/p2p/kad_contacts.c src/p2p/kad_contacts.h \
	src/p2p/kad_env.h \
	src/p2p/kad_file.c src/p2p/kad_file.h \
	src/p2p/kad_id.c src/p2p/kad_id.h \
	src/p2p/kad_keep.c src/p2p/kad_keep.h \
	src/p2p/kad_lookup.c src/p2p/kad_lookup.h \
	src/p2p/kad_publish.c src/p2p/kad_publish.h \
	src/p2p/kad_query.c src/p2p/kad_query.h \
	src/p2p/kad_refresh.c src/p2p/kad_refresh.h \
	src/p2p/kad_rpc.c src/p2p/kad_rpc.h \
	src/p2p/kad_run.c src/p2p/kad_run.h \
	src/p2p/kad_serve.c src/p2p/kad_serve.h \
	src/p2p/kad_server.c src/p2p/kad_server.h \
	src/p2p/kad_shelf.c src/p2p/kad_shelf.h \
	src/p2p/kad_spread.c src/p2p/kad_spread.h \
	src/p2p/kad_store.c src/p2p/kad_store.h \
	src/p2p/kad_table.c src/p2p/kad_table.h \
	src/p2p/lan_peers.c src/p2p/lan_peers.h \
	src/p2p/lease.c src/p2p/lease.h \
	src/p2p/loss.c src/p2p/loss.h \
	src/p2p/loss_tally.c src/p2p/loss_tally.h \
	src/p2p/mdns.c src/p2p/mdns.h \
	src/p2p/mdns_core.c src/p2p/mdns_core.h \
	src/p2p/mdns_hear.c src/p2p/mdns_hear.h \
	src/p2p/mdns_self.c src/p2p/mdns_self.h \
	src/p2p/msgask.c src/p2p/msgask.h \
	src/p2p/msgread.c src/p2p/msgread.h \
	src/p2p/names_ask.c src/p2p/names_ask.h \
	src/p2p/names_book.c src/p2p/names_book.h \
	src/p2p/names_claims.c src/p2p/names_claims.h \
	src/p2p/names_judge.c \
	src/p2p/names_poll.c src/p2p/names_poll.h \
	src/p2p/names_server.c src/p2p/names_server.h \
	src/p2p/networks.c src/p2p/networks.h \
	src/p2p/observed.c src/p2p/observed.h \
	src/p2p/path_health.c src/p2p/path_health.h \
	src/p2p/paths.c src/p2p/paths.h \
	src/p2p/perf.c src/p2p/perf.h \
	src/p2p/ping.c src/p2p/ping.h \
	src/p2p/punch.c src/p2p/punch.h \
	src/p2p/punch_core.c src/p2p/punch_core.h \
	src/p2p/relay.c src/p2p/relay.h \
	src/p2p/relay_circuit.c src/p2p/relay_circuit.h \
	src/p2p/relay_month.c src/p2p/relay_month.h \
	src/p2p/relay_quota.c src/p2p/relay_quota.h \
	src/p2p/relay_scores.c src/p2p/relay_scores.h \
	src/p2p/relay_slots.c src/p2p/relay_slots.h \
	src/p2p/reservations.c src/p2p/reservations.h

if HAVE_CMOCKA
P2P_TESTS = tests/unit/test_announce tests/unit/test_autonat tests/unit/test_autonat_ask \
	tests/unit/test_autonat_client tests/unit/test_autonat_core tests/unit/test_autonat_dialer \
	tests/unit/test_autonat_quota tests/unit/test_autonat_request tests/unit/test_autonat_server \
	tests/unit/test_autonat_verdict tests/unit/test_backoff tests/unit/test_checkup \
	tests/unit/test_circuit tests/unit/test_dcutr tests/unit/test_dcutr_core \
	tests/unit/test_federation tests/unit/test_grant tests/unit/test_identify tests/unit/test_kad \
	tests/unit/test_kad_id tests/unit/test_kad_liars tests/unit/test_kad_lookup \
	tests/unit/test_kad_lookup_net tests/unit/test_kad_parts tests/unit/test_kad_serve \
	tests/unit/test_kad_server tests/unit/test_kad_shelf tests/unit/test_kad_store \
	tests/unit/test_kad_table tests/unit/test_lan_peers tests/unit/test_lease tests/unit/test_loss \
	tests/unit/test_loss_tally tests/unit/test_mdns_core tests/unit/test_msgask \
	tests/unit/test_msgread \
	tests/unit/test_names_book tests/unit/test_names_claims tests/unit/test_names_judge \
	tests/unit/test_names_server tests/unit/test_networks tests/unit/test_observed \
	tests/unit/test_path_health tests/unit/test_paths tests/unit/test_perf tests/unit/test_ping \
	tests/unit/test_punch_core tests/unit/test_relay tests/unit/test_relay_month \
	tests/unit/test_relay_quota tests/unit/test_relay_scores tests/unit/test_relay_slots \
	tests/unit/test_reservations
check_PROGRAMS += $(P2P_TESTS)
$(P2P_TESTS): LDADD = $(P2P_LIBS) $(CMOCKA_LIBS)
$(P2P_TESTS): $(filter %.a %.$(OBJEXT),$(P2P_LIBS) $(CMOCKA_LIBS))
KADRIG = tests/unit/kadrig.c $(TWO_HOSTS)
RELAYRIG = tests/unit/relayrig.c $(TWO_HOSTS)
FAILING_ALLOC = -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc
tests_unit_test_announce_SOURCES = tests/unit/test_announce.c $(TWO_HOSTS)
tests_unit_test_autonat_SOURCES = tests/unit/test_autonat.c $(TWO_HOSTS)
tests_unit_test_autonat_client_SOURCES = tests/unit/test_autonat_client.c $(TWO_HOSTS)
tests_unit_test_autonat_server_SOURCES = tests/unit/test_autonat_server.c $(TWO_HOSTS)
tests_unit_test_checkup_SOURCES = tests/unit/test_checkup.c $(TWO_HOSTS)
tests_unit_test_circuit_SOURCES = tests/unit/test_circuit.c $(RELAYRIG)
tests_unit_test_dcutr_SOURCES = tests/unit/test_dcutr.c $(TWO_HOSTS)
tests_unit_test_identify_LDFLAGS = $(AM_LDFLAGS) $(FAILING_ALLOC)
tests_unit_test_identify_SOURCES = tests/unit/test_identify.c $(TWO_HOSTS)
tests_unit_test_kad_SOURCES = tests/unit/test_kad.c $(KADRIG)
tests_unit_test_kad_liars_SOURCES = tests/unit/test_kad_liars.c $(KADRIG)
tests_unit_test_kad_lookup_LDFLAGS = $(AM_LDFLAGS) $(FAILING_ALLOC)
tests_unit_test_kad_serve_SOURCES = tests/unit/test_kad_serve.c $(KADRIG)
tests_unit_test_kad_store_LDFLAGS = $(AM_LDFLAGS) $(FAILING_ALLOC)
tests_unit_test_kad_table_LDFLAGS = $(AM_LDFLAGS) $(FAILING_ALLOC)
tests_unit_test_loss_SOURCES = tests/unit/test_loss.c $(TWO_HOSTS)
tests_unit_test_msgask_SOURCES = tests/unit/test_msgask.c $(TWO_HOSTS)
tests_unit_test_msgread_SOURCES = tests/unit/test_msgread.c tests/unit/fake_stream.c
tests_unit_test_names_claims_SOURCES = tests/unit/test_names_claims.c $(TWO_HOSTS)
tests_unit_test_names_server_SOURCES = tests/unit/test_names_server.c $(TWO_HOSTS)
tests_unit_test_paths_SOURCES = tests/unit/test_paths.c $(TWO_HOSTS)
tests_unit_test_perf_SOURCES = tests/unit/test_perf.c $(TWO_HOSTS)
tests_unit_test_ping_SOURCES = tests/unit/test_ping.c $(TWO_HOSTS)
tests_unit_test_relay_SOURCES = tests/unit/test_relay.c $(TWO_HOSTS)
tests_unit_test_reservations_SOURCES = tests/unit/test_reservations.c $(RELAYRIG)
endif
