/* autonat_request.c - see autonat_request.h. */
#include "p2p/autonat_request.h"

#include "base/err.h"
#include "id/ipaddr.h"

void autonat_request_init(struct autonat_request *r, bool is_v2, const struct peerid *peer,
                          const struct ipaddr *from, uint64_t now_ms)
{
    *r = (struct autonat_request){
        .is_v2 = is_v2, .peer = *peer, .from = *from, .due_ms = now_ms + AUTONAT_REQUEST_MS
    };
}

/* ---- answers ---- */

static size_t put_v1(uint8_t out[AUTONAT_WORDS_MAX], enum autonat_status status,
                     const struct multiaddr *reached)
{
    struct autonat_msg m = { .type = AUTONAT_DIAL_RESPONSE, .status = status };

    if (reached)
        m.addr = (struct bytes){ reached->b, reached->n };
    int n = autonat_msg_encode(out, AUTONAT_WORDS_MAX, &m);
    return n > 0 ? (size_t)n : 0;
}

static size_t put_v2(uint8_t out[AUTONAT_WORDS_MAX], enum autonat2_status status, uint32_t index,
                     enum autonat2_dial_status dial)
{
    struct autonat2_msg m = { .kind = AUTONAT2_DIAL_RESPONSE,
                              .response = {
                                  .status = status, .addr_index = index, .dial_status = dial } };
    int n = autonat2_msg_encode(out, AUTONAT_WORDS_MAX, &m);
    return n > 0 ? (size_t)n : 0;
}

size_t autonat_request_refuse(bool is_v2, uint8_t out[AUTONAT_WORDS_MAX])
{
    return is_v2 ? put_v2(out, AUTONAT2_REQUEST_REJECTED, 0, AUTONAT2_DIAL_UNUSED)
                 : put_v1(out, AUTONAT_DIAL_REFUSED, NULL);
}

static void end(struct autonat_request *r, int err)
{
    r->state = AUTONAT_REQUEST_OVER;
    r->due_ms = UINT64_MAX;
    r->err = err;
}

static void answer_v1(struct autonat_request *r, enum autonat_status status,
                      const struct multiaddr *reached)
{
    r->status = (int)status;
    r->nwords = put_v1(r->words, status, reached);
    end(r, 0);
}

static void answer_v2(struct autonat_request *r, enum autonat2_status status,
                      enum autonat2_dial_status dial)
{
    r->status = (int)status;
    r->dial_status = (int)dial;
    r->nwords = put_v2(r->words, status, r->index, dial);
    end(r, 0);
}

/* ---- which address ---- */

/* Can it be anywhere on the internet?  (IANA's special-purpose registries) */
static bool is_public(const struct ipaddr *ip)
{
    const uint8_t *b = ip->b;

    if (ipaddr_is_private(ip))
        return false;
    if (ip->family == 6)
        return (b[0] & 0xe0) == 0x20; /* 2000::/3 */
    return b[0] != 0 && b[0] < 224 && !(b[0] == 100 && (b[1] & 0xc0) == 64) &&
           !(b[0] == 192 && b[1] == 0 && b[2] == 0);
}

/* Is there a way to that family, and is it not ourselves? */
static bool is_elsewhere(const struct autonat_request_env *env, const struct ipaddr *ip)
{
    bool has_way = false;

    for (size_t i = 0; i < env->nown; i++) {
        const struct ipaddr *own = &env->own[i];
        if (ipaddr_eq(own, ip))
            return false;
        if (own->family == ip->family)
            has_way |= ip->family == 4 ? !ipaddr_is_loopback(own) : is_public(own);
    }
    return has_way;
}

/* Reads an address of the asker that may be dialled.  *is_foreign: it is not where it is seen. */
static bool read_addr(const struct autonat_request *r, const struct autonat_request_env *env,
                      struct bytes v, struct multiaddr *out, bool *is_foreign)
{
    struct peerid peer;
    struct ipaddr ip;
    uint16_t port;

    if (multiaddr_from_bytes(v, out) || !multiaddr_as_socket(out, &ip, &port) || !port ||
        (multiaddr_peer(out, &peer) && !peerid_eq(&peer, &r->peer)))
        return false;
    multiaddr_strip_peer(out);
    *is_foreign = !ipaddr_eq(&ip, &r->from);
    return !*is_foreign || (is_public(&ip) && is_elsewhere(env, &ip));
}

static void dial(struct autonat_request *r)
{
    r->state = AUTONAT_REQUEST_DIALLING;
    r->due_ms = UINT64_MAX;
    r->nleft = r->ndials;
}

/* ---- v1 ---- */

static void on_v1_message(struct autonat_request *r, const struct autonat_msg *m,
                          const struct autonat_request_env *env, uint64_t now_ms)
{
    struct bytes own = { r->peer.mh, r->peer.n };

    if (m->type != AUTONAT_DIAL || !bytes_eq(m->peer.id, own)) {
        answer_v1(r, AUTONAT_BAD_REQUEST, NULL);
        return;
    }
    for (size_t i = 0; i < m->peer.addrs.n && r->ndials < AUTONAT_REQUEST_DIALS; i++) {
        bool is_foreign = false;
        struct multiaddr *to = &r->dials[r->ndials];
        r->ndials += read_addr(r, env, m->peer.addrs.v[i], to, &is_foreign) && !is_foreign;
    }
    if (!autonat_quota_take(env->quota, &r->from, now_ms) || !r->ndials)
        answer_v1(r, AUTONAT_DIAL_REFUSED, NULL);
    else
        dial(r);
}

static void on_v1_back(struct autonat_request *r, size_t at, enum autonat_back back)
{
    r->has_dialled |= back != AUTONAT_BACK_NONE;
    r->nleft--;
    if (back == AUTONAT_BACK_OK)
        answer_v1(r, AUTONAT_OK, &r->dials[at]);
    else if (!r->nleft)
        answer_v1(r, r->has_dialled ? AUTONAT_DIAL_ERROR : AUTONAT_INTERNAL_ERROR, NULL);
}

/* ---- v2 ---- */

static void demand_data(struct autonat_request *r, uint32_t random)
{
    struct autonat2_msg m = { .kind = AUTONAT2_DATA_REQUEST };

    r->state = AUTONAT_REQUEST_PAYING;
    r->owed = AUTONAT_DATA_MIN + random % (AUTONAT_DATA_MAX - AUTONAT_DATA_MIN + 1);
    m.data_request = (struct autonat2_data_request){ .addr_index = r->index, .nbytes = r->owed };
    int n = autonat2_msg_encode(r->words, sizeof r->words, &m);
    if (n > 0)
        r->nwords = (size_t)n;
    else
        end(r, n);
}

static void on_v2_request(struct autonat_request *r, const struct autonat2_request *m,
                          const struct autonat_request_env *env, uint64_t now_ms)
{
    bool is_foreign = false;
    size_t i = 0;

    while (i < m->addrs.n && !read_addr(r, env, m->addrs.v[i], &r->dials[0], &is_foreign))
        i++;
    r->nonce = m->nonce;
    r->index = (uint32_t)i;
    r->ndials = 1;
    if (i == m->addrs.n)
        answer_v2(r, AUTONAT2_DIAL_REFUSED, AUTONAT2_DIAL_UNUSED);
    else if (!autonat_quota_take(env->quota, &r->from, now_ms))
        answer_v2(r, AUTONAT2_REQUEST_REJECTED, AUTONAT2_DIAL_UNUSED);
    else if (is_foreign)
        demand_data(r, env->random);
    else
        dial(r);
}

static void on_payment(struct autonat_request *r, struct bytes data)
{
    if (data.n >= r->owed)
        dial(r);
    else if (data.n < AUTONAT_PIECE_MIN)
        end(r, GW_EPROTO);
    else
        r->owed -= data.n;
}

static void on_v2_back(struct autonat_request *r, enum autonat_back back)
{
    static const enum autonat2_dial_status status[] = {
        [AUTONAT_BACK_OK] = AUTONAT2_DIAL_OK,
        [AUTONAT_BACK_FAILED] = AUTONAT2_DIAL_ERROR,
        [AUTONAT_BACK_UNTOLD] = AUTONAT2_DIAL_BACK_ERROR,
    };

    if (back == AUTONAT_BACK_NONE)
        answer_v2(r, AUTONAT2_INTERNAL_ERROR, AUTONAT2_DIAL_UNUSED);
    else
        answer_v2(r, AUTONAT2_OK, status[back]);
}

/* ---- messages and time ---- */

static int take_v1(struct autonat_request *r, struct bytes in,
                   const struct autonat_request_env *env, uint64_t now_ms)
{
    struct autonat_msg m;
    int used = autonat_msg_decode(in, &m);

    if (used > 0)
        on_v1_message(r, &m, env, now_ms);
    else if (used < 0)
        answer_v1(r, AUTONAT_BAD_REQUEST, NULL);
    return used;
}

static int take_v2(struct autonat_request *r, struct bytes in,
                   const struct autonat_request_env *env, uint64_t now_ms)
{
    struct autonat2_msg m;
    int used = autonat2_msg_decode(in, &m);

    if (used == 0)
        return 0;
    if (used > 0 && r->state == AUTONAT_REQUEST_ASKED && m.kind == AUTONAT2_DIAL_REQUEST)
        on_v2_request(r, &m.request, env, now_ms);
    else if (used > 0 && r->state == AUTONAT_REQUEST_PAYING && m.kind == AUTONAT2_DATA_RESPONSE)
        on_payment(r, m.data);
    else
        end(r, GW_EPROTO);
    return used;
}

size_t autonat_request_input(struct autonat_request *r, struct bytes in,
                             const struct autonat_request_env *env, uint64_t now_ms)
{
    autonat_request_tick(r, now_ms);
    if (r->state >= AUTONAT_REQUEST_DIALLING)
        return 0;
    int used = r->is_v2 ? take_v2(r, in, env, now_ms) : take_v1(r, in, env, now_ms);
    return used > 0 ? (size_t)used : 0;
}

void autonat_request_dialled(struct autonat_request *r, size_t at, enum autonat_back back)
{
    if (r->state != AUTONAT_REQUEST_DIALLING)
        return;
    if (r->is_v2)
        on_v2_back(r, back);
    else
        on_v1_back(r, at, back);
}

void autonat_request_failed(struct autonat_request *r, int err)
{
    if (r->state < AUTONAT_REQUEST_DIALLING)
        end(r, err);
}

void autonat_request_tick(struct autonat_request *r, uint64_t now_ms)
{
    if (now_ms >= r->due_ms)
        end(r, GW_ETIMEOUT);
}
