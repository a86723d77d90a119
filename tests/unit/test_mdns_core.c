/* test_mdns_core.c - what is said over multicast DNS, and when: two nodes on a link with a
 * hand-turned clock, and answers as js-libp2p gives them. */
#include "p2p/mdns_core.h"

#include <stdio.h>

#include "testpeers.h"

#define T0       UINT64_C(1000000)
#define JS_LABEL "abcdefghijklmnopqrstuvwxyz012345"

static const struct mdns_link link4 = { 7, 4 }, link6 = { 7, 6 };

struct node {
    struct lan_peers *peers;
    struct mdns_core *core;
    struct peerid id;
    uint8_t host; /* of its address 10.0.0.HOST */
};

struct said { /* one message */
    uint8_t b[MDNS_MSG_MAX];
    size_t n;
    struct mdns_link to;
};

static struct bytes bytes_said(const struct said *s)
{
    return (struct bytes){ s->b, s->n };
}

static struct multiaddr addr_of(uint8_t host, unsigned port)
{
    struct ipaddr ip = { .family = 4, .b = { 10, 0, 0, host } };
    struct multiaddr a;
    multiaddr_make_quic(&ip, (uint16_t)port, &a);
    return a;
}

static void open_node(struct node *n, const char *id, const char *name, uint8_t host)
{
    uint8_t random[MDNS_RANDOM];
    memset(random, host, sizeof random);
    *n = (struct node){ .peers = lan_peers_new(NULL, NULL), .id = peer_of(id), .host = host };
    n->core = mdns_core_new(&n->id, name, random, n->peers);
    assert_non_null(n->core);
}

static void start_node(struct node *n, uint64_t now_ms)
{
    struct multiaddr a = addr_of(n->host, 4001);
    mdns_core_set_addrs(n->core, &a, 1, now_ms);
    mdns_core_set_links(n->core, &link4, 1, now_ms);
}

static void close_node(struct node *n)
{
    mdns_core_free(n->core);
    lan_peers_free(n->peers);
}

static bool say(struct node *n, uint64_t now_ms, struct said *s)
{
    s->n = mdns_core_output(n->core, now_ms, &s->to, s->b);
    return s->n > 0;
}

static struct mdns_peer from_of(uint8_t host, uint16_t port)
{
    return (struct mdns_peer){ link4, { .family = 4, .b = { 10, 0, 0, host } }, port, true };
}

/* To the group, by somebody; returns what goes back to it alone. */
static size_t tell(struct node *n, uint8_t host, uint16_t port, struct bytes msg, uint64_t now_ms,
                   struct said *reply)
{
    struct mdns_peer from = from_of(host, port);
    reply->n = mdns_core_input(n->core, &from, msg, now_ms, reply->b);
    return reply->n;
}

/* What `from` says now, all of it, is heard by `to`. */
static void pass(struct node *from, struct node *to, uint64_t now_ms)
{
    struct said s, reply;
    while (say(from, now_ms, &s)) {
        tell(to, from->host, MDNS_PORT, bytes_said(&s), now_ms, &reply);
        if (reply.n)
            tell(from, to->host, MDNS_PORT, bytes_said(&reply), now_ms, &s);
    }
}

static bool is_answer(const struct said *s)
{
    return (s->b[2] & 0x80) != 0;
}

static unsigned known_answers(const struct said *s)
{
    return (unsigned)s->b[6] << 8 | s->b[7];
}

static bool knows(struct node *n, const struct node *whom, uint64_t now_ms)
{
    return lan_peers_find(n->peers, &whom->id, now_ms) != NULL;
}

static struct dns_name name_of(const char *text)
{
    struct dns_name n;
    assert_int_equal(dns_name_parse(bytes_of(text), &n), 0);
    return n;
}

/* A question as anybody may ask it. */
static struct said question(const char *name, uint16_t type, uint16_t class_, uint16_t flags)
{
    struct said s;
    struct dns_question q = { name_of(name), type, class_ };
    struct dns_wr w;
    dns_wr_init(&w, (struct span){ s.b, sizeof s.b }, 4711, flags);
    assert_true(dns_put_question(&w, &q));
    s.n = dns_wr_bytes(&w).n;
    return s;
}

static struct said ptr_question(void)
{
    return question("_p2p._udp.local", DNS_PTR, DNS_IN, 0);
}

/* Lets all that is said at the start go by, until asking is slow: two minutes later or so. */
static uint64_t settle(struct node *n)
{
    struct said s;
    uint64_t now_ms = T0, last = T0;
    for (int i = 0; i < 1000 && now_ms < T0 + 200000; i++) {
        while (say(n, now_ms, &s)) {
        }
        last = now_ms;
        now_ms = mdns_core_next(n->core);
    }
    return last + 2000; /* and no answer is due */
}

/* --- finding */

static void test_both_are_known_after_the_first_word_of_the_later_one(void **state)
{
    (void)state;
    struct node a, b;
    open_node(&a, PEER_A, "home", 1);
    open_node(&b, PEER_B, "laptop", 2);
    start_node(&a, T0);
    pass(&a, &b, T0); /* b has no link yet: it hears nothing */
    assert_false(knows(&b, &a, T0));
    start_node(&b, T0 + 50);
    pass(&b, &a, T0 + 50); /* a spoke 50 ms ago, so its answer is to b alone */
    assert_true(knows(&a, &b, T0 + 50));
    assert_true(knows(&b, &a, T0 + 50));
    const struct lan_peer *p = lan_peers_named(b.peers, bytes_of("home"), T0 + 50);
    assert_non_null(p);
    assert_true(peerid_eq(&p->peer, &a.id));
    assert_int_equal(p->naddrs, 1);
    struct multiaddr want = addr_of(1, 4001);
    assert_true(multiaddr_eq(&p->addrs[0].addr, &want));
    close_node(&a);
    close_node(&b);
}

static void test_it_asks_at_once_and_then_ever_less_often(void **state)
{
    (void)state;
    static const uint64_t waits[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
    struct node a;
    struct said s;
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    assert_int_equal(mdns_core_next(a.core), T0);
    assert_true(say(&a, T0, &s));
    assert_false(is_answer(&s));
    assert_int_equal(s.b[s.n - 2], 0x80); /* QU, the first time */
    uint64_t asked = T0, now_ms = T0;
    for (size_t i = 0; i < COUNT(waits);) {
        while (!say(&a, now_ms, &s))
            now_ms = mdns_core_next(a.core);
        if (is_answer(&s))
            continue;
        assert_int_equal(s.b[s.n - 2], 0);
        assert_in_range(now_ms - asked, waits[i], waits[i] + waits[i] / 10);
        asked = now_ms;
        i++;
    }
    close_node(&a);
}

static void test_it_announces_itself_at_once_and_again_a_second_later(void **state)
{
    (void)state;
    struct node a;
    struct said s;
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    assert_true(say(&a, T0, &s)); /* the question */
    assert_true(say(&a, T0, &s));
    assert_true(is_answer(&s));
    assert_false(say(&a, T0, &s));
    uint64_t now_ms = T0;
    do
        now_ms = mdns_core_next(a.core);
    while (!say(&a, now_ms, &s) || !is_answer(&s));
    assert_in_range(now_ms, T0 + 1000, T0 + 1250);
    close_node(&a);
}

static void test_without_addresses_it_says_nothing_at_all(void **state)
{
    (void)state;
    struct node a;
    struct said s, q = ptr_question();
    open_node(&a, PEER_A, "home", 1);
    mdns_core_set_links(a.core, &link4, 1, T0);
    mdns_core_ask(a.core, T0);
    mdns_core_restart(a.core, T0);
    assert_int_equal(mdns_core_next(a.core), UINT64_MAX);
    assert_false(say(&a, T0 + 10000, &s));
    assert_int_equal(tell(&a, 2, 4711, bytes_said(&q), T0, &s), 0);
    assert_int_equal(mdns_core_bye(a.core, s.b), 0);
    start_node(&a, T0 + 20000); /* an address appears */
    assert_true(say(&a, T0 + 20000, &s));
    close_node(&a);
}

static void test_an_asker_asks_and_does_not_answer(void **state)
{
    (void)state;
    struct node a, b;
    struct said s, q = ptr_question();
    open_node(&a, PEER_A, "home", 1);
    open_node(&b, PEER_B, "laptop", 2);
    start_node(&a, T0);
    mdns_core_set_asker(b.core);
    mdns_core_set_links(b.core, &link4, 1, T0);
    pass(&a, &b, T0);
    assert_true(knows(&b, &a, T0));
    assert_true(say(&b, T0, &s));
    assert_false(is_answer(&s));
    tell(&b, 1, MDNS_PORT, bytes_said(&q), T0, &s);
    assert_false(say(&b, T0 + 500, &s));
    close_node(&a);
    close_node(&b);
}

/* --- answering */

static void test_an_answer_comes_after_20_to_120_ms(void **state)
{
    (void)state;
    struct node a;
    struct said s, q = ptr_question();
    uint64_t least = UINT64_MAX, most = 0;
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    uint64_t now_ms = settle(&a);
    for (int i = 0; i < 200; i++, now_ms += 1200) {
        while (say(&a, now_ms, &s)) {
        }
        now_ms += 1200;
        assert_int_equal(tell(&a, 2, MDNS_PORT, bytes_said(&q), now_ms, &s), 0);
        uint64_t took = mdns_core_next(a.core) - now_ms;
        assert_in_range(took, 20, 120);
        least = took < least ? took : least;
        most = took > most ? took : most;
    }
    assert_true(most - least > 50);
    close_node(&a);
}

static void test_no_two_answers_within_a_second(void **state)
{
    (void)state;
    struct node a;
    struct said s, q = ptr_question();
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    uint64_t start = settle(&a), last = 0;
    unsigned answers = 0;
    for (uint64_t now_ms = start; now_ms < start + 10000; now_ms += 10) {
        tell(&a, 2, MDNS_PORT, bytes_said(&q), now_ms, &s);
        while (say(&a, now_ms, &s)) {
            if (!is_answer(&s))
                continue;
            assert_true(now_ms - last >= 1000);
            last = now_ms;
            answers++;
        }
    }
    assert_in_range(answers, 8, 10);
    close_node(&a);
}

static struct said knowing(const char *instance, uint32_t ttl_s, bool with_question)
{
    struct said s;
    struct dns_name service = name_of("_p2p._udp.local"), target = name_of(instance);
    struct dns_question q = { service, DNS_PTR, DNS_IN };
    struct dns_head h = { DNS_ANSWERS, &service, DNS_IN, ttl_s };
    struct dns_wr w;
    dns_wr_init(&w, (struct span){ s.b, sizeof s.b }, 0, 0);
    if (with_question)
        assert_true(dns_put_question(&w, &q));
    assert_true(dns_put_ptr(&w, &h, &target));
    s.n = dns_wr_bytes(&w).n;
    return s;
}

/* 20 octets of 1, in base32 (RFC 4648). */
#define LABEL_OF_1 "aeaqcaibaeaqcaibaeaqcaibaeaqcaib"

static void test_who_knows_us_gets_no_answer(void **state)
{
    (void)state;
    static const struct {
        const char *instance;
        uint32_t ttl_s;
        bool is_answered;
    } v[] = {
        { LABEL_OF_1 "._p2p._udp.local", 120, false },
        { LABEL_OF_1 "._p2p._udp.local", 60, false },
        { LABEL_OF_1 "._p2p._udp.local", 59,
          true }, /* less than half of its time: RFC 6762 s.7.1 */
        { "other._p2p._udp.local", 120, true },
    };
    struct node a;
    struct said s;
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    uint64_t now_ms = settle(&a);
    for (size_t i = 0; i < COUNT(v); i++, now_ms += 2000) {
        struct said q = knowing(v[i].instance, v[i].ttl_s, true);
        while (say(&a, now_ms, &s)) {
        }
        tell(&a, 2, MDNS_PORT, bytes_said(&q), now_ms + 1500, &s);
        assert_int_equal(mdns_core_next(a.core) <= now_ms + 1700, v[i].is_answered);
    }
    close_node(&a);
}

static void test_what_another_knows_may_follow_its_question(void **state)
{
    (void)state;
    struct node a;
    struct said s, q = question("_p2p._udp.local", DNS_PTR, DNS_IN, DNS_IS_TRUNCATED);
    struct said rest = knowing(LABEL_OF_1 "._p2p._udp.local", 120, false);
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    uint64_t now_ms = settle(&a);
    tell(&a, 2, MDNS_PORT, bytes_said(&q), now_ms, &s);
    assert_in_range(mdns_core_next(a.core), now_ms + 420, now_ms + 520);
    tell(&a, 2, MDNS_PORT, bytes_said(&rest), now_ms + 100, &s);
    assert_true(mdns_core_next(a.core) > now_ms + 1000);
    close_node(&a);
}

static void test_it_says_whom_it_knows_and_is_spared_their_answers(void **state)
{
    (void)state;
    struct node a, b;
    struct said s, reply;
    open_node(&a, PEER_A, "home", 1);
    open_node(&b, PEER_B, "laptop", 2);
    start_node(&a, T0);
    start_node(&b, T0);
    pass(&b, &a, T0);
    uint64_t now_ms = T0;
    while (say(&a, now_ms, &s)) {
    }
    do
        now_ms = mdns_core_next(a.core);
    while (!say(&a, now_ms, &s) || is_answer(&s));
    assert_int_equal(known_answers(&s), 1);
    uint64_t quiet = settle(&b);
    tell(&b, 1, MDNS_PORT, bytes_said(&s), quiet, &reply);
    assert_true(mdns_core_next(b.core) > quiet + 120);
    /* after a quarter of its time it has to say so again */
    now_ms = T0 + 31000;
    do
        now_ms = mdns_core_next(a.core) > now_ms ? mdns_core_next(a.core) : now_ms;
    while (!say(&a, now_ms, &s) || is_answer(&s));
    assert_int_equal(known_answers(&s), 0);
    close_node(&a);
    close_node(&b);
}

static void test_the_question_of_another_takes_the_place_of_ours(void **state)
{
    (void)state;
    struct node a;
    struct said s, q = ptr_question();
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    uint64_t start = settle(&a);
    for (uint64_t now_ms = start; now_ms < start + 600000; now_ms += 30000) {
        tell(&a, 2, MDNS_PORT, bytes_said(&q), now_ms, &s);
        while (say(&a, now_ms + 1500, &s))
            assert_true(is_answer(&s));
    }
    close_node(&a);
}

/* Counts the records of an answer to one who speaks plain DNS. */
static void count_types(const struct said *s, unsigned count[256], uint32_t *ttl_s)
{
    struct dns_msg m;
    struct dns_record r;
    int rc;
    memset(count, 0, 256 * sizeof *count);
    assert_int_equal(dns_msg_read(bytes_said(s), &m), 0);
    while ((rc = dns_msg_record(&m, &r)) > 0) {
        count[r.type]++;
        *ttl_s = r.ttl_s;
        assert_int_equal(r.class_, DNS_IN);
    }
    assert_int_equal(rc, 0);
}

static void test_each_question_has_its_answer(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint16_t type;
        unsigned ptr, txt, srv, a;
    } v[] = {
        { "_p2p._udp.local", DNS_PTR, 1, 1, 1, 1 },
        { "_P2P._UDP.LOCAL", DNS_ANY, 1, 1, 1, 1 },
        { "_services._dns-sd._udp.local", DNS_PTR, 1, 0, 0, 0 },
        { LABEL_OF_1 "._p2p._udp.local", DNS_TXT, 0, 1, 0, 0 },
        { LABEL_OF_1 "._p2p._udp.local", DNS_SRV, 0, 0, 1, 1 },
        { LABEL_OF_1 ".p2p.local", DNS_A, 0, 0, 0, 1 },
    };
    struct node a;
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    for (size_t i = 0; i < COUNT(v); i++) {
        struct said s, q = question(v[i].name, v[i].type, DNS_IN, 0);
        unsigned count[256];
        uint32_t ttl_s = 0;
        assert_true(tell(&a, 2, 40000, bytes_said(&q), T0, &s) > 0);
        assert_int_equal(s.b[0] << 8 | s.b[1], 4711);
        assert_memory_equal(s.b + DNS_HEADER, q.b + DNS_HEADER, q.n - DNS_HEADER);
        count_types(&s, count, &ttl_s);
        assert_int_equal(count[DNS_PTR], v[i].ptr);
        assert_int_equal(count[DNS_TXT], v[i].txt);
        assert_int_equal(count[DNS_SRV], v[i].srv);
        assert_int_equal(count[DNS_A], v[i].a);
        assert_int_equal(ttl_s, 10); /* RFC 6762 s.6.7 */
    }
    close_node(&a);
}

static void test_what_is_not_ours_is_not_answered(void **state)
{
    (void)state;
    struct node a;
    struct said s;
    const struct said q[] = {
        question("_http._tcp.local", DNS_PTR, DNS_IN, 0),
        question("home.local", DNS_A, DNS_IN, 0),
        question("_p2p._udp.local", DNS_SRV, DNS_IN, 0),
        question("_p2p._udp.local", DNS_PTR, 3, 0),
        question("_p2p._udp.local", DNS_PTR, DNS_IN, 0x0800), /* another opcode */
    };
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    for (size_t i = 0; i < COUNT(q); i++)
        assert_int_equal(tell(&a, 2, 40000, bytes_said(&q[i]), T0, &s), 0);
    struct said good = ptr_question();
    struct mdns_peer from = from_of(2, 40000);
    from.is_to_group = false;
    assert_int_equal(mdns_core_input(a.core, &from, bytes_said(&good), T0, s.b), 0);
    from = from_of(2, 40000);
    from.link.ifindex = 8;
    assert_int_equal(mdns_core_input(a.core, &from, bytes_said(&good), T0, s.b), 0);
    close_node(&a);
}

static void test_many_addresses_take_several_messages(void **state)
{
    (void)state;
    struct node a, b;
    struct multiaddr many[30];
    struct said s, reply;
    unsigned answers = 0;
    open_node(&a, PEER_A, "home", 1);
    open_node(&b, PEER_B, "laptop", 2);
    start_node(&b, T0);
    for (unsigned i = 0; i < COUNT(many); i++)
        many[i] = addr_of(1, 4001 + i);
    mdns_core_set_addrs(a.core, many, COUNT(many), T0);
    mdns_core_set_links(a.core, &link4, 1, T0);
    while (say(&a, T0, &s)) {
        answers += is_answer(&s);
        tell(&b, 1, MDNS_PORT, bytes_said(&s), T0, &reply);
    }
    assert_in_range(answers, 2, 4);
    const struct lan_peer *p = lan_peers_find(b.peers, &a.id, T0);
    assert_non_null(p);
    assert_int_equal(p->naddrs, LAN_ADDRS_MAX);
    close_node(&a);
    close_node(&b);
}

/* --- changes */

static void test_new_addresses_and_new_links_are_told_at_once(void **state)
{
    (void)state;
    struct node a;
    struct said s;
    struct multiaddr two[] = { addr_of(1, 4001), addr_of(3, 4001) };
    struct mdns_link links[] = { link4, link6 };
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    uint64_t now_ms = settle(&a);
    mdns_core_set_addrs(a.core, two, 2, now_ms);
    assert_true(say(&a, now_ms, &s));
    assert_true(is_answer(&s));
    mdns_core_set_addrs(a.core, two, 2, now_ms + 5000);
    assert_true(mdns_core_next(a.core) > now_ms + 5000);
    mdns_core_set_links(a.core, links, 2, now_ms + 5000);
    assert_true(say(&a, now_ms + 5000, &s));
    assert_false(is_answer(&s));
    assert_int_equal(s.to.family, 6);
    assert_true(say(&a, now_ms + 5000, &s));
    assert_true(is_answer(&s));
    assert_int_equal(s.to.family, 6);
    assert_false(say(&a, now_ms + 5000, &s)); /* the old link goes on as it was */
    mdns_core_restart(a.core, now_ms + 10000);
    unsigned questions = 0;
    while (say(&a, now_ms + 10000, &s))
        questions += !is_answer(&s);
    assert_int_equal(questions, 2);
    close_node(&a);
}

static void test_one_question_more_is_a_second_after_the_last(void **state)
{
    (void)state;
    struct node a;
    struct said s;
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    uint64_t now_ms = settle(&a);
    mdns_core_ask(a.core, now_ms);
    assert_true(say(&a, now_ms, &s));
    assert_false(is_answer(&s));
    mdns_core_ask(a.core, now_ms + 200);
    while (say(&a, now_ms + 999, &s))
        assert_true(is_answer(&s));
    assert_int_equal(mdns_core_next(a.core), now_ms + 1000);
    close_node(&a);
}

static void test_goodbye_is_understood(void **state)
{
    (void)state;
    struct node a, b;
    struct said s, reply;
    open_node(&a, PEER_A, "home", 1);
    open_node(&b, PEER_B, "laptop", 2);
    start_node(&b, T0);
    start_node(&a, T0);
    pass(&a, &b, T0);
    assert_true(knows(&b, &a, T0));
    s.n = mdns_core_bye(a.core, s.b);
    tell(&b, 1, MDNS_PORT, bytes_said(&s), T0, &reply);
    assert_false(knows(&b, &a, T0));
    close_node(&a);
    close_node(&b);
}

/* --- what others say */

struct claim { /* an answer with these strings in its TXT record */
    const char *label;
    uint32_t ttl_s;
    const char *strings[4];
};

static struct said answer_of(const struct claim *c)
{
    struct said s;
    struct dns_name service = name_of("_p2p._udp.local"), instance;
    struct dns_head shared = { DNS_ANSWERS, &service, DNS_IN, c->ttl_s };
    struct dns_head own = { DNS_ANSWERS, &instance, DNS_IN, c->ttl_s };
    struct bytes strings[4];
    size_t n = 0;
    struct dns_wr w;
    for (; n < 4 && c->strings[n]; n++)
        strings[n] = bytes_of(c->strings[n]);
    assert_int_equal(dns_name_join(bytes_of(c->label), &service, &instance), 0);
    dns_wr_init(&w, (struct span){ s.b, sizeof s.b }, 0, DNS_IS_ANSWER | DNS_IS_AUTHORITATIVE);
    assert_true(dns_put_ptr(&w, &shared, &instance));
    assert_true(dns_put_txt(&w, &own, strings, n));
    s.n = dns_wr_bytes(&w).n;
    return s;
}

static void test_an_answer_of_js_libp2p_is_understood(void **state)
{
    (void)state;
    /* js: TXT records among the answers, without a cache-flush bit, one string each */
    static const struct claim js = { JS_LABEL,
                                     120,
                                     { "dnsaddr=/ip4/192.168.3.7/tcp/4001/p2p/" PEER_B, NULL } };
    struct node a;
    struct said s = answer_of(&js), reply;
    struct peerid b = peer_of(PEER_B);
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    tell(&a, 2, MDNS_PORT, bytes_said(&s), T0, &reply);
    const struct lan_peer *p = lan_peers_find(a.peers, &b, T0 + 119999);
    assert_non_null(p);
    assert_string_equal(p->name, "");
    assert_string_equal(p->addrs[0].label, JS_LABEL);
    char text[MULTIADDR_STR_MAX];
    assert_string_equal(multiaddr_print(&p->addrs[0].addr, text), "/ip4/192.168.3.7/tcp/4001");
    close_node(&a);
}

static void test_what_is_of_no_use_is_dropped(void **state)
{
    (void)state;
    static const struct claim v[] = {
        { "x", 120, { "dnsaddr=/ip4/127.0.0.1/tcp/4001/p2p/" PEER_B } },
        { "x", 120, { "dnsaddr=/ip4/0.0.0.0/tcp/4001/p2p/" PEER_B } },
        { "x", 120, { "dnsaddr=/ip4/224.0.0.1/tcp/4001/p2p/" PEER_B } },
        { "x", 120, { "dnsaddr=/ip6/::1/tcp/4001/p2p/" PEER_B } },
        { "x", 120, { "dnsaddr=/ip6/fe80::1/tcp/4001/p2p/" PEER_B } },
        { "x", 120, { "dnsaddr=/ip6/ff02::1/tcp/4001/p2p/" PEER_B } },
        { "x", 120, { "dnsaddr=/ip4/10.0.0.2/tcp/0/p2p/" PEER_B } },
        { "x", 120, { "dnsaddr=/ip4/10.0.0.2/tcp/4001" } },
        { "x", 120, { "dnsaddr=/dns4/example.org/tcp/4001/p2p/" PEER_B } },
        { "x", 120, { "dnsaddr=/ip4/10.0.0.2/tcp/4001/p2p/" PEER_B "/p2p-circuit/p2p/" PEER_B } },
        { "x", 120, { "dnsaddr=" } },
        { "x", 120, { "gw-name=home" } },
        { "x", 120, { "" } },
        { "x", 0, { "dnsaddr=/ip4/10.0.0.2/tcp/4001/p2p/" PEER_B } },
        { "x", 120, { "dnsaddr=/ip4/10.0.0.2/tcp/4001/p2p/" PEER_A } },        /* us */
        { LABEL_OF_1, 120, { "dnsaddr=/ip4/10.0.0.2/tcp/4001/p2p/" PEER_B } }, /* our label */
    };
    struct node a;
    struct said reply;
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    for (size_t i = 0; i < COUNT(v); i++) {
        struct said s = answer_of(&v[i]);
        tell(&a, 2, MDNS_PORT, bytes_said(&s), T0, &reply);
        assert_int_equal(lan_peers_count(a.peers), 0);
    }
    static const struct claim good = { "x", 120, { "dnsaddr=/ip4/10.0.0.2/tcp/4001/p2p/" PEER_B } };
    struct said s = answer_of(&good);
    tell(&a, 2, 5354, bytes_said(&s), T0, &reply); /* not from the port, RFC 6762 s.6 */
    assert_int_equal(lan_peers_count(a.peers), 0);
    s.b[3] |= 3; /* an error, s.18.11 */
    tell(&a, 2, MDNS_PORT, bytes_said(&s), T0, &reply);
    assert_int_equal(lan_peers_count(a.peers), 0);
    s.b[3] = 0;
    tell(&a, 2, MDNS_PORT, bytes_said(&s), T0, &reply);
    assert_int_equal(lan_peers_count(a.peers), 1);
    close_node(&a);
}

/* As large as a message of mDNS may be, RFC 6762 s.17. */
static void test_more_addresses_than_there_is_room_for_are_left(void **state)
{
    (void)state;
    static uint8_t room[9000];
    static char texts[70][128];
    struct bytes strings[70];
    struct dns_name instance = name_of("x._p2p._udp.local");
    struct dns_head h = { DNS_ANSWERS, &instance, DNS_IN, 120 };
    struct dns_wr w;
    struct node a;
    struct said reply;
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    for (unsigned i = 0; i < COUNT(texts); i++) {
        snprintf(texts[i], sizeof texts[i], "dnsaddr=/ip4/10.0.0.2/tcp/%u/p2p/" PEER_B, 4001 + i);
        strings[i] = bytes_of(texts[i]);
    }
    dns_wr_init(&w, (struct span){ room, sizeof room }, 0, DNS_IS_ANSWER);
    assert_true(dns_put_txt(&w, &h, strings, COUNT(texts)));
    tell(&a, 2, MDNS_PORT, dns_wr_bytes(&w), T0, &reply);
    assert_int_equal(lan_peers_next(a.peers, NULL)->naddrs, LAN_ADDRS_MAX);
    close_node(&a);
}

static void test_one_record_tells_of_one_peer_only(void **state)
{
    (void)state;
    static const struct claim two = { "x",
                                      120,
                                      { "dnsaddr=/ip4/10.0.0.2/tcp/4001/p2p/" PEER_B,
                                        "dnsaddr=/ip4/10.0.0.9/tcp/4001/p2p/"
                                        "12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8",
                                        "gw-name=other" } };
    struct node a;
    struct said s = answer_of(&two), reply;
    open_node(&a, PEER_A, "home", 1);
    start_node(&a, T0);
    tell(&a, 2, MDNS_PORT, bytes_said(&s), T0, &reply);
    assert_int_equal(lan_peers_count(a.peers), 1);
    assert_int_equal(lan_peers_next(a.peers, NULL)->naddrs, 1);
    assert_string_equal(lan_peers_next(a.peers, NULL)->name, "other");
    close_node(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_are_known_after_the_first_word_of_the_later_one),
        cmocka_unit_test(test_it_asks_at_once_and_then_ever_less_often),
        cmocka_unit_test(test_it_announces_itself_at_once_and_again_a_second_later),
        cmocka_unit_test(test_without_addresses_it_says_nothing_at_all),
        cmocka_unit_test(test_an_asker_asks_and_does_not_answer),
        cmocka_unit_test(test_an_answer_comes_after_20_to_120_ms),
        cmocka_unit_test(test_no_two_answers_within_a_second),
        cmocka_unit_test(test_who_knows_us_gets_no_answer),
        cmocka_unit_test(test_what_another_knows_may_follow_its_question),
        cmocka_unit_test(test_it_says_whom_it_knows_and_is_spared_their_answers),
        cmocka_unit_test(test_the_question_of_another_takes_the_place_of_ours),
        cmocka_unit_test(test_each_question_has_its_answer),
        cmocka_unit_test(test_what_is_not_ours_is_not_answered),
        cmocka_unit_test(test_many_addresses_take_several_messages),
        cmocka_unit_test(test_new_addresses_and_new_links_are_told_at_once),
        cmocka_unit_test(test_one_question_more_is_a_second_after_the_last),
        cmocka_unit_test(test_goodbye_is_understood),
        cmocka_unit_test(test_an_answer_of_js_libp2p_is_understood),
        cmocka_unit_test(test_what_is_of_no_use_is_dropped),
        cmocka_unit_test(test_more_addresses_than_there_is_room_for_are_left),
        cmocka_unit_test(test_one_record_tells_of_one_peer_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
