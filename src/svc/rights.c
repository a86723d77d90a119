/* rights.c - see rights.h. */
#include "svc/rights.h"

void rights_each_unknown(const struct rights *r, const char *const *names, rights_each_fn *each,
                         void *arg)
{
    for (; *names; names++)
        if (!registry_by_name(r->services, bytes_of(*names)) &&
            !(r->is_relay && strcmp(*names, SERVICE_RELAY) == 0))
            each(arg, *names);
}

void rights_each_usable(const struct rights *r, const struct peerid *peer, rights_each_fn *each,
                        void *arg)
{
    static const struct service relay = { .name = SERVICE_RELAY, .is_enabled = true };

    for (size_t i = 0; i < registry_count(r->services); i++) {
        const struct service *s = registry_at(r->services, i);
        if (s->is_enabled && authz_allows(r->authz, peer, s, NULL) == 0)
            each(arg, s->name);
    }
    if (r->is_relay && authz_allows(r->authz, peer, &relay, NULL) == 0)
        each(arg, relay.name);
}
