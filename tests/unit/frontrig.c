/* frontrig.c - see frontrig.h. */
#include "frontrig.h"

#include "net/udp_pipe.h"
#include "svc/udp_flow.h"

struct rig rig;
struct svc_out svc;

/* ---- names ---- */

struct resolver_req {
    struct resolver *r;
};

static struct resolver_req the_req;

struct resolver_req *resolver_lookup(struct resolver *r, const char *host, resolver_done_fn *done,
                                     void *arg)
{
    bool is_known = r->answer && (!r->unknown || strcmp(host, r->unknown) != 0);

    snprintf(r->host, sizeof r->host, "%s", host);
    if (r->is_slow) {
        r->done = done;
        r->arg = arg;
        the_req.r = r;
        return &the_req;
    }
    done(arg, is_known ? 0 : r->err, is_known ? r->answer : NULL, r->trail);
    return NULL;
}

void resolver_cancel(struct resolver_req *q)
{
    if (q)
        q->r->is_canceled = true;
}

void resolver_domains(struct resolver *r, void (*each)(void *arg, const char *domain), void *arg)
{
    each(arg, "p2p");
    if (r->domain)
        each(arg, r->domain);
}

const char *resolver_name_of(struct resolver *r, const struct peerid *peer)
{
    (void)peer;
    return r->name_of;
}

void resolver_forget(struct resolver *r, const struct peerid *peer)
{
    r->forgotten += peerid_eq(peer, &r->answer->peer);
}

void tier_answer(struct tier_query *q, int err, const struct name_answer *a, const char *why)
{
    (void)q;
    (void)err;
    (void)a;
    (void)why;
    fail();
}

/* ---- services ---- */

struct svc_out *svc_out_open(struct host *h, const struct svc_target *t, uint64_t timeout_ms,
                             svc_out_done_fn *done, void *arg)
{
    (void)h;
    if (svc.is_out_of_memory)
        return NULL;
    svc.target = *t;
    snprintf(svc.protocol, sizeof svc.protocol, "%s", t->protocol ? t->protocol : "");
    snprintf(svc.destination, sizeof svc.destination, "%s", t->destination ? t->destination : "");
    svc.timeout_ms = timeout_ms;
    svc.done = done;
    svc.arg = arg;
    svc.calls++;
    return &svc;
}

void svc_out_cancel(struct svc_out *o)
{
    if (o)
        o->is_canceled = true;
}

uint64_t svc_out_flow(const struct svc_out *o)
{
    assert_ptr_equal(o, &svc);
    return 77;
}

/* ---- datagrams ---- */

static void fake_send(struct dgrams *d, struct bytes v)
{
    struct fake_dgrams *f = (struct fake_dgrams *)d;
    assert_false(f->is_closed);
    assert_true(v.n <= sizeof f->got);
    memcpy(f->got, v.p, v.n);
    f->n = v.n;
    f->sent++;
}

static void fake_close(struct dgrams *d, int err)
{
    struct fake_dgrams *f = (struct fake_dgrams *)d;
    assert_false(f->is_closed);
    f->is_closed = true;
    f->err = err;
}

static const struct dgrams_ops fake_dgrams_ops = { fake_send, fake_close };

struct dgrams *udp_flow_new(struct conn *c, struct stream *s, uint64_t id, bool is_opener,
                            struct bytes early)
{
    (void)c;
    assert_true(is_opener);
    if (rig.is_flow_out_of_memory)
        return NULL;
    rig.flow_id = id;
    rig.flow = (struct fake_dgrams){ .d.ops = &fake_dgrams_ops };
    assert_int_equal(early.n, 0);
    stream_drop(s, GW_ECANCELED); /* a flow keeps it; the test has no use for it */
    return &rig.flow.d;
}

int udp_pipe_open(struct ev_loop *loop, const struct sockaddr_any *to, struct dgrams **out)
{
    assert_ptr_equal(loop, rig.loop.loop);
    rig.pipe_to = *to;
    rig.pipe = (struct fake_dgrams){ .d.ops = &fake_dgrams_ops };
    *out = &rig.pipe.d;
    return 0;
}

/* ---- DNS ---- */

struct ev_loop *dns_loop(const struct dns *d)
{
    (void)d;
    return rig.loop.loop;
}

struct dns_query *dns_lookup(struct dns *d, const char *host, uint64_t timeout_ms,
                             dns_done_fn *done, void *arg)
{
    snprintf(d->host, sizeof d->host, "%s", host);
    d->timeout_ms = timeout_ms;
    d->done = done;
    d->arg = arg;
    d->calls++;
    return (struct dns_query *)d;
}

void dns_cancel(struct dns_query *q)
{
    if (q)
        rig.dns.is_canceled = true;
}

struct dns_dial *dns_dial(struct dns *d, const char *host, uint16_t port, uint64_t timeout_ms,
                          dns_may_fn *may, dns_dialled_fn *done, void *arg)
{
    snprintf(d->host, sizeof d->host, "%s", host);
    d->port = port;
    d->timeout_ms = timeout_ms;
    d->may = may;
    d->dialled = done;
    d->arg = arg;
    d->calls++;
    return (struct dns_dial *)d;
}

void dns_dial_cancel(struct dns_dial *d)
{
    if (d)
        rig.dns.is_canceled = true;
}

/* ---- host ---- */

struct turn *host_turn(const struct host *h)
{
    return h->turn;
}

struct ev_loop *host_loop(const struct host *h)
{
    return h->loop;
}

struct conn *host_conn(const struct host *h, const struct peerid *peer)
{
    (void)peer;
    return h->is_connected ? (struct conn *)(uintptr_t)h : NULL;
}

void conn_info(const struct conn *c, struct muxed_info *out)
{
    (void)c;
    *out = (struct muxed_info){ .transport = "test" };
}

/* ---- the rig ---- */

static void on_opened(void *arg, int err, const char *why)
{
    struct rig *r = arg;
    r->opened++;
    r->err = err;
    snprintf(r->why, sizeof r->why, "%s", why);
    if (err)
        r->open = NULL;
}

static void on_done(void *arg, int err, const struct bridge_stats *st)
{
    struct rig *r = arg;
    r->done++;
    r->done_err = err;
    r->moved = *st;
}

static void on_dgrams_done(void *arg, int err, const struct dgrams_stats *st)
{
    struct rig *r = arg;
    r->done++;
    r->done_err = err;
    r->passed = *st;
}

int rig_start(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    memset(&svc, 0, sizeof svc);
    looprig_init(&rig.loop);
    rig.host.turn = rig.loop.turn;
    rig.host.loop = rig.loop.loop;
    rig.answer.peer = peer_of(PEER_A);
    rig.answer.tier = "test";
    rig.resolver.answer = &rig.answer;
    rig.resolver.err = GW_ENONAME;
    rig.resolver.trail = "test: no line";
    rig.front = front_new(&rig.host, &rig.resolver, 5000, 2);
    assert_non_null(rig.front);
    rig.remote_fd = rig.client_fd = -1;
    return 0;
}

int rig_stop(void **state)
{
    (void)state;
    front_free(rig.front);
    looprig_fini(&rig.loop);
    if (rig.remote_fd >= 0)
        close(rig.remote_fd);
    if (rig.client_fd >= 0)
        close(rig.client_fd);
    return 0;
}

void rig_ask(const struct front_target *t)
{
    rig.opened = 0;
    assert_int_equal(front_open(rig.front, "test", t, on_opened, &rig, &rig.open), 0);
    assert_int_equal(rig.opened, 0);
}

void rig_open_remote(struct bytes early)
{
    struct stream *s = looprig_stream(&rig.loop, &rig.remote_fd);
    svc.done(svc.arg, 0, NULL, s, early, "");
    assert_int_equal(rig.opened, 1);
    assert_int_equal(rig.err, 0);
}

void rig_join(void)
{
    struct stream *s = looprig_stream(&rig.loop, &rig.client_fd);
    front_join(rig.open, s, on_done, &rig);
    looprig_run(&rig.loop);
}

void rig_join_dgrams(void)
{
    rig.client = (struct fake_dgrams){ .d.ops = &fake_dgrams_ops };
    front_join_dgrams(rig.open, &rig.client.d, on_dgrams_done, &rig);
    looprig_run(&rig.loop);
}

void rig_datagram(struct fake_dgrams *from, const char *text)
{
    assert_false(from->is_closed);
    from->d.ev->on_datagram(&from->d, bytes_of(text));
}

void rig_dgrams_end(struct fake_dgrams *d, int err)
{
    assert_false(d->is_closed);
    d->is_closed = true;
    d->d.ev->on_close(&d->d, err);
}

struct front_stats rig_stats(void)
{
    struct front_stats st;
    front_get_stats(rig.front, &st);
    return st;
}

struct ipaddr rig_ip(const char *text)
{
    struct ipaddr ip;
    assert_int_equal(sockaddr_parse_ip(text, &ip), 0);
    return ip;
}
