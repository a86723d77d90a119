/* rights.h - what `gw allow` says to a person: which services nobody offers here yet, and what the
 * peer may use of those that are here. */
#ifndef GW_SVC_RIGHTS_H
#define GW_SVC_RIGHTS_H

#include "svc/authz.h"

#define RIGHTS_SERVICES_MAX 64 /* named in one command */

struct rights { /* borrowed */
    const struct registry *services;
    struct authz *authz;
    bool is_relay; /* this node is one: SERVICE_RELAY stands for something */
};

typedef void rights_each_fn(void *arg, const char *service);

/* Calls `each` for those of the names (NULL-terminated) that are not offered: misspelt, or to
 * come. */
void rights_each_unknown(const struct rights *r, const char *const *names, rights_each_fn *each,
                         void *arg);
/* Calls `each` for all that is here and that the peer may use now: lines only add up, and one for
 * every service stays one. */
void rights_each_usable(const struct rights *r, const struct peerid *peer, rights_each_fn *each,
                        void *arg);

#endif
