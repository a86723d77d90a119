/* status_sample.h - an answer of ctl_status_make, as ctl/ctl_status.h describes it, for tests of
 * what shows it. */
#ifndef GW_TESTS_STATUS_SAMPLE_H
#define GW_TESTS_STATUS_SAMPLE_H

#include <jansson.h>

static const char status_sample[] =
    "{\"version\": \"0.2.0\", \"pid\": 77, \"uptime_s\": 11100,"
    " \"peer_id\": \"12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA\","
    " \"listen\": [\"/ip4/192.0.2.7/udp/4001/quic-v1\", \"/ip6/2001:db8::7/udp/4001/quic-v1\"],"
    " \"proxy\": [\"127.0.0.1:1080\"],"
    " \"forwards\": [{\"listen\": \"127.0.0.1:5432\", \"target\": \"db.alice:5432\","
    "   \"protocol\": \"tcp\"}],"
    " \"services\": ["
    "   {\"name\": \"ssh\", \"port\": 22, \"target\": \"127.0.0.1:22\", \"exit\": false,"
    "    \"enabled\": true},"
    "   {\"name\": \"dns\", \"port\": 0, \"target\": \"\", \"udp_target\": \"127.0.0.1:53\","
    "    \"exit\": false, \"enabled\": false}],"
    " \"peers\": ["
    "   {\"id\": \"12D3KooWGRUVh2eQ8zKjT7n3bXyLwDq5sMfA4cPp9rNEtHvWk3aQ\", \"name\": \"alice\","
    "    \"state\": \"direct\", \"path\": \"direct\", \"transport\": \"quic\","
    "    \"addr\": \"/ip4/198.51.100.9/udp/4001/quic-v1\", \"inbound\": false, \"agent\": \"gw\","
    "    \"rtt_ms\": 12.5, \"streams\": 3, \"rx_bytes\": 5368709120, \"tx_bytes\": 1536},"
    "   {\"id\": \"12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N7eAoiw1i8hvZ2\", \"name\": \"\","
    "    \"state\": \"upgrading\", \"path\": \"relayed\", \"transport\": \"circuit\","
    "    \"relay\": \"12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV\","
    "    \"addr\": \"\", \"inbound\": true, \"agent\": \"\","
    "    \"rtt_ms\": 0, \"streams\": 0, \"rx_bytes\": 0, \"tx_bytes\": 0}],"
    " \"kept\": [], \"reach\": \"private\", \"nat\": \"dependent\","
    " \"addresses\": [\"/ip4/203.0.113.1/udp/4001/quic-v1\"],"
    " \"reservations\": ["
    "   {\"relay\": \"12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV\","
    "    \"state\": \"held\", \"address\": \"/ip4/203.0.113.9/tcp/1/p2p-circuit\","
    "    \"expires\": 1700003600, \"rtt_ms\": 20.1, \"load\": \"low\", \"error\": \"\"},"
    "   {\"relay\": \"12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N7eAoiw1i8hvZ2\","
    "    \"state\": \"refused\", \"address\": \"\","
    "    \"expires\": 0, \"rtt_ms\": 0, \"error\": \"denied by the peer\"}],"
    " \"relay\": {\"reservations\": 3, \"circuits\": 2, \"bytes\": 5000000000,"
    "   \"month_bytes\": 6000000000, \"refused\": 7},"
    " \"streams\": {\"out\": {\"active\": 3, \"opening\": 1, \"opened\": 120, \"failed\": 4},"
    "   \"in\": {\"active\": 2, \"opened\": 17, \"failed\": 5, \"denied\": 6}},"
    " \"failures\": [{\"age_s\": 305, \"kind\": \"http\", \"target\": \"web.bob:80\","
    "   \"error\": \"peer is not reachable\","
    "   \"why\": \"peer is not reachable: last seen 2 h ago\"}],"
    " \"faults\": [\"/gw/names:3: not a host name\"],"
    " \"memory\": {\"rss_bytes\": 12582912, \"queued_bytes\": 2048}}";

static inline json_t *status_sample_load(void)
{
    return json_loads(status_sample, 0, NULL);
}

#endif
