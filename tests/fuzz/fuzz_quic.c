/* fuzz_quic.c - an endpoint and what the network brings: datagrams of a stranger, a peer that
 * breaks rules or whose packets do, and answers to what the endpoint dials.
 *
 * The input is a script: each step is an octet, step in the low half and stream in the high half,
 * with what enum step says behind it.  A stranger never gets more than three times what it sent
 * (RFC 9000 s.8); every stream and connection ends once; when all is quiet nothing is left. */
#include <ngtcp2/ngtcp2_crypto.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit/handclock.h"
#include "fuzz.h"
#include "net/chunkq.h"
#include "owners.h"
#include "quicpeer.h"
#include "script.h"
#include "transport/quic.h"

#define STREAMS_MAX   4
#define STEPS_MAX     128
#define HEADER_MAX    (7 + 2 * NGTCP2_MAX_CIDLEN) /* of a long packet, ids included */
#define INITIAL_MIN   1200
#define BULK          (48u << 10)
#define AMPLIFICATION 3
#define QUIET_MS      60000 /* idle timeout, and what lingers behind it */

enum step {
    STEP_STRANGE, /* length (2), octets: a datagram */
    STEP_INITIAL, /* likewise, made as long as a client Initial */
    STEP_ANSWER,  /* kind, length, octets: to what the stranger got last */
    STEP_CALL,    /* the endpoint dials the stranger; stream odd: opens a stream on what it has */
    STEP_DIAL,    /* the peer dials the endpoint; one that was there is gone without a word */
    STEP_OPEN,    /* octet: 1: unidirectional */
    STEP_SAY,     /* length, octets */
    STEP_BULK,
    STEP_FIN,
    STEP_RESET,    /* octet: the code */
    STEP_STOP,     /* likewise */
    STEP_DATAGRAM, /* length, octets */
    STEP_MANGLE,   /* fate, offset (2), octet */
    STEP_MOVE,     /* stream odd: the key is updated instead */
    STEP_CLOSE,    /* octet: the code; stream odd: the endpoint closes */
    STEP_WAIT,     /* octet: a power of 2, in ms */
};

static struct quic *quic;
static struct key *key;
static struct sockaddr_any at;
static struct quicpeer *peer;
static uint64_t said; /* octets of all peers */
static size_t conns;
static unsigned nown; /* streams that the endpoint opened */
static struct muxed *last;

static struct {
    int fd;
    struct sockaddr_any at;
    uint64_t sent, got;
    bool is_called; /* by then what it gets is no answer */
    uint8_t latest[2048];
    size_t nlatest;
} stranger;

static void on_stream(struct muxed *m, struct stream *s)
{
    struct muxed_info info;

    m->ops->info(m, &info);
    assert(info.streams <= STREAMS_MAX + nown);
    owners_add(s);
}

static void on_datagram(struct muxed *m, struct bytes v)
{
    m->ops->send_datagram(m, bytes_of(""), v);
}

static void on_close(struct muxed *m, int err)
{
    (void)err;
    assert(conns > 0);
    conns--;
    if (m == last)
        last = NULL;
}

static const struct muxed_events muxed_events = { .on_ready = muxed_ignore,
                                                  .on_stream = on_stream,
                                                  .on_moved = muxed_ignore,
                                                  .on_datagram = on_datagram,
                                                  .on_close = on_close };

static void own(struct muxed *m)
{
    m->ev = &muxed_events;
    conns++;
    last = m;
}

static void open_stream(void)
{
    struct stream *s;

    if (!last || last->ops->open(last, &s) != 0)
        return;
    nown++;
    owners_add(s);
    assert(s->ops->write(s, bytes_of("hello")) >= 0);
}

static void accept_conn(void *arg, struct muxed *m)
{
    (void)arg;
    own(m);
}

static bool admit(void *arg, const struct peerid *who)
{
    (void)arg;
    (void)who;
    return true;
}

/* ---- the stranger ---- */

static void stranger_open(void)
{
    socklen_t n = sizeof stranger.at.un;

    memset(&stranger, 0, sizeof stranger);
    assert(sockaddr_parse("127.0.0.1:0", &stranger.at) == 0);
    stranger.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert(stranger.fd >= 0 && sockaddr_bind(stranger.fd, &stranger.at) == 0);
    assert(getsockname(stranger.fd, &stranger.at.sa, &n) == 0);
}

static void stranger_say(const uint8_t *p, size_t n)
{
    if (sendto(stranger.fd, p, n, 0, &at.sa, at.len) >= 0)
        stranger.sent += n;
}

static void stranger_turn(void)
{
    static uint8_t v[65536];
    ssize_t n;

    while ((n = recv(stranger.fd, v, sizeof v, 0)) >= 0) {
        stranger.got += (size_t)n;
        stranger.nlatest = (size_t)n < sizeof stranger.latest ? (size_t)n : sizeof stranger.latest;
        memcpy(stranger.latest, v, stranger.nlatest);
    }
    assert(stranger.is_called || stranger.got <= stranger.sent * AMPLIFICATION);
}

static void stranger_padded(struct bytes v)
{
    uint8_t out[INITIAL_MIN] = { 0 };

    if (v.n >= sizeof out) {
        stranger_say(v.p, v.n);
        return;
    }
    if (v.n)
        memcpy(out, v.p, v.n);
    stranger_say(out, sizeof out);
}

static size_t put_header(uint8_t *out, uint8_t first, uint32_t version,
                         const ngtcp2_version_cid *vc)
{
    struct wr w = wr_init((struct span){ out, HEADER_MAX });

    wr_u8(&w, first);
    wr_u32(&w, version);
    wr_u8(&w, (uint8_t)vc->scidlen);
    wr_bytes(&w, (struct bytes){ vc->scid, vc->scidlen });
    wr_u8(&w, (uint8_t)vc->dcidlen);
    wr_bytes(&w, (struct bytes){ vc->dcid, vc->dcidlen });
    return HEADER_MAX - w.left;
}

/* Version Negotiation, Retry, or any other packet of the connection that the stranger is called
 * on. */
static void stranger_answer(uint8_t kind, struct bytes v)
{
    uint8_t out[1024];
    ngtcp2_version_cid vc;
    ngtcp2_cid to, from = { .datalen = 8 }, was;
    ngtcp2_ssize n;

    if (!stranger.nlatest ||
        ngtcp2_pkt_decode_version_cid(&vc, stranger.latest, stranger.nlatest, 8) != 0 ||
        vc.dcidlen > NGTCP2_MAX_CIDLEN || vc.scidlen > NGTCP2_MAX_CIDLEN)
        return;
    if (kind % 4 == 0 && v.n) {
        randombytes_buf(from.data, from.datalen);
        ngtcp2_cid_init(&to, vc.scid, vc.scidlen);
        ngtcp2_cid_init(&was, vc.dcid, vc.dcidlen);
        n = ngtcp2_crypto_write_retry(out, sizeof out, NGTCP2_PROTO_VER_V1, &to, &from, &was, v.p,
                                      v.n);
        if (n > 0)
            stranger_say(out, (size_t)n);
        return;
    }
    size_t head = put_header(out, (uint8_t)(0xc0 | kind), kind % 4 == 1 ? 0 : 1, &vc);
    if (v.n)
        memcpy(out + head, v.p, v.n);
    stranger_say(out, head + v.n);
}

static void call_stranger(void)
{
    struct multiaddr to;
    struct ipaddr ip;
    struct muxed *m;
    uint16_t port;

    stranger.is_called = true;
    assert(sockaddr_to_ip(&stranger.at, &ip, &port) == 0);
    multiaddr_make_quic(&ip, port, &to);
    if (quic_dial(quic, &to, key_peerid(key), &m) == 0)
        own(m);
}

/* ---- time ---- */

static void turns(void)
{
    for (int i = 0; i < 6; i++) {
        ev_run(loop, EVRUN_NOWAIT);
        stranger_turn();
        if (peer)
            quicpeer_turn(peer);
    }
    assert(owners.heard <= said + (peer ? quicpeer_said(peer) : 0));
}

static void wait(unsigned ms)
{
    for (unsigned i = 0; i < 16; i++) {
        handclock_pass(ms / 16 + (i < ms % 16));
        turns();
    }
}

/* ---- the script ---- */

static void drop_peer(void)
{
    if (peer)
        said += quicpeer_said(peer);
    quicpeer_free(peer);
    peer = NULL;
}

static void say_bulk(size_t i)
{
    static const uint8_t bulk[BULK];
    quicpeer_say(peer, i, (struct bytes){ bulk, sizeof bulk });
}

static struct bytes take(struct rd *r, size_t n)
{
    return rd_bytes(r, n < r->left ? n : r->left);
}

static void step_outside(enum step step, size_t i, struct rd *r)
{
    uint8_t kind;

    switch (step) {
    case STEP_STRANGE:
    case STEP_INITIAL: {
        struct bytes v = take(r, rd_u16(r));
        if (step == STEP_INITIAL)
            stranger_padded(v);
        else
            stranger_say(v.p, v.n);
        break;
    }
    case STEP_ANSWER:
        kind = rd_u8(r);
        stranger_answer(kind, take(r, rd_u8(r)));
        break;
    case STEP_CALL:
        if (i % 2)
            open_stream();
        else
            call_stranger();
        break;
    case STEP_DIAL:
        drop_peer();
        peer = quicpeer_new(&at);
        break;
    case STEP_WAIT:
        wait(1u << rd_u8(r) % 15);
        break;
    default:
        break;
    }
}

static void step_peer(enum step step, size_t i, struct rd *r)
{
    uint8_t fate;
    uint16_t where;

    switch (step) {
    case STEP_OPEN:
        quicpeer_open(peer, i, rd_u8(r) == 1);
        break;
    case STEP_SAY:
        quicpeer_say(peer, i, take(r, rd_u8(r)));
        break;
    case STEP_BULK:
        say_bulk(i);
        break;
    case STEP_FIN:
        quicpeer_fin(peer, i);
        break;
    case STEP_RESET:
        quicpeer_reset(peer, i, rd_u8(r));
        break;
    case STEP_STOP:
        quicpeer_stop(peer, i, rd_u8(r));
        break;
    case STEP_DATAGRAM:
        quicpeer_datagram(peer, take(r, rd_u8(r)));
        break;
    case STEP_MANGLE:
        fate = rd_u8(r);
        where = rd_u16(r);
        quicpeer_mangle(peer, (enum quicpeer_fate)(fate % QUICPEER_FATES), where, rd_u8(r));
        break;
    case STEP_MOVE:
        if (i % 2)
            quicpeer_update_key(peer);
        else
            quicpeer_move(peer);
        break;
    case STEP_CLOSE:
        if (i % 2 && last)
            last->ops->close(last, 0);
        else
            quicpeer_close(peer, rd_u8(r));
        break;
    default:
        break;
    }
}

static void run_script(struct bytes in)
{
    struct rd r = rd_init(in);

    for (int i = 0; i < STEPS_MAX && r.left && !r.short_; i++) {
        uint8_t op = rd_u8(&r);
        size_t stream = op / 16 % QUICPEER_STREAMS;
        step_outside((enum step)(op % 16), stream, &r);
        if (peer)
            step_peer((enum step)(op % 16), stream, &r);
        turns();
    }
}

/* ---- ---- */

static void start(void)
{
    static const uint8_t seed[KEY_SEED_LEN] = { 9 };
    static const struct quic_config cfg = { .max_half_open = 4,
                                            .max_streams = STREAMS_MAX,
                                            .max_peers = 8,
                                            .window = 1u << 20,
                                            .handshake_timeout_ms = 5000 };
    struct multiaddr bound;
    struct ipaddr ip;
    uint16_t port;

    assert(key_from_seed(seed, &key) == 0);
    quic = quic_new(loop, turn, key, &cfg, admit, accept_conn, NULL);
    assert(quic && multiaddr_parse(bytes_of("/ip4/127.0.0.1/udp/0/quic-v1"), &bound) == 0);
    assert(quic_listen(quic, &bound, &bound) == 0 && multiaddr_as_quic(&bound, &ip, &port));
    sockaddr_from_ip(&ip, port, &at);
    stranger_open();
    owners = (struct owners){ 0 };
    said = 0;
    conns = nown = 0;
    last = NULL;
}

static void finish(void)
{
    drop_peer();
    wait(QUIET_MS);
    assert(conns == 0 && owners.alive == 0);
    quic_stop(quic, 0);
    turns();
    quic_free(quic);
    close(stranger.fd);
    key_free(key);
    assert(chunkq_total() == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    script_begin();
    start();
    run_script((struct bytes){ data, size });
    finish();
    script_end();
    return 0;
}
