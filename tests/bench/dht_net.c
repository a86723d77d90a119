/* dht_net.c - see dht_net.h.
 *
 * A peer id holds the number of its node, so that a message finds its way.  Points of nodes are
 * SHA-256 of their ids as always; one who was made up has its point in its id, for nobody could
 * find an id to each wanted point here and now. */
#include "dht_net.h"

#include <assert.h>
#include <stdlib.h>

#include "wire/varint.h"

#define WALL_S    1800000000u /* when it begins */
#define MADE_UP   UINT32_MAX  /* instead of the number */
#define FAKE_BITS 40          /* that one made up shares with the target */
#define MSG_ROOM  (KAD_MSG_MAX + 8)
#define DOUBT_MS  (300 * 1000)               /* as p2p/kad_keep.h */
#define JITTER    10                         /* percent, of a link's time */
#define ID_PREFIX "\x00\x24\x08\x01\x12\x20" /* Ed25519, identity multihash */
#define ID_NUMBER (sizeof ID_PREFIX - 1)
#define ID_REST   (ID_NUMBER + 4)
#define ID_REST_N 28
#define KEYS      (1u << DHT_KEY_BITS)

struct flight { /* a question on its way, and its answer */
    struct dht_net *net;
    uint32_t from, to;
    struct kad_contact asked; /* without addresses */
    dht_answer_fn *done;
    void *arg;
    size_t n;
    uint8_t msg[];
};

/* ---- peers ---- */

static struct peerid make_id(uint32_t number, const uint8_t rest[ID_REST_N])
{
    struct peerid id = { .n = ID_REST + ID_REST_N };

    memcpy(id.mh, ID_PREFIX, ID_NUMBER);
    memcpy(id.mh + ID_NUMBER, &number, sizeof number);
    memcpy(id.mh + ID_REST, rest, ID_REST_N);
    return id;
}

static uint32_t number_of(const struct peerid *id)
{
    uint32_t number;
    memcpy(&number, id->mh + ID_NUMBER, sizeof number);
    return number;
}

static struct multiaddr random_addr(struct dht_net *net)
{
    uint64_t r = vtime_random(&net->random);
    struct ipaddr ip = { .family = 4, .b = { (uint8_t)(11 + r % 89) } }; /* public ones */
    struct multiaddr a;

    for (unsigned i = 1; i < 4; i++)
        ip.b[i] = (uint8_t)(r >> 8 * i);
    multiaddr_make_quic(&ip, (uint16_t)(r >> 32 | 1024), &a);
    return a;
}

uint32_t dht_net_add(struct dht_net *net)
{
    struct dht_node *n = &net->nodes[net->made];
    uint8_t rest[ID_REST_N];

    assert(net->made < 2 * net->cfg.nodes);
    for (size_t i = 0; i < sizeof rest; i++)
        rest[i] = (uint8_t)vtime_random(&net->random);
    n->addr = random_addr(net);
    n->c = (struct kad_contact){ .peer = make_id(net->made, rest), .addrs = &n->addr, .naddrs = 1 };
    kad_id_of_peer(&n->c.peer, &n->c.id);
    n->table = kad_table_new(&n->c.peer);
    n->store = kad_store_new(&n->c.peer);
    assert(n->table && n->store);
    n->is_up = true;
    n->is_liar = vtime_below(&net->random, 100) < net->cfg.liars;
    return net->made++;
}

void dht_net_leave(struct dht_net *net, uint32_t node)
{
    struct dht_node *n = &net->nodes[node];

    n->is_up = false;
    kad_table_free(n->table);
    kad_store_free(n->store);
    n->table = NULL;
    n->store = NULL;
}

uint32_t dht_net_pick(struct dht_net *net)
{
    for (;;) {
        uint32_t i = vtime_below(&net->random, net->made);
        if (net->nodes[i].is_up && !net->nodes[i].is_liar)
            return i;
    }
}

size_t dht_net_nearest(const struct dht_net *net, const struct kad_id *target, bool of_liars,
                       struct kad_contact out[KAD_K])
{
    size_t n = 0, at;

    for (uint32_t i = 0; i < net->made; i++) {
        const struct dht_node *node = &net->nodes[i];
        if (!node->is_up || (of_liars && !node->is_liar))
            continue;
        for (at = n; at > 0 && kad_id_cmp(target, &node->c.id, &out[at - 1].id) < 0; at--)
            if (at < KAD_K)
                out[at] = out[at - 1];
        if (at < KAD_K)
            out[at] = node->c;
        n += n < KAD_K;
    }
    return n;
}

uint64_t dht_net_wall_s(const struct dht_net *net)
{
    return WALL_S + net->time.now_ms / 1000;
}

/* ---- keys ---- */

static uint32_t first_bits(const struct kad_id *id)
{
    return (uint32_t)(id->b[0] << 8 | id->b[1]) >> (16 - DHT_KEY_BITS);
}

struct bytes dht_net_key(const struct dht_net *net, const struct kad_id *point)
{
    return (struct bytes){ (const uint8_t *)&net->keys[first_bits(point)], sizeof net->keys[0] };
}

static void find_keys(struct dht_net *net)
{
    uint32_t found = 0;

    net->keys = vtime_alloc(KEYS * sizeof net->keys[0]);
    for (uint64_t key = 1; found < KEYS; key++) {
        struct kad_id id;
        kad_id_of_key((struct bytes){ (const uint8_t *)&key, sizeof key }, &id);
        found += !net->keys[first_bits(&id)];
        net->keys[first_bits(&id)] = key;
    }
}

struct dht_net *dht_net_new(const struct dht_config *cfg)
{
    struct dht_net *net = vtime_alloc(sizeof *net);

    net->cfg = *cfg;
    net->random = cfg->seed;
    net->nodes = vtime_alloc(2 * cfg->nodes * sizeof *net->nodes);
    find_keys(net);
    return net;
}

void dht_net_free(struct dht_net *net)
{
    for (uint32_t i = 0; i < net->made; i++)
        dht_net_leave(net, i);
    vtime_fini(&net->time);
    free(net->keys);
    free(net->nodes);
    free(net);
}

/* ---- the table ---- */

struct doubt {
    struct dht_net *net;
    uint32_t node;
    struct peerid peer;
};

static void on_doubt_answer(void *arg, const struct kad_contact *from, const struct kad_msg *answer)
{
    struct doubt *d = arg;

    if (answer)
        dht_net_heard(d->net, d->node, from);
    else
        dht_net_failed(d->net, d->node, &d->peer);
    free(d);
}

static void ask_doubtful(struct dht_net *net, uint32_t node, const struct peerid *newcomer)
{
    const struct kad_msg ping = { .type = KAD_PING };
    struct kad_contact old;
    struct doubt *d;

    if (net->time.now_ms < DOUBT_MS ||
        !kad_table_doubtful(net->nodes[node].table, newcomer, net->time.now_ms - DOUBT_MS, &old))
        return;
    d = vtime_alloc(sizeof *d);
    *d = (struct doubt){ net, node, old.peer };
    dht_net_ask(net, node, &old, &ping, on_doubt_answer, d);
}

void dht_net_heard(struct dht_net *net, uint32_t node, const struct kad_contact *c)
{
    struct dht_node *n = &net->nodes[node];

    if (n->is_up && kad_table_heard(n->table, c, net->time.now_ms) == KAD_HEARD_FULL)
        ask_doubtful(net, node, &c->peer);
}

void dht_net_failed(struct dht_net *net, uint32_t node, const struct peerid *peer)
{
    if (net->nodes[node].is_up)
        kad_table_failed(net->nodes[node].table, peer);
}

/* ---- messages ---- */

static uint64_t link_ms(struct dht_net *net, uint32_t a, uint32_t b)
{
    uint64_t link = vtime_mix(net->cfg.seed ^ ((uint64_t)(a < b ? a : b) << 32 | (a < b ? b : a)));
    uint64_t ms = 10 + link % (DHT_RTT_MS - 20 + 1);
    return ms + vtime_below(&net->random, (uint32_t)(ms * JITTER / 100 + 1));
}

/* What is lost is sent again, as QUIC does it, until it arrives or the asker is tired of it. */
static uint64_t lost_ms(struct dht_net *net)
{
    uint64_t ms = 0;
    while (ms < DHT_ANSWER_MS && vtime_below(&net->random, 100) < net->cfg.loss)
        ms += DHT_RESEND_MS;
    return ms;
}

/* False: it cannot be read. */
static bool read_msg(const struct flight *f, struct kad_msg *out)
{
    struct bytes body;
    return varint_decode_prefixed((struct bytes){ f->msg, f->n }, KAD_MSG_MAX, &body) > 0 &&
           kad_msg_decode(body, out) == 0;
}

/* The asker finds out in its own time that there is no answer. */
static void on_silence(void *arg)
{
    struct flight *f = arg;

    f->done(f->arg, &f->asked, NULL);
    free(f);
}

static void stay_silent(struct flight *f)
{
    vtime_at(&f->net->time, f->net->time.now_ms + DHT_ANSWER_MS, on_silence, f);
}

static void on_answer(void *arg)
{
    struct flight *f = arg;
    struct kad_msg answer;

    if (!read_msg(f, &answer)) {
        stay_silent(f);
        return;
    }
    f->done(f->arg, &f->net->nodes[f->to].c, &answer);
    free(f);
}

static struct kad_contact make_up(struct dht_net *net, const struct kad_id *target)
{
    struct kad_contact fake = { .id = *target, .naddrs = 1 };

    for (size_t at = FAKE_BITS / 8; at < ID_REST_N; at++)
        fake.id.b[at] = (uint8_t)vtime_random(&net->random);
    fake.peer = make_id(MADE_UP, fake.id.b);
    fake.addrs = &net->nodes[0].addr;
    return fake;
}

static int lie(struct dht_net *net, const struct kad_msg *question, uint8_t *dst, size_t cap)
{
    struct kad_msg a = { .type = question->type, .key = question->key };
    struct kad_contact told[KAD_K];
    struct kad_id target;

    if (question->type == KAD_PUT_VALUE) {
        a.record = question->record;
        return kad_msg_encode(dst, cap, &a);
    }
    kad_id_of_key(question->key, &target);
    a.closer.n = net->cfg.collude ? dht_net_nearest(net, &target, true, told) : KAD_K;
    for (size_t i = 0; i < a.closer.n; i++) {
        struct peer_msg *m = &a.closer.v[i];
        if (!net->cfg.collude)
            told[i] = make_up(net, &target);
        m->id = (struct bytes){ told[i].peer.mh, told[i].peer.n };
        pb_list_add(&m->addrs, (struct bytes){ told[i].addrs->b, told[i].addrs->n });
    }
    return kad_msg_encode(dst, cap, &a);
}

static int answer_of(struct dht_net *net, const struct flight *f, uint8_t *dst, size_t cap)
{
    struct dht_node *n = &net->nodes[f->to];
    struct kad_server server = { .table = n->table, .store = n->store };
    struct kad_msg question;

    if (!read_msg(f, &question))
        return 0;
    if (n->is_liar && question.type != KAD_PING)
        return lie(net, &question, dst, cap);
    return kad_server_answer(&server, &net->nodes[f->from].c.peer, &question, dht_net_wall_s(net),
                             dst, cap);
}

static struct flight *flight_new(const struct flight *head, const uint8_t *msg, size_t n)
{
    struct flight *f = vtime_alloc(sizeof *f + n);

    *f = *head;
    f->n = n;
    memcpy(f->msg, msg, n);
    return f;
}

static void send_off(struct flight *f, vtime_fn *arrives)
{
    struct dht_net *net = f->net;
    uint64_t ms = link_ms(net, f->from, f->to) + lost_ms(net);

    net->messages++;
    vtime_at(&net->time, net->time.now_ms + ms, arrives, f);
}

static void on_question(void *arg)
{
    struct flight *f = arg, *back;
    struct dht_net *net = f->net;
    uint8_t answer[MSG_ROOM];
    int n;

    if (!net->nodes[f->to].is_up || (n = answer_of(net, f, answer, sizeof answer)) <= 0) {
        stay_silent(f);
        return;
    }
    dht_net_heard(net, f->to, &net->nodes[f->from].c);
    back = flight_new(f, answer, (size_t)n);
    free(f);
    send_off(back, on_answer);
}

void dht_net_ask(struct dht_net *net, uint32_t from, const struct kad_contact *to,
                 const struct kad_msg *question, dht_answer_fn *done, void *arg)
{
    struct flight head = { .net = net,
                           .from = from,
                           .to = number_of(&to->peer),
                           .asked = { .peer = to->peer, .id = to->id },
                           .done = done,
                           .arg = arg };
    uint8_t msg[MSG_ROOM];
    int n = kad_msg_encode(msg, sizeof msg, question);

    assert(n > 0);
    struct flight *f = flight_new(&head, msg, (size_t)n);
    if (f->to < net->made) {
        send_off(f, on_question);
    } else {
        net->messages++;
        stay_silent(f);
    }
}

size_t dht_net_contacts(const struct dht_net *net, const struct kad_peers *peers,
                        struct kad_contact *out)
{
    size_t n = 0;

    for (size_t i = 0; i < peers->n && n < KAD_K; i++) {
        struct peerid id;
        if (peerid_from_bytes(peers->v[i].id, &id) != 0)
            continue;
        if (number_of(&id) < net->made) {
            out[n] = net->nodes[number_of(&id)].c;
        } else {
            out[n] = (struct kad_contact){ .peer = id };
            memcpy(out[n].id.b, id.mh + ID_REST, ID_REST_N);
        }
        n++;
    }
    return n;
}
