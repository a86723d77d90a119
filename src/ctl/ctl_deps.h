/* ctl_deps.h - what the control commands work on: pointers and callbacks that main fills in. */
#ifndef GW_CTL_CTL_DEPS_H
#define GW_CTL_CTL_DEPS_H

#include "gate/front.h"
#include "name/tier_static.h"
#include "p2p/checkup.h"
#include "p2p/kad.h"
#include "p2p/names_book.h"
#include "p2p/names_claims.h"
#include "p2p/networks.h"
#include "p2p/paths.h"
#include "p2p/relay.h"
#include "p2p/reservations.h"
#include "svc/svc_in.h"

/* Called per entry while ctl enumerates: a proxy or DNS listener with "127.0.0.1:1080", a forward
 * with "127.0.0.1:5432", "db.alice:5432", "tcp" or "udp".  The port is the one bound.  The texts
 * are copied. */
typedef void ctl_each_listener_fn(void *each_arg, const char *listen);
typedef void ctl_each_forward_fn(void *each_arg, const char *listen, const char *target,
                                 const char *protocol);

/* What is to be said of a network in gw.conf. */
struct ctl_network_edit {
    const char *network;
    bool is_leave;             /* nothing more; else: */
    const char *const *relays; /* beside those that it has */
    size_t nrelays;
    const char *host; /* what we are called there; NULL: as it is, "": nothing */
};

struct ctl_deps { /* all borrowed; none may be NULL but those that say so */
    struct ev_loop *loop;
    struct turn *turn;
    struct host *host;
    struct resolver *resolver;
    struct registry *registry;
    struct authz *authz;
    struct front *front;
    struct svc_in *svc_in;
    struct tier_static *names; /* the names file: which name a peer id has */
    const struct checkup *checkup;
    struct announce *announce;
    struct paths *paths;
    struct reservations *reservations;
    struct relay *relay; /* NULL: we are none */
    const struct networks *networks;
    struct names_claims *claims;
    struct names_book *book; /* NULL: we are no relay of a network */
    struct kad *kad;         /* NULL: [dht] mode = off */
    struct ctl_ncs *ncs;     /* ctl's own: ctl_open fills it in */
    const char *version;
    const char *command; /* by which people reach this node: "gw", "gw -d DIR" */
    uint64_t start_ms;   /* clock_mono_ms() when the daemon started */

    /* The callbacks get `arg`. */
    void *arg;
    void (*proxies)(void *arg, ctl_each_listener_fn *each, void *each_arg);
    void (*dns)(void *arg, ctl_each_listener_fn *each, void *each_arg);
    void (*forwards)(void *arg, ctl_each_forward_fn *each, void *each_arg);
    /* Re-reads everything, as SIGHUP does / only checks it.  0, or GW_E* with one sentence in `err`
     * ("FILE:LINE: what is wrong"); then nothing has changed.  On 0 reload says which keys take
     * effect with the next start only: "[node] listen, [dht] mode"; "": none. */
    int (*reload)(void *arg, char *said, size_t cap);
    int (*check)(void *arg, char *err, size_t cap);
    /* Changes gw.conf and re-reads everything.  As reload; also GW_ENOTFOUND: to leave what is not
     * there. */
    int (*edit_network)(void *arg, const struct ctl_network_edit *e, char *err, size_t cap);
    /* Begins the end of the daemon, as SIGTERM does.  The answer has been written.  Must not
     * call ctl_close from inside. */
    void (*stop)(void *arg);
};

#endif
