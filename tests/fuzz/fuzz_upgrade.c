/* fuzz_upgrade.c - a raw stream (TCP, a circuit) that becomes a connection, whatever the other end
 * says: as a stranger, from the first octet on; or behind an honest handshake of Noise or TLS, with
 * anything inside the channel (the muxer's negotiation, Yamux).
 *
 * The first octet says which, and who dials; the second one the size of the pieces. */
#include <stdlib.h>

#include "../unit/fake_stream.h"
#include "../unit/looprun.h"
#include "fuzz.h"
#include "net/chunkq.h"
#include "owners.h"
#include "script.h"
#include "transport/negotiate.h"
#include "transport/noise.h"
#include "transport/tls.h"
#include "transport/upgrade.h"

#define STREAMS_MAX 4
#define WINDOW      (256u << 10)
#define PIECES_MAX  64
#define TIMEOUT_MS  5000
#define QUIET_MS    40000 /* timeouts, three pings without an answer, a farewell */

enum channel { CHANNEL_NONE, CHANNEL_NOISE, CHANNEL_TLS, CHANNELS };
enum { EARLY_MUXER = 4, NODE_DIALS = 8 }; /* bits of the first octet */

struct party {
    struct key *key;
    struct tls_cred *cred;
};

static struct party self, other;
static struct upgrade_env env;
static struct upgrade *dialling;
static struct muxed *conn; /* of the node; NULL: none, or gone */
static struct fake_pair *pair;

static struct {       /* the other end */
    struct stream *s; /* to write on; NULL: gone, or not secured yet */
    enum channel channel;
    struct secure_config cfg;
    bool is_listener;
} far;

static const struct multiaddr nowhere;

/* ---- the node ---- */

static void on_stream(struct muxed *m, struct stream *s)
{
    (void)m;
    owners_add(s);
    assert(owners.alive <= STREAMS_MAX);
}

static void on_close(struct muxed *m, int err)
{
    (void)err;
    assert(m == conn && owners.alive == 0);
    conn = NULL;
}

static const struct muxed_events muxed_events = {
    .on_ready = muxed_ignore, .on_stream = on_stream, .on_moved = muxed_ignore, .on_close = on_close
};

static bool admit(void *arg, const struct peerid *peer)
{
    (void)arg;
    assert(peerid_eq(peer, key_peerid(other.key))); /* a stranger never proves to be anybody */
    return true;
}

static void own(struct muxed *m)
{
    assert(!conn);
    conn = m;
    m->ev = &muxed_events;
}

static void accept_conn(void *arg, struct muxed *m)
{
    (void)arg;
    assert(far.channel != CHANNEL_NONE);
    own(m);
}

static void on_dialled(void *arg, int err)
{
    (void)arg;
    dialling = NULL;
    assert(err || far.channel != CHANNEL_NONE);
    if (err)
        yamux_fail(conn, err);
}

static void node_start(struct stream *raw)
{
    env = (struct upgrade_env){ .loop = loop,
                                .turn = turn,
                                .key = self.key,
                                .cred = self.cred,
                                .mux = { .max_streams = STREAMS_MAX, .window = WINDOW },
                                .timeout_ms = TIMEOUT_MS,
                                .max_half_open = 4,
                                .admit = admit,
                                .accept = accept_conn };
    env.mux.partings = &env.partings;
    if (!far.is_listener) {
        upgrade_accept(&env, raw, "fuzz", &nowhere, &nowhere);
        return;
    }
    own(yamux_new(loop, turn, &env.mux, false, "fuzz", &nowhere, &nowhere));
    assert(upgrade_start(&env, conn, raw, key_peerid(other.key),
                         far.channel == CHANNEL_TLS ? UPGRADE_TLS : UPGRADE_NOISE, on_dialled, NULL,
                         &dialling) == 0);
}

/* ---- the other end ---- */

static void far_data(struct stream *s, struct bytes v)
{
    s->ops->credit(s, v.n);
}

static void far_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
    far.s = NULL;
}

static const struct stream_events far_events = { .on_data = far_data,
                                                 .on_drained = stream_ignore_drained,
                                                 .on_eof = stream_ignore_eof,
                                                 .on_close = far_close };

static void far_own(struct stream *s)
{
    far.s = s;
    stream_own(s, &far_events, NULL);
    s->ops->credit(s, 0);
}

static void on_secure(void *arg, int err, const struct secure_result *r)
{
    (void)arg;
    assert(!err && peerid_eq(&r->peer, key_peerid(self.key)));
    far_own(r->s);
}

static void on_security(void *arg, int err, struct stream *s, struct bytes early)
{
    bool is_noise = far.channel == CHANNEL_NOISE;
    (void)arg;

    assert(!err);
    void *cipher = is_noise ? noise_new(&far.cfg, !far.is_listener)
                            : tls_new(&far.cfg, other.cred, !far.is_listener);
    assert(cipher && secure_start(&far.cfg, is_noise ? &noise_ops : &tls_ops, cipher, s, early,
                                  on_secure, NULL));
}

static void on_security_chosen(void *arg, int err, struct stream *s, const char *protocol,
                               struct bytes early)
{
    (void)protocol;
    on_security(arg, err, s, early);
}

static bool is_security(void *arg, struct bytes protocol)
{
    return bytes_eq(protocol, bytes_of(arg));
}

static void far_start(struct stream *raw, bool is_early)
{
    static char noise[] = NOISE_PROTOCOL, tls[] = TLS_PROTOCOL;
    static const char *const yamux[] = { YAMUX_PROTOCOL, NULL };
    char *security = far.channel == CHANNEL_TLS ? tls : noise;

    far.cfg = (struct secure_config){ .loop = loop,
                                      .turn = turn,
                                      .key = other.key,
                                      .muxers = is_early ? yamux : yamux + 1,
                                      .timeout_ms = TIMEOUT_MS };
    if (far.channel == CHANNEL_NONE)
        far_own(raw);
    else if (far.is_listener)
        assert(negotiate_accept(loop, raw, TIMEOUT_MS, is_security, on_security_chosen, security));
    else
        assert(negotiate_dial(loop, raw, security, (struct bytes){ 0 }, TIMEOUT_MS, on_security,
                              NULL));
    for (int i = 0; i < 40 && !far.s; i++)
        ev_run(loop, EVRUN_NOWAIT);
    assert(far.s);
}

static void say(struct bytes in, size_t piece)
{
    if (in.n / PIECES_MAX >= piece)
        piece = in.n / PIECES_MAX + 1;
    while (in.n && far.s) {
        size_t n = in.n < piece ? in.n : piece;
        assert(far.s->ops->write(far.s, (struct bytes){ in.p, n }) >= 0);
        in.p += n;
        in.n -= n;
        for (int i = 0; i < 4; i++)
            ev_run(loop, EVRUN_NOWAIT);
    }
}

/* ---- ---- */

static void make_party(struct party *p, uint8_t seed)
{
    uint8_t octets[KEY_SEED_LEN] = { seed };

    if (!p->key)
        assert(key_from_seed(octets, &p->key) == 0 && tls_cred_new(p->key, &p->cred) == 0);
}

static void pair_gone(struct fake_pair *p)
{
    (void)p;
    pair = NULL;
}

static void finish(void)
{
    looprun_ms(loop, QUIET_MS);
    assert(env.nhalf_open == 0 && !dialling);
    if (conn)
        conn->ops->close(conn, 0);
    if (far.s)
        far.s->ops->shutdown(far.s);
    looprun_ms(loop, QUIET_MS);
    upgrade_cancel_all(&env);
    if (far.s)
        far.s->ops->reset(far.s, GW_ECANCELED);
    looprun_ms(loop, QUIET_MS);
    assert(!conn && owners.alive == 0 && !pair && !env.partings && chunkq_total() == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    script_begin();
    make_party(&self, 1);
    make_party(&other, 2);
    owners = (struct owners){ 0 };
    pair = fake_pair_new(loop);
    pair->gone = pair_gone;
    far.channel = (enum channel)(data[0] % 4 % CHANNELS);
    far.is_listener = data[0] & NODE_DIALS;
    node_start(&pair->end[1].s);
    far_start(&pair->end[0].s, data[0] & EARLY_MUXER);
    say((struct bytes){ data + 2, size - 2 }, data[1] ? data[1] : size);
    finish();
    script_end();
    return 0;
}
