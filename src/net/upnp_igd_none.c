/* upnp_igd_none.c - upnp_igd.h where there is no miniupnpc. */
#include "base/err.h"
#include "net/upnp_igd.h"

bool upnp_igd_is_built(void)
{
    return false;
}

void upnp_igd_map(struct upnp_report *r)
{
    r->err = GW_EUNSUP;
}

void upnp_igd_unmap(const struct upnp_report *r)
{
    (void)r; /* nothing can have been granted */
}
