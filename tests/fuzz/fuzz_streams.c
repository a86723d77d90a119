/* fuzz_streams.c - what two connected peers say to a node, on any stream and in any pieces: every
 * protocol's handler, and every question that the node itself asks.
 *
 * The input is a script.  Each step is an octet, step in the low half and stream (of PEER_STREAMS
 * each) in the high half, with what enum step says behind it.  Peer 0 may use the services, and is
 * a relay to the node; peer 1 is a stranger.  When the script is over all connections and streams
 * end, and nothing is left. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/fake_muxed.h"
#include "../unit/looprun.h"
#include "fuzz.h"
#include "net/chunkq.h"
#include "script.h"
#include "wholenode.h"
#include "wire/varint.h"

#define NODE_AT "/ip4/192.0.2.1/udp/4001/quic-v1"
#define RELAY_AT                         \
    "/ip4/203.0.113.1/udp/4001/quic-v1/" \
    "p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA" /* no matter whose */
#define PEERS        2
#define PEER_STREAMS 8
#define PROPOSAL_MAX 256
#define BULK         (32u << 10)
#define HEAR_MAX     (1u << 20) /* of a stream; then it is read no more: /perf sends without end */
#define STEPS_MAX    256
#define QUIET_MS     200000 /* what is still under way behind the script is over by then */

enum step {
    STEP_DIAL,    /* a connection */
    STEP_RELAYED, /* the same, through a relay */
    STEP_OPEN,    /* octet: the protocol; proposed at once */
    STEP_RAW,     /* a stream, and nothing said */
    STEP_AGREE,   /* to the protocol that the node proposed */
    STEP_SAY,     /* length, octets */
    STEP_MESSAGE, /* likewise, and said with the length in front */
    STEP_BULK,    /* octet: so many of these */
    STEP_FIN,
    STEP_RESET,
    STEP_WAIT,     /* octet: a power of 2, in ms */
    STEP_DATAGRAM, /* length, octets */
    STEP_CLOSE,    /* the connection */
    STEP_DEAF,     /* what comes on this stream is not read */
    STEP_COUNT,
};

struct talk {         /* a stream, as the peer sees it; whoever opened it */
    struct stream *s; /* NULL: free */
    uint8_t proposal[PROPOSAL_MAX];
    size_t nproposal;
    size_t heard, unread;
    bool is_deaf, has_fin;
};

struct peer {
    struct key *key;
    struct quic *quic;
    struct multiaddr at;
    struct muxed *m; /* NULL: not connected */
    struct talk talk[PEER_STREAMS];
};

static const char *const protocols[] = {
    "/ipfs/id/1.0.0",
    "/ipfs/id/push/1.0.0",
    "/ipfs/ping/1.0.0",
    "/perf/1.0.0",
    "/libp2p/circuit/relay/0.2.0/hop",
    "/libp2p/circuit/relay/0.2.0/stop",
    "/libp2p/dcutr",
    "/libp2p/autonat/1.0.0",
    "/libp2p/autonat/2/dial-request",
    "/libp2p/autonat/2/dial-back",
    "/gw/kad/1.0.0",
    "/gw/names/1.0.0",
    "/gw/checkup/1.0.0",
    "/gw/loss/1.0.0",
    "/gw/tunnel/1.0.0",
    "/gw/udp/1.0.0",
    "/peerup/web/1.0.0",
    "/shurli/db/1.0.0",
    "/shurli/service-query/1.0.0",
};

static struct peer peers[PEERS];
static struct key *key;
static struct wholenode *node;

/* ---- a peer ---- */

static void on_data(struct stream *s, struct bytes v)
{
    struct talk *t = s->owner;
    size_t room = PROPOSAL_MAX - t->nproposal, n = v.n < room ? v.n : room;

    memcpy(t->proposal + t->nproposal, v.p, n);
    t->nproposal += n;
    t->heard += v.n;
    if (t->is_deaf || t->heard > HEAR_MAX)
        t->unread += v.n;
    else
        s->ops->credit(s, v.n);
}

static void on_end(struct stream *s, int err)
{
    struct talk *t = s->owner;
    (void)err;
    assert(t->s == s);
    t->s = NULL;
}

static const struct stream_events stream_events = { .on_data = on_data,
                                                    .on_drained = stream_ignore_drained,
                                                    .on_eof = stream_ignore_eof,
                                                    .on_close = on_end };

static void own(struct talk *t, struct stream *s)
{
    *t = (struct talk){ .s = s };
    stream_own(s, &stream_events, t);
    s->ops->credit(s, 0);
}

static void on_stream(struct muxed *m, struct stream *s)
{
    struct peer *p = m->owner;

    for (size_t i = PEER_STREAMS; i-- > 0;) {
        if (p->talk[i].s)
            continue;
        own(&p->talk[i], s);
        return;
    }
    stream_drop(s, GW_ELIMIT);
}

static void on_muxed_close(struct muxed *m, int err)
{
    struct peer *p = m->owner;
    (void)err;

    assert(p->m == m);
    p->m = NULL;
    for (size_t i = 0; i < PEER_STREAMS; i++)
        assert(!p->talk[i].s);
}

static const struct muxed_events muxed_events = { .on_ready = muxed_ignore,
                                                  .on_stream = on_stream,
                                                  .on_moved = muxed_ignore,
                                                  .on_close = on_muxed_close };

static bool admit(void *arg, const struct peerid *who)
{
    const struct peer *p = arg;
    (void)who;
    return !p->m;
}

static void accept_conn(void *arg, struct muxed *m)
{
    struct peer *p = arg;

    p->m = m;
    m->ev = &muxed_events;
    m->owner = p;
}

static void dial(struct peer *p, const char *to)
{
    struct multiaddr at;

    if (p->m)
        return;
    assert(multiaddr_parse(bytes_of(to), &at) == 0);
    assert(quic_dial(p->quic, &at, key_peerid(key), &p->m) == 0);
    p->m->ev = &muxed_events;
    p->m->owner = p;
}

/* ---- what it says ---- */

static void say(struct talk *t, struct bytes v)
{
    if (t->s && !t->has_fin)
        assert(t->s->ops->write(t->s, v) >= 0);
}

static void say_message(struct talk *t, struct bytes v)
{
    uint8_t length[VARINT_MAX];
    int n = varint_encode(length, sizeof length, v.n);

    assert(n > 0);
    say(t, (struct bytes){ length, (size_t)n });
    say(t, v);
}

static void open_stream(struct peer *p, struct talk *t, const char *protocol)
{
    char lines[PROPOSAL_MAX];
    struct stream *s;

    if (t->s || !p->m || p->m->ops->open(p->m, &s) != 0)
        return;
    own(t, s);
    if (!protocol)
        return;
    int n = snprintf(lines, sizeof lines, "\x13/multistream/1.0.0\n%c%s\n",
                     (char)(strlen(protocol) + 1), protocol);
    say(t, (struct bytes){ (const uint8_t *)lines, (size_t)n });
}

/* The header, and behind it the first line proposed. */
static void agree(struct talk *t)
{
    size_t line = 20, n = t->nproposal > line ? line + 1 + t->proposal[line] : 0;

    if (n && n <= t->nproposal)
        say(t, (struct bytes){ t->proposal, n });
    t->nproposal = 0;
}

static void say_bulk(struct talk *t, uint8_t octet)
{
    static uint8_t bulk[BULK];

    memset(bulk, octet, sizeof bulk);
    say(t, (struct bytes){ bulk, sizeof bulk });
}

static void hear(struct talk *t, bool is_deaf)
{
    t->is_deaf = is_deaf;
    if (is_deaf || !t->s)
        return;
    t->s->ops->credit(t->s, t->unread);
    t->unread = 0;
}

static void end(struct talk *t, enum step step)
{
    if (!t->s)
        return;
    if (step == STEP_RESET)
        t->s->ops->reset(t->s, GW_ECANCELED);
    else
        t->s->ops->shutdown(t->s);
    t->has_fin = true;
}

/* ---- the script ---- */

static struct bytes take(struct rd *r)
{
    return rd_bytes(r, rd_u8(r));
}

static void run_step(struct rd *r)
{
    uint8_t op = rd_u8(r);
    struct peer *p = &peers[op >> 4 & 1];
    struct talk *t = &p->talk[op >> 5];

    switch ((enum step)(op % 16 % STEP_COUNT)) {
    case STEP_DIAL:
        dial(p, NODE_AT);
        break;
    case STEP_RELAYED:
        dial(p, RELAY_AT "/p2p-circuit");
        break;
    case STEP_OPEN:
        open_stream(p, t, protocols[rd_u8(r) % (sizeof protocols / sizeof *protocols)]);
        break;
    case STEP_RAW:
        open_stream(p, t, NULL);
        break;
    case STEP_AGREE:
        agree(t);
        break;
    case STEP_SAY:
        say(t, take(r));
        break;
    case STEP_MESSAGE:
        say_message(t, take(r));
        break;
    case STEP_BULK:
        say_bulk(t, rd_u8(r));
        break;
    case STEP_FIN:
    case STEP_RESET:
        end(t, (enum step)(op % 16 % STEP_COUNT));
        break;
    case STEP_WAIT:
        looprun_ms(loop, 1u << rd_u8(r) % 18);
        break;
    case STEP_DATAGRAM:
        if (p->m)
            p->m->ops->send_datagram(p->m, bytes_of(""), take(r));
        break;
    case STEP_CLOSE:
        if (p->m)
            p->m->ops->close(p->m, 0);
        break;
    case STEP_DEAF:
        hear(t, !t->is_deaf);
        break;
    case STEP_COUNT:
        break;
    }
}

/* What the node has written and nobody reads is bounded. */
static void check_queues(void)
{
    for (size_t i = 0; i < PEERS * PEER_STREAMS; i++) {
        const struct talk *t = &peers[i / PEER_STREAMS].talk[i % PEER_STREAMS];
        const struct fake_stream *f = (const struct fake_stream *)t->s;
        assert(!f || f->pair->end[f == &f->pair->end[0]].len <= FAKE_QUEUE_MAX + FAKE_WINDOW);
    }
}

static void run_script(struct bytes in)
{
    struct rd r = rd_init(in);

    for (int i = 0; i < STEPS_MAX && r.left && !r.short_; i++) {
        run_step(&r);
        for (int k = 0; k < 6; k++)
            ev_run(loop, EVRUN_NOWAIT);
        assert(wholenode_conns(node) <= WHOLENODE_PEERS_MAX);
        check_queues();
    }
}

/* ---- ---- */

static struct key *make_key(uint8_t seed)
{
    uint8_t octets[KEY_SEED_LEN] = { seed };
    struct key *k;

    assert(key_from_seed(octets, &k) == 0);
    return k;
}

static void peer_start(struct peer *p, uint8_t seed)
{
    static const struct quic_config none;
    char at[64];

    *p = (struct peer){ .key = make_key(seed) };
    snprintf(at, sizeof at, "/ip4/198.51.100.%u/udp/4001/quic-v1", seed);
    assert(multiaddr_parse(bytes_of(at), &p->at) == 0);
    p->quic = quic_new(loop, turn, p->key, &none, admit, accept_conn, p);
    assert(p->quic && quic_listen(p->quic, &p->at, NULL) == 0);
}

static void start(void)
{
    struct multiaddr at;

    fake_net_reset();
    fake_net.has_places = true;
    fake_net.datagram_max = 1200;
    assert(multiaddr_parse(bytes_of(NODE_AT), &at) == 0);
    key = make_key(9);
    for (uint8_t i = 0; i < PEERS; i++)
        peer_start(&peers[i], i + 1);
    const struct wholenode_peer friend = { *key_peerid(peers[0].key), peers[0].at };
    node = wholenode_new(loop, turn, key, &at, &friend);
}

static void finish(void)
{
    looprun_ms(loop, QUIET_MS);
    wholenode_stop(node);
    looprun_ms(loop, 1000);
    assert(wholenode_conns(node) == 0);
    for (size_t i = 0; i < PEERS; i++)
        assert(!peers[i].m);
    wholenode_free(node);
    for (size_t i = 0; i < PEERS; i++) {
        quic_free(peers[i].quic);
        key_free(peers[i].key);
    }
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
