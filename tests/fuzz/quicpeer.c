/* quicpeer.c - see quicpeer.h. */
#include "quicpeer.h"

#include <ngtcp2/ngtcp2_crypto.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fuzz.h"
#include "transport/quic_settings.h"
#include "transport/quic_tls.h"

#define PACKET_MAX  1452
#define PACKETS_MAX 64          /* of one turn */
#define WINDOW      (32u << 10) /* never opened further: who sends more waits */
#define SOCKETS     2

struct voice {     /* a stream */
    int64_t id;    /* -1: free */
    uint8_t *said; /* ngtcp2 wants the octets where they are until they are acknowledged */
    size_t n, sent;
    bool has_fin, is_fin_sent, is_mute;
};

struct quicpeer {
    ngtcp2_conn *nc;
    struct quic_tls_session tls;
    struct sockaddr_any local[SOCKETS], remote;
    int fd[SOCKETS];
    size_t at; /* the socket in use */
    struct voice voice[QUICPEER_STREAMS];
    uint64_t said;
    bool is_confirmed; /* the handshake, by the other end */
    bool is_over;      /* ngtcp2 wants nothing more */
    struct {
        enum quicpeer_fate fate; /* QUICPEER_FATES: none */
        uint16_t at;
        uint8_t with;
    } next;
    uint8_t late[PACKET_MAX];
    size_t nlate;
};

static ngtcp2_conn *get_conn(ngtcp2_crypto_conn_ref *ref)
{
    return ((struct quicpeer *)((struct quic_tls_session *)ref->user_data)->arg)->nc;
}

static int verify(void *arg, const struct peerid *peer)
{
    (void)arg;
    (void)peer;
    return 0;
}

static void fill_random(uint8_t *dst, size_t n, const ngtcp2_rand_ctx *ctx)
{
    (void)ctx;
    randombytes_buf(dst, n);
}

static int on_new_cid(ngtcp2_conn *nc, ngtcp2_cid *cid, uint8_t *token, size_t n, void *user)
{
    (void)nc;
    (void)user;
    randombytes_buf(cid->data, n);
    cid->datalen = n;
    randombytes_buf(token, NGTCP2_STATELESS_RESET_TOKENLEN);
    return 0;
}

static int on_confirmed(ngtcp2_conn *nc, void *user)
{
    (void)nc;
    ((struct quicpeer *)user)->is_confirmed = true;
    return 0;
}

static const ngtcp2_callbacks callbacks = {
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
    .recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb,
    .encrypt = ngtcp2_crypto_encrypt_cb,
    .decrypt = ngtcp2_crypto_decrypt_cb,
    .hp_mask = ngtcp2_crypto_hp_mask_cb,
    .update_key = ngtcp2_crypto_update_key_cb,
    .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
    .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
    .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
    .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
    .rand = fill_random,
    .get_new_connection_id = on_new_cid,
    .handshake_confirmed = on_confirmed,
};

static ngtcp2_path path_of(struct quicpeer *p)
{
    return (ngtcp2_path){ .local = { &p->local[p->at].sa, p->local[p->at].len },
                          .remote = { &p->remote.sa, p->remote.len } };
}

static void open_socket(struct quicpeer *p, size_t i)
{
    socklen_t n = sizeof p->local[i].un;

    assert(sockaddr_parse("127.0.0.1:0", &p->local[i]) == 0);
    p->fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert(p->fd[i] >= 0 && sockaddr_bind(p->fd[i], &p->local[i]) == 0);
    assert(getsockname(p->fd[i], &p->local[i].sa, &n) == 0);
}

static const struct tls_cred *credentials(void)
{
    static const uint8_t seed[KEY_SEED_LEN] = { 7 };
    static struct tls_cred *cred;
    static struct key *key;

    if (!cred)
        assert(key_from_seed(seed, &key) == 0 && tls_cred_new(key, &cred) == 0);
    return cred;
}

struct quicpeer *quicpeer_new(const struct sockaddr_any *to)
{
    static const struct quic_config cfg = { .max_streams = 4, .window = WINDOW };
    struct quicpeer *p = calloc(1, sizeof *p);
    ngtcp2_cid dcid = { .datalen = 18 }, scid = { .datalen = 8 };
    struct quic_settings set;

    assert(p);
    p->remote = *to;
    p->next.fate = QUICPEER_FATES;
    p->tls.verify = verify;
    p->tls.arg = p;
    for (size_t i = 0; i < SOCKETS; i++)
        open_socket(p, i);
    for (size_t i = 0; i < QUICPEER_STREAMS; i++)
        p->voice[i].id = -1;
    randombytes_buf(dcid.data, dcid.datalen);
    randombytes_buf(scid.data, scid.datalen);
    quic_settings_init(&set, &cfg, AF_INET, clock_mono_ns());
    set.settings.handshake_timeout = UINT64_MAX;
    ngtcp2_path path = path_of(p);
    assert(ngtcp2_conn_client_new(&p->nc, &dcid, &scid, &path, NGTCP2_PROTO_VER_V1, &callbacks,
                                  &set.settings, &set.params, NULL, p) == 0);
    assert(quic_tls_start(credentials(), &p->tls, false, get_conn) == 0);
    ngtcp2_conn_set_tls_native_handle(p->nc, p->tls.tls);
    return p;
}

void quicpeer_free(struct quicpeer *p)
{
    if (!p)
        return;
    ngtcp2_conn_del(p->nc);
    quic_tls_end(&p->tls);
    for (size_t i = 0; i < SOCKETS; i++)
        close(p->fd[i]);
    for (size_t i = 0; i < QUICPEER_STREAMS; i++)
        free(p->voice[i].said);
    free(p);
}

/* ---- packets ---- */

static void put(struct quicpeer *p, const uint8_t *v, size_t n)
{
    (void)!sendto(p->fd[p->at], v, n, 0, &p->remote.sa, p->remote.len);
}

static void send_packet(struct quicpeer *p, uint8_t *v, size_t n)
{
    enum quicpeer_fate fate = p->next.fate;

    p->next.fate = QUICPEER_FATES;
    if (fate == QUICPEER_LOST)
        return;
    if (fate == QUICPEER_LATE) {
        memcpy(p->late, v, n);
        p->nlate = n;
        return;
    }
    if (fate == QUICPEER_FLIPPED)
        v[p->next.at % n] ^= p->next.with;
    if (fate == QUICPEER_CUT)
        n = p->next.at % n;
    put(p, v, n);
    if (fate == QUICPEER_TWICE)
        put(p, v, n);
    if (p->nlate)
        put(p, p->late, p->nlate);
    p->nlate = 0;
}

static void read_packets(struct quicpeer *p)
{
    static uint8_t v[65536];
    ngtcp2_pkt_info pi = { 0 };

    for (size_t i = 0; i < SOCKETS; i++) {
        ssize_t n;
        while ((n = recv(p->fd[i], v, sizeof v, 0)) >= 0) {
            ngtcp2_path path = path_of(p);
            path.local = (ngtcp2_addr){ &p->local[i].sa, p->local[i].len };
            if (!p->is_over &&
                ngtcp2_conn_read_pkt(p->nc, &path, &pi, v, (size_t)n, clock_mono_ns()) != 0)
                p->is_over = true;
        }
    }
}

/* The next voice with something to say, or NULL. */
static struct voice *who_speaks(struct quicpeer *p)
{
    for (size_t i = 0; i < QUICPEER_STREAMS; i++) {
        struct voice *v = &p->voice[i];
        if (v->id >= 0 && !v->is_mute && (v->sent < v->n || (v->has_fin && !v->is_fin_sent)))
            return v;
    }
    return NULL;
}

/* False: nothing more can be sent now. */
static bool write_packet(struct quicpeer *p)
{
    uint8_t out[PACKET_MAX];
    struct voice *v = who_speaks(p);
    ngtcp2_vec data = { 0 };
    ngtcp2_ssize used = -1;
    uint32_t flags = v && v->has_fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0;

    if (v)
        data = (ngtcp2_vec){ v->said + v->sent, v->n - v->sent };
    ngtcp2_ssize n = ngtcp2_conn_writev_stream(p->nc, NULL, NULL, out, sizeof out, &used, flags,
                                               v ? v->id : -1, &data, v ? 1 : 0, clock_mono_ns());
    if (v && used >= 0) {
        v->sent += (size_t)used;
        v->is_fin_sent = v->has_fin && v->sent == v->n;
    }
    if (n > 0)
        send_packet(p, out, (size_t)n);
    if (n < 0 && v) {
        v->is_mute = true; /* blocked, or ended by the other side */
        return true;
    }
    p->is_over |= n < 0;
    return n > 0;
}

void quicpeer_turn(struct quicpeer *p)
{
    read_packets(p);
    if (!p->is_over && ngtcp2_conn_get_expiry(p->nc) <= clock_mono_ns())
        p->is_over = ngtcp2_conn_handle_expiry(p->nc, clock_mono_ns()) != 0;
    for (size_t i = 0; i < QUICPEER_STREAMS; i++)
        p->voice[i].is_mute = false;
    for (int i = 0; i < PACKETS_MAX && !p->is_over && write_packet(p); i++)
        ;
    if (!p->is_over)
        ngtcp2_conn_update_pkt_tx_time(p->nc, clock_mono_ns());
}

void quicpeer_mangle(struct quicpeer *p, enum quicpeer_fate fate, uint16_t at, uint8_t with)
{
    p->next.fate = fate;
    p->next.at = at;
    p->next.with = with;
}

/* ---- what it says ---- */

static bool is_ready(const struct quicpeer *p)
{
    return p->is_confirmed && !p->is_over;
}

void quicpeer_open(struct quicpeer *p, size_t i, bool is_uni)
{
    struct voice *v = &p->voice[i];

    if (v->id >= 0 || p->is_over)
        return;
    if (!v->said)
        v->said = malloc(QUICPEER_STREAM_MAX);
    assert(v->said);
    if ((is_uni ? ngtcp2_conn_open_uni_stream(p->nc, &v->id, NULL)
                : ngtcp2_conn_open_bidi_stream(p->nc, &v->id, NULL)) != 0)
        v->id = -1;
}

void quicpeer_say(struct quicpeer *p, size_t i, struct bytes v)
{
    struct voice *o = &p->voice[i];

    if (o->id < 0 || o->has_fin || !v.n || QUICPEER_STREAM_MAX - o->n < v.n)
        return;
    memcpy(o->said + o->n, v.p, v.n);
    o->n += v.n;
    p->said += v.n;
}

void quicpeer_fin(struct quicpeer *p, size_t i)
{
    p->voice[i].has_fin = p->voice[i].id >= 0;
}

void quicpeer_reset(struct quicpeer *p, size_t i, uint64_t code)
{
    if (p->voice[i].id >= 0 && !p->is_over)
        ngtcp2_conn_shutdown_stream_write(p->nc, 0, p->voice[i].id, code);
}

void quicpeer_stop(struct quicpeer *p, size_t i, uint64_t code)
{
    if (p->voice[i].id >= 0 && !p->is_over && ngtcp2_is_bidi_stream(p->voice[i].id))
        ngtcp2_conn_shutdown_stream_read(p->nc, 0, p->voice[i].id, code);
}

void quicpeer_datagram(struct quicpeer *p, struct bytes v)
{
    uint8_t out[PACKET_MAX];

    if (!is_ready(p))
        return;
    const ngtcp2_vec data = { (uint8_t *)(uintptr_t)v.p, v.n };
    ngtcp2_ssize n = ngtcp2_conn_writev_datagram(p->nc, NULL, NULL, out, sizeof out, NULL, 0, 0,
                                                 &data, v.n > 0, clock_mono_ns());
    if (n > 0)
        send_packet(p, out, (size_t)n);
}

void quicpeer_update_key(struct quicpeer *p)
{
    if (is_ready(p))
        ngtcp2_conn_initiate_key_update(p->nc, clock_mono_ns());
}

void quicpeer_move(struct quicpeer *p)
{
    if (!is_ready(p))
        return;
    p->at = !p->at;
    ngtcp2_path path = path_of(p);
    ngtcp2_conn_initiate_immediate_migration(p->nc, &path, clock_mono_ns());
}

void quicpeer_close(struct quicpeer *p, uint64_t code)
{
    uint8_t out[PACKET_MAX];
    ngtcp2_ccerr why;

    if (p->is_over)
        return;
    ngtcp2_ccerr_default(&why);
    ngtcp2_ccerr_set_application_error(&why, code, NULL, 0);
    ngtcp2_ssize n = ngtcp2_conn_write_connection_close(p->nc, NULL, NULL, out, sizeof out, &why,
                                                        clock_mono_ns());
    if (n > 0)
        send_packet(p, out, (size_t)n);
    p->is_over = true;
}

uint64_t quicpeer_said(const struct quicpeer *p)
{
    return p->said;
}
