/* front.h - the one way from a near-side client to a service of a peer: SOCKS5, -L and nc call it.
 *
 *     name -> resolver -> svc_out -> bridge
 */
#ifndef GW_GATE_FRONT_H
#define GW_GATE_FRONT_H

#include "name/resolver.h"
#include "net/bridge.h"
#include "svc/svc_out.h"

struct front;

struct front_target {
    char host[NAME_MAX_OCTETS + 1];
    char service[SERVICE_NAME_MAX + 1]; /* "" = by port */
    uint16_t port;                      /* 0 = by service name */
};

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

/* err 0: the remote stream is held by the front until front_join or front_cancel, one of which the
 * caller calls (at once or later).  Else GW_E* and why, one sentence for people that does not
 * repeat the target ("no resolver tier knows the name (names file: no line)"; "denied by the peer:
 * you may not use it"). */
struct front_open;
typedef void front_opened_fn(void *arg, int err, const char *why);
/* `kind`: "socks5", "forward", "nc", for the log.  Never calls back from inside.  NULL: out of
 * memory or GW_ELIMIT. */
struct front_open *front_open(struct front *f, const char *kind, const struct front_target *t,
                              front_opened_fn *done, void *arg);
void front_cancel(struct front_open *o, int err);

/* Sends octets of the client ahead of the bridge, from inside `done` or later; `is_last`: and then
 * FIN, because the client has ended already.  Returns 0 or GW_E* (then front_cancel is what is left
 * to do). */
int front_send(struct front_open *o, struct bytes v, bool is_last);

/* Takes the client stream and bridges it to the opened remote; `o` is gone.  done (may be NULL) as
 * bridge_done_fn. */
void front_join(struct front_open *o, struct stream *client, bridge_done_fn *done, void *arg);

#define FRONT_TARGET_STR_MAX (NAME_MAX_OCTETS + SERVICE_NAME_MAX + 4)

void front_get_stats(const struct front *f, struct front_stats *out);

/* Reads NAME:PORT or NAME:SERVICE ([v6]:PORT too). 0, GW_ESYNTAX, GW_EINVAL. */
int front_target_parse(const char *text, struct front_target *out);
/* The reverse, with brackets around an IPv6 address; returns out. */
const char *front_target_print(const struct front_target *t, char out[FRONT_TARGET_STR_MAX]);

#endif
