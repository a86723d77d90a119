/* svcrig.h - a far side without its handlers: a fake host, no services yet, an authorized_keys
 * file, one peer that it names and a stranger. */
#ifndef GW_TESTS_SVCRIG_H
#define GW_TESTS_SVCRIG_H

#include "fake_host.h"
#include "svc/authz.h"
#include "testpeers.h"
#include "tmpfiles.h"

struct svcrig {
    struct tmpfiles tmp;
    struct ev_loop *loop;
    struct turn *turn;
    struct host *host;
    struct registry *services;
    struct authz *authz;
    struct conn a, stranger;
    struct fake_stream *f; /* the one stream of a test; its owner is the handler */
};

static inline void svcrig_init(struct svcrig *r, const char *authorized_keys,
                               authz_changed_fn *changed, void *arg)
{
    r->a.peer = peer_of(PEER_A);
    r->stranger.peer = peer_of(PEER_B);
    tmpfiles_init(&r->tmp);
    tmpfiles_write(r->tmp.path, authorized_keys);
    r->loop = ev_loop_new(EVFLAG_AUTO);
    r->turn = turn_new(r->loop);
    r->host = fake_host_new(r->loop, r->turn);
    r->a.host = r->stranger.host = r->host;
    r->services = registry_new();
    r->authz = authz_new(r->loop, r->tmp.path, r->services, changed, arg);
    r->f = fake_stream_new(r->turn);
    assert_non_null(r->authz);
}

static inline void svcrig_break_stream(struct svcrig *r)
{
    if (r->f->s.ev && !r->f->is_closed)
        fake_stream_break(r->f, GW_ECLOSED);
    fake_run_ms(r->loop, 30);
}

/* The handlers are gone. */
static inline void svcrig_fini(struct svcrig *r)
{
    fake_run_ms(r->loop, 30);
    fake_stream_free(r->f);
    authz_free(r->authz);
    registry_free(r->services);
    fake_host_free(r->host);
    turn_free(r->turn);
    ev_loop_destroy(r->loop);
    tmpfiles_fini(&r->tmp);
}

#endif
