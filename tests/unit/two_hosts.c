/* two_hosts.c - see two_hosts.h. */
#include "two_hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "handclock.h"
#include "looprun.h"

struct ev_loop *loop;
struct turn *turn;
struct side a, b;
struct host_config config;

static const struct host_config config_default = {
    .dial_timeout_ms = 2000,
    .negotiate_timeout_ms = 1000,
    .max_peers = 16,
    .max_streams = 16,
    .max_half_open = 16,
};

static bool admit(void *arg, const struct peerid *peer)
{
    (void)peer;
    return ((struct side *)arg)->admits;
}

static void on_conn(void *arg, struct conn *c)
{
    (void)c;
    ((struct side *)arg)->opened++;
}

static void on_conn_close(void *arg, struct conn *c, int err)
{
    struct side *s = arg;
    (void)c;
    s->closed++;
    s->close_err = err;
}

static const struct host_events observer = { .on_conn = on_conn, .on_conn_close = on_conn_close };

struct multiaddr maddr(const char *text)
{
    struct multiaddr m;
    assert_int_equal(multiaddr_parse(bytes_of(text), &m), 0);
    return m;
}

void side_start(struct side *s, const char *at)
{
    struct multiaddr m = maddr(at);

    s->admits = true;
    s->host = host_new(loop, turn, s->key, &config, admit, s);
    assert_non_null(s->host);
    assert_int_equal(host_observe(s->host, &observer, s), 0);
    assert_int_equal(host_listen(s->host, &m, &s->addr), 0);
}

void side_free(struct side *s)
{
    host_free(s->host);
    key_free(s->key);
}

int hosts_setup(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    handclock_set_grace(0);
    fake_net_reset();
    loop = ev_loop_new(EVFLAG_AUTO);
    turn = turn_new(loop);
    config = config_default;
    a = b = (struct side){ 0 };
    assert_int_equal(key_generate(&a.key), 0);
    assert_int_equal(key_generate(&b.key), 0);
    if (memcmp(key_peerid(a.key), key_peerid(b.key), sizeof(struct peerid)) > 0) {
        struct key *k = a.key;
        a.key = b.key;
        b.key = k;
    }
    side_start(&a, "/ip4/192.0.2.1/udp/4001/quic-v1");
    side_start(&b, "/ip4/192.0.2.2/udp/4001/quic-v1");
    return 0;
}

int hosts_teardown(void **state)
{
    (void)state;
    host_stop(a.host, 0);
    host_stop(b.host, 0);
    run_ms(1);
    side_free(&a);
    side_free(&b);
    turn_free(turn);
    ev_loop_destroy(loop);
    return 0;
}

void run_until(bool (*is_done)(void *arg), void *arg)
{
    LOOPRUN_UNTIL(loop, is_done(arg));
}

void run_ms(unsigned ms)
{
    looprun_ms(loop, ms);
}

void note_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                 struct bytes early)
{
    struct opened *o = arg;
    (void)early;

    o->calls++;
    o->err = err;
    o->conn = c;
    o->s = s;
    if (s)
        stream_drop(s, GW_ECANCELED);
    if (protocol)
        strncpy(o->protocol, protocol, sizeof o->protocol - 1);
}

bool is_opened(void *arg)
{
    return ((struct opened *)arg)->calls > 0;
}

struct opened open_from(struct side *from, const struct side *to, const char *protocol)
{
    struct opened o = { 0 };
    struct host_proposal p = { .protocol = protocol };
    struct host_open_req req = { .peer = *key_peerid(to->key),
                                 .addrs = &to->addr,
                                 .naddrs = 1,
                                 .proposals = &p,
                                 .nproposals = 1 };

    assert_non_null(host_open(from->host, &req, note_opened, &o));
    run_until(is_opened, &o);
    return o;
}

static bool is_joined(void *arg)
{
    struct side *s = arg;
    struct side *peer = s == &a ? &b : &a;
    return host_conn(s->host, key_peerid(peer->key)) && host_conn(peer->host, key_peerid(s->key));
}

struct conn *join(struct side *from, struct side *to)
{
    open_from(from, to, "/no/such/protocol");
    run_until(is_joined, from);
    return host_conn(from->host, key_peerid(to->key));
}

static void on_data(struct stream *s, struct bytes v)
{
    s->ops->credit(s, v.n);
}

static void on_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
}

const struct stream_events quiet_events = { .on_data = on_data,
                                            .on_drained = stream_ignore_drained,
                                            .on_eof = stream_ignore_eof,
                                            .on_close = on_close };

void quiet_handler(void *arg, struct conn *c, struct stream *s, const char *protocol,
                   struct bytes early)
{
    (void)c;
    (void)protocol;
    ++*(unsigned *)arg;
    stream_own(s, &quiet_events, NULL);
    s->ops->credit(s, early.n);
}
