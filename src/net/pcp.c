/* pcp.c - see pcp.h. */
#include "net/pcp.h"

#include <assert.h>

#include "base/err.h"
#include "net/dns.h"

#define PCP_WAIT_MS     3000    /* IRT of RFC 6887 s.8.1.1 */
#define PCP_WAIT_MAX_MS 1024000 /* MRT */
#define NATPMP_WAIT_MS  250     /* RFC 6886 s.3.1 */
#define NATPMP_LAST_MS  1000    /* silence after a wait of this: it is not there */
#define RENEW_MIN_MS    4000    /* between two requests, RFC 6887 s.11.2.1 */
#define RETRY_MIN_S     60      /* after an error */
#define RETRY_MAX_S     1800
#define RETRY_S         300 /* when the router does not say */

static const uint8_t unknown[16];

/* --- when */

/* A tenth more or less, so that the hosts of a network do not ask in step (RAND, s.8.1.1). */
static uint32_t jitter(struct pcp *p, uint32_t ms)
{
    p->rand = p->rand * 1664525u + 1013904223u;
    return ms - ms / 10 + (p->rand >> 16) % (ms / 5 + 1);
}

static struct pcp_due due_at(uint64_t at_ms)
{
    return (struct pcp_due){ .at_ms = at_ms };
}

/* A request goes out: when is the next one due, if no answer comes? */
static void due_wait(struct pcp *p, struct pcp_due *d, uint64_t now_ms)
{
    uint32_t first = p->version == PCP_V2 ? PCP_WAIT_MS : NATPMP_WAIT_MS;

    d->wait_ms = d->wait_ms ? 2 * d->wait_ms : first;
    if (d->wait_ms > PCP_WAIT_MAX_MS)
        d->wait_ms = PCP_WAIT_MAX_MS;
    d->at_ms = now_ms + jitter(p, d->wait_ms);
}

/* Renewals are sent after a half, three quarters, seven eighths ... of the time (s.11.2.1). */
static void due_renewal(struct pcp_entry *e, uint64_t now_ms)
{
    uint64_t half = e->expires_ms > now_ms ? (e->expires_ms - now_ms) / 2 : 0;
    e->due = due_at(now_ms + (half > RENEW_MIN_MS ? half : RENEW_MIN_MS));
}

/* --- versions */

static void ask_all(struct pcp *p, uint64_t now_ms)
{
    p->addr = due_at(now_ms);
    for (size_t i = 0; i < p->n; i++)
        p->v[i].due = due_at(now_ms);
}

static void start(struct pcp *p, enum pcp_version version, uint64_t now_ms)
{
    p->state = PCP_ASKING;
    p->version = version;
    p->has_epoch = false;
    memset(p->external, 0, sizeof p->external);
    for (size_t i = 0; i < p->n; i++)
        p->v[i].is_refused = false;
    ask_all(p, now_ms);
}

/* Has the silence lasted long enough? */
static bool is_silent(const struct pcp *p, const struct pcp_due *d)
{
    return p->state == PCP_ASKING && d->wait_ms &&
           (p->version == PCP_V2 || d->wait_ms >= NATPMP_LAST_MS);
}

static void on_silence(struct pcp *p, uint64_t now_ms)
{
    if (p->version == PCP_V2 && p->source.family == 4)
        start(p, PCP_V0_NATPMP, now_ms);
    else
        p->state = PCP_ABSENT;
}

/* The router does not speak our version, but says which one (RFC 6887 s.9, appendix A).  Never back
 * to PCP, or a router could have us ask in turns. */
static void on_version(struct pcp *p, uint8_t version, uint64_t now_ms)
{
    if (p->state != PCP_ASKING)
        return;
    if (version == PCP_V0_NATPMP && p->version == PCP_V2 && p->source.family == 4)
        start(p, PCP_V0_NATPMP, now_ms);
    else
        p->state = PCP_ABSENT;
}

/* RFC 6887 s.8.5: does the age of the router's table not fit the time that has passed? */
static bool has_lost_state(struct pcp *p, uint32_t epoch_s, uint64_t now_ms)
{
    bool lost = false;

    if (p->has_epoch) {
        int64_t here = (int64_t)((now_ms - p->epoch_ms) / 1000);
        int64_t there = (int64_t)epoch_s - (int64_t)p->epoch_s;
        lost = there < -1 || here + 2 < there - there / 16 || there + 2 < here - here / 16;
    }
    p->has_epoch = true;
    p->epoch_s = epoch_s;
    p->epoch_ms = now_ms;
    return lost;
}

/* --- answers */

static void refuse(struct pcp_entry *e, uint32_t retry_s, uint64_t now_ms)
{
    uint32_t s = !retry_s                ? RETRY_S
                 : retry_s < RETRY_MIN_S ? RETRY_MIN_S
                 : retry_s > RETRY_MAX_S ? RETRY_MAX_S
                                         : retry_s;
    e->is_refused = true;
    e->due = due_at(now_ms + (uint64_t)s * 1000);
}

static void on_map(struct pcp *p, struct pcp_entry *e, const struct pcp_answer *a, uint64_t now_ms)
{
    const struct pcp_map *m = &a->map;
    struct ipaddr addr = ipaddr_from_mapped(m->external);
    uint32_t life = m->lifetime_s;

    if (a->result == PCP_SUCCESS && life == 0)
        return; /* of a deletion before our time */
    if (a->result != PCP_SUCCESS || m->external_port == 0 ||
        (p->version == PCP_V2 && !mapping_is_possible(&addr, m->external_port))) {
        refuse(e, a->retry_s, now_ms);
        return;
    }
    life = life < PCP_LIFETIME_MIN   ? PCP_LIFETIME_MIN
           : life > PCP_LIFETIME_MAX ? PCP_LIFETIME_MAX
                                     : life;
    e->map.external_port = m->external_port;
    e->map.lifetime_s = life;
    memcpy(e->map.external, m->external, sizeof e->map.external);
    e->expires_ms = now_ms + (uint64_t)life * 1000;
    e->is_mapped = true;
    e->is_refused = false;
    due_renewal(e, now_ms);
    if (p->version == PCP_V0_NATPMP && memcmp(p->external, unknown, sizeof unknown) != 0)
        p->addr = e->due;
}

static void on_addr(struct pcp *p, const struct pcp_answer *a, uint64_t now_ms)
{
    struct ipaddr addr = ipaddr_from_mapped(a->map.external);

    memset(p->external, 0, sizeof p->external);
    if (a->result == PCP_SUCCESS && mapping_is_possible(&addr, 1))
        memcpy(p->external, a->map.external, sizeof p->external);
    p->addr = due_at(now_ms + (uint64_t)RETRY_S * 1000);
}

static struct pcp_entry *find(struct pcp *p, const struct pcp_answer *a)
{
    if (a->version == PCP_V2 && memcmp(a->map.nonce, p->nonce, sizeof p->nonce) != 0)
        return NULL;
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].map.proto == a->map.proto && p->v[i].map.internal_port == a->map.internal_port)
            return &p->v[i];
    return NULL;
}

/* No address and port outside in particular, but an address of our family (s.11.1). */
static void clear_wish(const struct pcp *p, struct pcp_map *m)
{
    const struct ipaddr any = { .family = p->source.family };

    m->external_port = 0;
    ipaddr_to_mapped(&any, m->external);
}

/* --- public */

void pcp_init(struct pcp *p, const struct ipaddr *source, const uint8_t nonce[PCP_NONCE_LEN])
{
    *p = (struct pcp){ .source = *source, .version = PCP_V2, .addr.at_ms = UINT64_MAX };
    memcpy(p->nonce, nonce, sizeof p->nonce);
    memcpy(&p->rand, nonce, sizeof p->rand);
}

int pcp_want(struct pcp *p, const struct mapping_port *port, uint64_t now_ms)
{
    if (p->n == MAPPING_MAX)
        return GW_ELIMIT;
    struct pcp_entry *e = &p->v[p->n++];
    *e = (struct pcp_entry){ .due = due_at(now_ms) };
    e->map.proto = port->proto;
    e->map.internal_port = port->port;
    memcpy(e->map.nonce, p->nonce, sizeof e->map.nonce);
    clear_wish(p, &e->map);
    e->map.external_port = port->port; /* the same, if it is free */
    return 0;
}

void pcp_refresh(struct pcp *p, uint64_t now_ms)
{
    if (p->state == PCP_ANSWERED)
        ask_all(p, now_ms);
    else
        start(p, PCP_V2, now_ms);
}

void pcp_refused(struct pcp *p)
{
    if (p->state == PCP_ASKING)
        p->state = PCP_ABSENT;
}

static void expire(struct pcp *p, uint64_t now_ms)
{
    bool was_mapped = false, is_mapped = false;

    for (size_t i = 0; i < p->n; i++) {
        struct pcp_entry *e = &p->v[i];
        was_mapped |= e->is_mapped;
        e->is_mapped = e->is_mapped && now_ms < e->expires_ms;
        is_mapped |= e->is_mapped;
    }
    if (was_mapped && !is_mapped)
        start(p, PCP_V2, now_ms);
}

static size_t encode(const struct pcp *p, const struct pcp_map *want, uint32_t lifetime_s,
                     uint8_t dst[PCP_REQUEST_MAX])
{
    struct pcp_map m = *want;
    uint8_t client[16];

    m.lifetime_s = lifetime_s;
    if (!lifetime_s)
        clear_wish(p, &m);
    ipaddr_to_mapped(&p->source, client);
    int n = p->version == PCP_V2 ? pcp_msg_encode_map(dst, PCP_REQUEST_MAX, &m, client)
                                 : pcp_msg_encode_natpmp_map(dst, PCP_REQUEST_MAX, &m);
    assert(n > 0);
    return (size_t)n;
}

size_t pcp_output(struct pcp *p, uint64_t now_ms, uint8_t dst[PCP_REQUEST_MAX])
{
    expire(p, now_ms);
    if (p->state == PCP_ABSENT)
        return 0;
    for (size_t i = 0; i < p->n; i++) {
        struct pcp_entry *e = &p->v[i];
        if (e->due.at_ms > now_ms)
            continue;
        if (is_silent(p, &e->due)) {
            on_silence(p, now_ms);
            return pcp_output(p, now_ms, dst); /* another version, which nothing is out of */
        }
        if (e->is_mapped)
            due_renewal(e, now_ms);
        else
            due_wait(p, &e->due, now_ms);
        return encode(p, &e->map, PCP_LIFETIME_S, dst);
    }
    if (p->version == PCP_V0_NATPMP && p->addr.at_ms <= now_ms) {
        due_wait(p, &p->addr, now_ms);
        return (size_t)pcp_msg_encode_natpmp_addr(dst, PCP_REQUEST_MAX);
    }
    return 0;
}

void pcp_input(struct pcp *p, struct bytes msg, uint64_t now_ms)
{
    struct pcp_answer a;

    if (pcp_msg_decode(msg, &a) != 0 || p->state == PCP_ABSENT)
        return;
    if (a.kind == PCP_IS_ERROR) {
        on_version(p, a.version, now_ms);
        return;
    }
    struct pcp_entry *e = a.kind == PCP_IS_MAP ? find(p, &a) : NULL;
    if (a.kind == PCP_IS_MAP && !e)
        return;
    bool is_late = p->state == PCP_ASKING && a.version == PCP_V2; /* NAT-PMP is asked already */
    if (a.version != p->version && !is_late)
        return;
    p->version = (enum pcp_version)a.version;
    p->state = PCP_ANSWERED;
    if (has_lost_state(p, a.epoch_s, now_ms))
        ask_all(p, now_ms);
    if (e)
        on_map(p, e, &a, now_ms);
    else
        on_addr(p, &a, now_ms);
}

uint64_t pcp_next(const struct pcp *p)
{
    uint64_t next = UINT64_MAX;

    if (p->state == PCP_ABSENT)
        return next;
    if (p->version == PCP_V0_NATPMP)
        next = p->addr.at_ms;
    for (size_t i = 0; i < p->n; i++) {
        const struct pcp_entry *e = &p->v[i];
        if (e->due.at_ms < next)
            next = e->due.at_ms;
        if (e->is_mapped && e->expires_ms < next)
            next = e->expires_ms;
    }
    return next;
}

enum pcp_state pcp_state(const struct pcp *p)
{
    return p->state;
}

const char *pcp_name(const struct pcp *p)
{
    return p->version == PCP_V2 ? "pcp" : "nat-pmp";
}

bool pcp_is_refused(const struct pcp *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].is_refused && !p->v[i].is_mapped)
            return true;
    return false;
}

bool pcp_get(const struct pcp *p, size_t i, struct mapping *out)
{
    const struct pcp_entry *e = &p->v[i];
    const uint8_t *external = p->version == PCP_V2 ? e->map.external : p->external;

    if (!e->is_mapped || memcmp(external, unknown, sizeof unknown) == 0)
        return false;
    *out = (struct mapping){ .internal = { e->map.proto, e->map.internal_port },
                             .addr = ipaddr_from_mapped(external),
                             .port = e->map.external_port,
                             .lifetime_s = e->map.lifetime_s };
    out->is_public = dns_is_public(&out->addr);
    return true;
}

size_t pcp_delete(struct pcp *p, uint8_t dst[PCP_REQUEST_MAX])
{
    for (size_t i = 0; i < p->n; i++) {
        if (!p->v[i].is_mapped)
            continue;
        p->v[i].is_mapped = false;
        return encode(p, &p->v[i].map, 0, dst);
    }
    return 0;
}
