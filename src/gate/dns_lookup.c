/* dns_lookup.c - see dns_lookup.h. */
#include "gate/dns_lookup.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "gate/dns_answer.h"
#include "name/may_leave.h"

struct dns_lookup {
    const struct dns_lookup_env *env;
    struct dns_query query;
    struct dns_subject subject;
    size_t limit;              /* of the answer */
    struct resolver_req *name; /* one of the three, while it waits */
    struct virtual_req *ports;
    struct dns_relay *relay;
    bool is_starting; /* what is answered now is answered from inside dns_lookup_start */
    bool is_done;
    dns_lookup_fn *done;
    void *arg;
};

static uint8_t room[DNS_ANSWER_MAX]; /* of every answer: it is gone before the next is made */

static void finish(struct dns_lookup *l, struct bytes answer)
{
    dns_lookup_fn *done = l->done;
    void *arg = l->arg;

    l->is_done = true;
    if (!l->is_starting) /* else dns_lookup_start frees it */
        free(l);
    done(arg, answer);
}

static void finish_code(struct dns_lookup *l, enum dns_rcode rcode)
{
    struct span to = { room, sizeof room };
    finish(l, dns_answer_code(&l->query, rcode, to));
}

static void finish_known(struct dns_lookup *l, const struct dns_known *k)
{
    struct span to = { room, sizeof room };
    finish(l, dns_answer_write(&l->query, &l->subject, k, l->limit, to));
}

static void on_ports(void *arg, int err, const struct ipaddr *ip,
                     const struct virtual_service *services, size_t n)
{
    struct dns_lookup *l = arg;
    struct dns_known k = {
        .is_there = true, .ip = ip, .services = services, .n = n, .is_complete = !err
    };

    l->ports = NULL;
    if (ip)
        finish_known(l, &k);
    else
        finish_code(l, DNS_SERVFAIL);
}

/* Nobody is called so, but somebody is below it: NXDOMAIN would deny that one, too (RFC 8020). */
static bool is_above(const struct dns_lookup *l)
{
    return l->subject.about == DNS_ABOUT_ABOVE ||
           (l->subject.about == DNS_ABOUT_HOST &&
            may_leave_is_parent(l->env->resolver, bytes_of(l->subject.host)));
}

static void finish_nobody(struct dns_lookup *l)
{
    finish_known(l, &(struct dns_known){ .is_there = is_above(l), .is_complete = true });
}

static void on_name(void *arg, int err, const struct name_answer *a, const char *trail)
{
    struct dns_lookup *l = arg;
    (void)trail;

    l->name = NULL;
    if (err == GW_ENONAME || err == GW_ESYNTAX) {
        finish_nobody(l);
    } else if (err) {
        finish_code(l, DNS_SERVFAIL);
    } else if (dns_answer_needs_peer(&l->query, &l->subject)) {
        struct virtual_req *q = virtual_want(l->env->virtual, a, on_ports, l);
        if (q) /* else it is over, and l may be gone */
            l->ports = q;
    } else {
        finish_known(l, &(struct dns_known){ .is_there = true });
    }
}

static void look_up(struct dns_lookup *l)
{
    struct resolver_req *q;

    if (!*l->subject.host) {
        finish_known(l, &(struct dns_known){ .is_there = false });
        return;
    }
    q = resolver_lookup(l->env->resolver, l->subject.host, on_name, l);
    if (q) /* else it is over, or waits for something else */
        l->name = q;
}

static void answer_address(struct dns_lookup *l)
{
    struct dns_known k = { 0 };
    struct peerid peer;
    char id[PEERID_STR_MAX];

    if (l->subject.ip.family && loopback_peer(l->env->loopback, &l->subject.ip, &peer)) {
        const char *name = resolver_name_of(l->env->resolver, &peer);
        k.is_there = true;
        k.name = name ? name : peerid_print_base36(&peer, id);
    }
    finish_known(l, &k);
}

static bool is_denied(struct bytes answer)
{
    struct dns_msg m;
    return dns_msg_read(answer, &m) == 0 && (m.flags & DNS_RCODE) == DNS_NXDOMAIN;
}

/* What a server denies may stand above names of ours, of which it knows nothing. */
static void on_forwarded(void *arg, struct bytes answer)
{
    struct dns_lookup *l = arg;

    l->relay = NULL;
    if (!answer.n)
        finish_code(l, DNS_SERVFAIL);
    else if (is_denied(answer) && is_above(l))
        finish_nobody(l);
    else
        finish(l, answer);
}

static void send_elsewhere(struct dns_lookup *l, struct bytes query, bool by_tcp)
{
    if (!dns_forward_has_servers(l->env->forward)) {
        finish_nobody(l);
        return;
    }
    l->relay = dns_forward_ask(l->env->forward, query, by_tcp, on_forwarded, l);
    if (!l->relay)
        finish_code(l, DNS_SERVFAIL);
}

static void start(struct dns_lookup *l, struct bytes query, bool by_tcp)
{
    struct ipaddr net;

    if (l->query.fault) {
        finish_code(l, l->query.fault);
        return;
    }
    loopback_get_net(l->env->loopback, &net);
    dns_subject_of(&l->query.question.name, &net, &l->subject);
    log_debug("dns question host=%s type=%u", l->subject.host, l->query.question.type);
    switch (l->subject.about) {
    case DNS_ABOUT_HOST:
    case DNS_ABOUT_SERVICE:
        if (may_leave(l->env->resolver, bytes_of(l->subject.tail)))
            send_elsewhere(l, query, by_tcp);
        else
            look_up(l);
        return;
    case DNS_ABOUT_ADDRESS:
        answer_address(l);
        return;
    case DNS_ABOUT_NETWORK:
    case DNS_ABOUT_LOCALHOST:
        finish_known(l, &(struct dns_known){ .is_there = true });
        return;
    case DNS_ABOUT_LOOPBACK:
        finish_known(l, &(struct dns_known){ .is_there = true, .name = "localhost" });
        return;
    case DNS_ABOUT_NOBODY:
        finish_known(l, &(struct dns_known){ .is_there = false });
        return;
    case DNS_ABOUT_ABOVE:
    case DNS_ABOUT_ELSEWHERE:
        send_elsewhere(l, query, by_tcp);
    }
}

struct dns_lookup *dns_lookup_start(const struct dns_lookup_env *env, struct bytes query,
                                    bool by_tcp, dns_lookup_fn *done, void *arg)
{
    struct dns_lookup *l = calloc(1, sizeof *l);

    if (!l || dns_query_read(query, &l->query) != 0) {
        free(l);
        done(arg, (struct bytes){ 0 });
        return NULL;
    }
    l->env = env;
    l->done = done;
    l->arg = arg;
    l->limit = by_tcp ? DNS_ANSWER_MAX : dns_query_limit(&l->query);
    l->is_starting = true;
    start(l, query, by_tcp);
    l->is_starting = false;
    if (!l->is_done)
        return l;
    free(l);
    return NULL;
}

void dns_lookup_cancel(struct dns_lookup *l)
{
    resolver_cancel(l->name);
    virtual_cancel(l->ports);
    dns_forward_cancel(l->relay);
    free(l);
}
