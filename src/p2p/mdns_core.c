/* mdns_core.c - see mdns_core.h. */
#include "p2p/mdns_core.h"

#include <stdlib.h>

#include "p2p/mdns_hear.h"
#include "p2p/mdns_self.h"

#define NEVER        UINT64_MAX
#define QUIET_MS     1000 /* between two that say the same on a link, s.6 */
#define TRUNCATED_MS 400  /* to wait for the rest of what the other one knows, s.7.2 */
#define LEGACY_TTL_S 10   /* for who speaks plain DNS, s.6.7 */

struct link {
    struct mdns_link at;
    uint64_t ask_ms;
    uint32_t ask_wait_ms; /* between the last question and the one after it; 0: not asked yet */
    bool is_urgent;       /* the next question: an answer to us alone will do */
    uint64_t asked_ms;
    unsigned want;      /* of the answer that is due: enum mdns_want; 0: none is */
    uint64_t answer_ms; /* when it is */
    size_t told;        /* addresses of it that are out already */
    uint64_t answered_ms;
    bool has_answered;
};

struct mdns_core {
    struct mdns_self self;
    struct lan_peers *peers;
    bool is_asker; /* asks without addresses of its own */
    uint32_t rand;
    struct link links[MDNS_LINKS_MAX];
    size_t nlinks;
};

static uint32_t up_to(struct mdns_core *c, uint32_t most)
{
    c->rand = c->rand * 1664525u + 1013904223u;
    return (c->rand >> 8) % (most + 1);
}

struct mdns_core *mdns_core_new(const struct peerid *self, const char *name,
                                const uint8_t random[MDNS_RANDOM], struct lan_peers *peers)
{
    struct mdns_core *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->peers = peers;
    memcpy(&c->rand, random, sizeof c->rand);
    mdns_self_init(&c->self, self, name, random);
    return c;
}

void mdns_core_free(struct mdns_core *c)
{
    free(c);
}

/* --- when */

static void answer_at(struct link *l, unsigned want, uint64_t at_ms)
{
    if (l->has_answered && at_ms < l->answered_ms + QUIET_MS)
        at_ms = l->answered_ms + QUIET_MS;
    if (!l->want || at_ms < l->answer_ms)
        l->answer_ms = at_ms;
    l->want |= want;
    l->told = 0;
}

static uint64_t soon(struct mdns_core *c, uint64_t now_ms)
{
    return now_ms + MDNS_DELAY_MIN_MS + up_to(c, MDNS_DELAY_MAX_MS - MDNS_DELAY_MIN_MS);
}

static void start_link(struct link *l, uint64_t now_ms)
{
    l->ask_wait_ms = 0;
    l->is_urgent = true;
    l->ask_ms = now_ms;
    answer_at(l, MDNS_WANT_PEER, now_ms);
}

/* A tenth more at most, so that not all ask in step. */
static void ask_again(struct mdns_core *c, struct link *l, uint64_t now_ms)
{
    uint32_t wait = l->ask_wait_ms ? 2 * l->ask_wait_ms : MDNS_ASK_MIN_MS;

    l->ask_wait_ms = wait < MDNS_ASK_MAX_MS ? wait : MDNS_ASK_MAX_MS;
    l->ask_ms = now_ms + l->ask_wait_ms + up_to(c, l->ask_wait_ms / 10);
    l->asked_ms = now_ms;
}

/* A second after the last question, or now. */
static void ask_soon(struct link *l, uint64_t now_ms)
{
    uint64_t at_ms = l->asked_ms + MDNS_ASK_MIN_MS;

    if (l->ask_wait_ms == 0 || at_ms < now_ms)
        at_ms = now_ms;
    if (at_ms < l->ask_ms)
        l->ask_ms = at_ms;
    l->is_urgent = true;
}

void mdns_core_ask(struct mdns_core *c, uint64_t now_ms)
{
    for (size_t i = 0; i < c->nlinks; i++)
        ask_soon(&c->links[i], now_ms);
}

void mdns_core_restart(struct mdns_core *c, uint64_t now_ms)
{
    for (size_t i = 0; i < c->nlinks; i++) {
        ask_soon(&c->links[i], now_ms);
        c->links[i].ask_wait_ms = 0;
        answer_at(&c->links[i], MDNS_WANT_PEER, now_ms);
    }
}

void mdns_core_set_asker(struct mdns_core *c)
{
    c->is_asker = true;
}

static bool is_silent(const struct mdns_core *c)
{
    return c->self.naddrs == 0 && !c->is_asker;
}

uint64_t mdns_core_next(const struct mdns_core *c)
{
    uint64_t next = NEVER;

    for (size_t i = 0; i < c->nlinks && !is_silent(c); i++) {
        const struct link *l = &c->links[i];
        if (l->ask_ms < next)
            next = l->ask_ms;
        if (l->want && c->self.naddrs && l->answer_ms < next)
            next = l->answer_ms;
    }
    return next;
}

/* --- what we are */

void mdns_core_set_addrs(struct mdns_core *c, const struct multiaddr *addrs, size_t n,
                         uint64_t now_ms)
{
    bool was_silent = c->self.naddrs == 0;

    if (!mdns_self_set_addrs(&c->self, addrs, n))
        return;
    for (size_t i = 0; i < c->nlinks; i++) {
        if (was_silent)
            start_link(&c->links[i], now_ms);
        else
            answer_at(&c->links[i], MDNS_WANT_PEER, now_ms);
    }
}

static const struct link *find_link(const struct link *v, size_t n, const struct mdns_link *at)
{
    for (size_t i = 0; i < n; i++)
        if (v[i].at.ifindex == at->ifindex && v[i].at.family == at->family)
            return &v[i];
    return NULL;
}

void mdns_core_set_links(struct mdns_core *c, const struct mdns_link *links, size_t n,
                         uint64_t now_ms)
{
    struct link old[MDNS_LINKS_MAX];
    size_t nold = c->nlinks;

    memcpy(old, c->links, nold * sizeof old[0]);
    for (c->nlinks = 0; c->nlinks < n && c->nlinks < MDNS_LINKS_MAX; c->nlinks++) {
        struct link *l = &c->links[c->nlinks];
        const struct link *was = find_link(old, nold, &links[c->nlinks]);
        if (was) {
            *l = *was;
            continue;
        }
        *l = (struct link){ .at = links[c->nlinks] };
        start_link(l, now_ms);
    }
}

/* --- writing */

static size_t write_answer(struct mdns_core *c, struct link *l, uint64_t now_ms,
                           uint8_t dst[MDNS_MSG_MAX])
{
    struct dns_wr w;

    dns_wr_init(&w, (struct span){ dst, MDNS_MSG_MAX }, 0, DNS_IS_ANSWER | DNS_IS_AUTHORITATIVE);
    mdns_self_put(&c->self, &w, l->want, MDNS_TTL_S, DNS_CACHE_FLUSH, &l->told);
    l->answered_ms = now_ms;
    l->has_answered = true;
    if (l->told >= c->self.naddrs) { /* else there is more to say, at once */
        l->want = 0;
        l->told = 0;
    }
    return dns_wr_bytes(&w).n;
}

/* Whom we have heard of lately does not have to say it again; up to a quarter of the time, so that
 * none runs out while all are silent (s.7.1 allows half). */
static void put_known(const struct mdns_core *c, struct dns_wr *w, uint64_t now_ms)
{
    const struct lan_peer *p = NULL;
    struct dns_name instance;

    while ((p = lan_peers_next(c->peers, p)) != NULL) {
        uint64_t expires_ms = lan_peer_expires_ms(p);
        uint64_t left_s = expires_ms > now_ms ? (expires_ms - now_ms) / 1000 : 0;
        struct dns_head h = { DNS_ANSWERS, &c->self.service, DNS_IN, (uint32_t)left_s };
        const char *label = p->addrs[p->naddrs - 1].label;
        if (4 * left_s <= 3 * (uint64_t)p->ttl_s ||
            dns_name_join(bytes_of(label), &c->self.service, &instance) != 0)
            continue;
        if (!dns_put_ptr(w, &h, &instance))
            return;
    }
}

/* When it is urgent an answer to us alone will do, too: the others may have been told a moment ago,
 * and then they are not told again at once (s.5.4). */
static size_t write_question(struct mdns_core *c, struct link *l, uint64_t now_ms,
                             uint8_t dst[MDNS_MSG_MAX])
{
    struct dns_question q = { .name = c->self.service, .type = DNS_PTR, .class_ = DNS_IN };
    struct dns_wr w;

    if (l->is_urgent)
        q.class_ |= DNS_UNICAST_WANTED;
    l->is_urgent = false;
    dns_wr_init(&w, (struct span){ dst, MDNS_MSG_MAX }, 0, 0);
    dns_put_question(&w, &q);
    lan_peers_expire(c->peers, now_ms);
    put_known(c, &w, now_ms);
    ask_again(c, l, now_ms);
    answer_at(l, MDNS_WANT_PEER,
              l->has_answered ? soon(c, now_ms) : now_ms); /* our own question, too */
    return dns_wr_bytes(&w).n;
}

size_t mdns_core_output(struct mdns_core *c, uint64_t now_ms, struct mdns_link *to,
                        uint8_t dst[MDNS_MSG_MAX])
{
    for (size_t i = 0; i < c->nlinks && !is_silent(c); i++) {
        struct link *l = &c->links[i];
        *to = l->at;
        if (l->ask_ms <= now_ms)
            return write_question(c, l, now_ms, dst);
        if (l->want && c->self.naddrs && l->answer_ms <= now_ms)
            return write_answer(c, l, now_ms, dst);
    }
    return 0;
}

size_t mdns_core_bye(const struct mdns_core *c, uint8_t dst[MDNS_MSG_MAX])
{
    struct dns_head h = { DNS_ANSWERS, &c->self.service, DNS_IN, 0 };
    struct dns_wr w;

    if (!c->self.naddrs)
        return 0;
    dns_wr_init(&w, (struct span){ dst, MDNS_MSG_MAX }, 0, DNS_IS_ANSWER | DNS_IS_AUTHORITATIVE);
    dns_put_ptr(&w, &h, &c->self.instance);
    return dns_wr_bytes(&w).n;
}

/* --- questions */

struct asked { /* all questions of a message */
    unsigned want;
    bool has_questions, is_unicast_enough;
    bool has_known;            /* it says what it knows */
    bool knows_us;             /* and that is us, among others */
    struct dns_question first; /* of those that want something */
};

/* False: malformed. */
static bool read_query(const struct mdns_core *c, struct dns_msg *m, struct asked *out)
{
    struct dns_question q;
    struct dns_record r;
    int rc;

    *out = (struct asked){ 0 };
    while ((rc = dns_msg_question(m, &q)) > 0) {
        unsigned want = mdns_self_wanted(&c->self, &q);
        if (want && !out->want)
            out->first = q;
        out->want |= want;
        out->has_questions = true;
        out->is_unicast_enough |= want && (q.class_ & DNS_UNICAST_WANTED);
    }
    while (rc == 0 && (rc = dns_msg_record(m, &r)) > 0) {
        if (r.section == DNS_ANSWERS && r.type == DNS_PTR) {
            out->has_known = true;
            out->knows_us |= dns_name_eq(&r.target, &c->self.instance) && r.ttl_s >= MDNS_TTL_S / 2;
        }
        rc = 0;
    }
    return rc == 0;
}

/* The answer to one alone.  A plain DNS client gets its question and id back (s.6.7). */
static size_t write_reply(const struct mdns_core *c, const struct asked *a, bool is_legacy,
                          uint16_t id, uint8_t dst[MDNS_MSG_MAX])
{
    struct dns_question q = a->first;
    struct dns_wr w;
    size_t told = 0;

    dns_wr_init(&w, (struct span){ dst, MDNS_MSG_MAX }, is_legacy ? id : 0,
                DNS_IS_ANSWER | DNS_IS_AUTHORITATIVE);
    q.class_ = DNS_CLASS(q.class_);
    if (is_legacy)
        dns_put_question(&w, &q);
    mdns_self_put(&c->self, &w, a->want, is_legacy ? LEGACY_TTL_S : MDNS_TTL_S,
                  is_legacy ? 0 : DNS_CACHE_FLUSH, &told);
    return dns_wr_bytes(&w).n;
}

static size_t on_query(struct mdns_core *c, struct link *l, const struct mdns_peer *from,
                       struct dns_msg *m, uint64_t now_ms, uint8_t reply[MDNS_MSG_MAX])
{
    bool is_legacy = from->port != MDNS_PORT, is_quiet;
    struct asked a;

    if (!from->is_to_group || !read_query(c, m, &a) || !c->self.naddrs)
        return 0;
    if (is_legacy)
        return a.want ? write_reply(c, &a, true, m->id, reply) : 0;
    if (a.knows_us) {
        a.want &= ~(unsigned)MDNS_WANT_PEER;
        if (!a.has_questions) /* the rest of what it knows, to a question of before */
            l->want &= ~(unsigned)MDNS_WANT_PEER;
    }
    if ((a.want & MDNS_WANT_PEER) && !a.has_known && !a.is_unicast_enough &&
        l->ask_wait_ms == MDNS_ASK_MAX_MS)
        ask_again(c, l, now_ms);
    if (!a.want)
        return 0;
    is_quiet = l->has_answered && now_ms < l->answered_ms + QUIET_MS;
    answer_at(l, a.want, soon(c, now_ms) + (m->flags & DNS_IS_TRUNCATED ? TRUNCATED_MS : 0));
    return a.is_unicast_enough && is_quiet ? write_reply(c, &a, false, 0, reply) : 0;
}

size_t mdns_core_input(struct mdns_core *c, const struct mdns_peer *from, struct bytes msg,
                       uint64_t now_ms, uint8_t reply[MDNS_MSG_MAX])
{
    struct link *l = (struct link *)find_link(c->links, c->nlinks, &from->link);
    struct dns_msg m;

    if (!l || dns_msg_read(msg, &m) != 0 || (m.flags & (DNS_OPCODE | DNS_RCODE)))
        return 0;
    if (!(m.flags & DNS_IS_ANSWER))
        return on_query(c, l, from, &m, now_ms, reply);
    if (from->port == MDNS_PORT)
        mdns_hear(c->peers, &c->self, from, &m, now_ms);
    return 0;
}
