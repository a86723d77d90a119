/* frontrig.h - a front whose layers below are played by the test: resolver, services, DNS and host;
 * the streams are socket pairs, the pipes of datagrams remember what they were given. */
#ifndef GW_TESTS_FRONTRIG_H
#define GW_TESTS_FRONTRIG_H

#include <stdio.h>

#include "gate/front.h"
#include "looprig.h"
#include "testpeers.h"
#include "vec.h"

struct resolver {
    const struct name_answer *answer; /* given at once; NULL: err at once, unless is_slow */
    const char *unknown;              /* a host for which it is err all the same */
    int err;
    const char *trail;
    bool is_slow, is_canceled;
    resolver_done_fn *done; /* of a slow lookup */
    void *arg;
    char host[256];      /* asked for last */
    const char *domain;  /* what resolver_domains tells, beside p2p */
    const char *name_of; /* of every peer */
    int forgotten;       /* how often the answer's peer was forgotten */
};

struct svc_out {
    struct svc_target target;
    char protocol[96], destination[300];
    uint64_t timeout_ms;
    svc_out_done_fn *done;
    void *arg;
    int calls;
    bool is_canceled, is_out_of_memory;
};

struct dns { /* one dial or lookup at a time */
    char host[256];
    uint16_t port;
    uint64_t timeout_ms;
    dns_may_fn *may;
    dns_dialled_fn *dialled;
    dns_done_fn *done;
    void *arg;
    int calls;
    bool is_canceled;
};

struct host {
    struct turn *turn;
    struct ev_loop *loop;
    bool is_connected; /* to every peer */
};

struct fake_dgrams {
    struct dgrams d;
    char got[16]; /* the last datagram */
    size_t n;
    unsigned sent;
    bool is_closed;
    int err; /* of close */
};

struct rig {
    struct looprig loop;
    struct host host;
    struct resolver resolver;
    struct name_answer answer;
    struct dns dns;
    struct front *front;
    struct front_open *open;
    int opened, err; /* calls of on_opened */
    char why[1024];
    int remote_fd, client_fd; /* the far ends */
    int done, done_err;       /* calls of on_done, on_dgrams_done */
    struct bridge_stats moved;
    struct dgrams_stats passed;
    struct fake_dgrams flow;   /* what udp_flow_new gives */
    struct fake_dgrams pipe;   /* what udp_pipe_open gives */
    struct fake_dgrams client; /* for join_dgrams */
    uint64_t flow_id;
    bool is_flow_out_of_memory;
    struct sockaddr_any pipe_to;
};

extern struct rig rig;
extern struct svc_out svc;

int rig_start(void **state);
int rig_stop(void **state);

void rig_ask(const struct front_target *t);
void rig_open_remote(struct bytes early); /* the service opens, with these octets of it */
void rig_join(void);
void rig_join_dgrams(void);
void rig_datagram(struct fake_dgrams *from, const char *text); /* the far end sends it */
void rig_dgrams_end(struct fake_dgrams *d, int err);           /* the far end has gone */
struct front_stats rig_stats(void);
struct ipaddr rig_ip(const char *text);

#endif
