/* front.h - the one way from a near-side client to a service of a peer: the proxy port, -L, -U and
 * nc call it.
 *
 *     name -> resolver -> svc_out -> bridge
 *
 * A stable address (name/loopback.h) stands for its peer.  A host that no tier may own
 * (`example.com`, any other address) goes where front_other says: nowhere, straight to the internet
 * from here, or to the exit of a peer.
 */
#ifndef GW_GATE_FRONT_H
#define GW_GATE_FRONT_H

#include "gate/front_target.h"
#include "name/loopback.h"
#include "name/resolver.h"
#include "net/bridge.h"
#include "net/dgrams.h"
#include "net/dns.h"
#include "svc/svc_out.h"

struct front;

enum front_other { FRONT_REFUSE, FRONT_DIRECT, FRONT_VIA };

#define FRONT_WHY_MAX (RESOLVER_TRAIL_MAX + NAME_MAX_OCTETS + 128)

struct front_failure { /* for people who look later */
    uint64_t at_ms;    /* clock_mono_ms() */
    const char *kind;
    struct front_target target;
    int err;
    char why[FRONT_WHY_MAX];
};
#define FRONT_FAILURES_MAX 16

struct front_stats {
    uint64_t opened, failed; /* since start */
    uint32_t active;         /* bridges now */
    uint32_t opening;
};

struct front *front_new(struct host *h, struct resolver *r, uint64_t open_timeout_ms,
                        uint32_t max_opening); /* borrows; owned or NULL */
void front_free(struct front *f);              /* cancels what is open; nobody is called back */
void front_set_limits(struct front *f, uint64_t open_timeout_ms,
                      uint32_t max_opening); /* for what comes from now on */
/* For what comes from now on.  `via`: a name, of FRONT_VIA; copied.  0 or GW_ENOMEM. */
int front_set_other(struct front *f, enum front_other other, const char *via);
/* Borrowed.  NULL (as at the start): there are no stable addresses; FRONT_DIRECT fails with
 * GW_ENETDOWN. */
void front_use(struct front *f, struct loopback *loopback, struct dns *dns);
/* Which path is taken to a peer when the target does not say.  Borrows arg; at the start, and for
 * NULL, it is HOST_PATH_ANY. */
typedef enum host_path front_path_fn(void *arg, const struct peerid *peer);
void front_set_paths(struct front *f, front_path_fn *fn, void *arg);
enum host_path front_path(const struct front *f, const struct peerid *peer); /* that one */
/* A pipe of datagrams without traffic ends after so long; at the start 2 minutes. */
void front_set_udp_idle(struct front *f, uint64_t ms);

/* err 0: what was opened is held by the front until front_join, front_join_dgrams or front_cancel,
 * one of which the caller calls (at once or later).  Else GW_E*, the open is gone after the call,
 * and `why` (borrowed for it) is one sentence for people that does not repeat the target ("no
 * resolver tier knows the name (names file: no line)"; "denied by the peer: you may not use it").
 */
struct front_open;
typedef void front_opened_fn(void *arg, int err, const char *why);
/* Copies the target.  `kind`: "socks5", "forward", "nc", for the log; static.  `opened` is called
 * once, from the loop; the open timeout bounds it, and the resolver's own where that is longer.
 * 0 and *out; GW_ELIMIT: as many are being opened as may be (front_set_limits); GW_ENOMEM. */
int front_open(struct front *f, const char *kind, const struct front_target *t,
               front_opened_fn *opened, void *arg, struct front_open **out);
/* Any time before the join: `opened` will not be called; what has been opened ends with `err`. */
void front_cancel(struct front_open *o, int err);

/* Sends octets of the client ahead of the bridge, from inside `opened` or later; `is_last`: and
 * then FIN, because the client has ended already.  Returns 0 or GW_E* (then front_cancel is what is
 * left to do). */
int front_send(struct front_open *o, struct bytes v, bool is_last);

/* Takes the client stream and bridges it to the opened remote; `o` is gone.  done (may be NULL) as
 * bridge_done_fn. */
void front_join(struct front_open *o, struct stream *client, bridge_done_fn *done, void *arg);

/* The same for an open with is_udp: joins two pipes of datagrams.  Those that the client pipe
 * delivered before are its owner's to deliver again. */
void front_join_dgrams(struct front_open *o, struct dgrams *client, dgrams_done_fn *done,
                       void *arg);

/* The address under which a host can be asked for here: the stable address of its peer, or with
 * FRONT_DIRECT what DNS says.  `done` is called once, from the loop.  0 and *out, or as
 * front_open. */
struct front_lookup;
typedef void front_address_fn(void *arg, int err, const struct ipaddr *ip, const char *why);
int front_address(struct front *f, const char *host, front_address_fn *done, void *arg,
                  struct front_lookup **out);
void front_address_cancel(struct front_lookup *l); /* done will not be called; NULL is fine */
/* The reverse: the name of the peer that has this stable address.  Returns false when it is none.
 */
bool front_name_of(const struct front *f, const struct ipaddr *ip, char out[NAME_MAX_OCTETS + 1]);
/* A.B.0.0, the network of all stable addresses.  Returns false when there are none. */
bool front_stable_net(const struct front *f, struct ipaddr *out);

/* The latest failures, newest first; returns how many (up to max). */
size_t front_failures(const struct front *f, struct front_failure *out, size_t max);

void front_get_stats(const struct front *f, struct front_stats *out);

#endif
