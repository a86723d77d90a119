/* svc_offers.h - what a peer answers to svc_query: its services with the ports they are asked for
 * by. */
#ifndef GW_SVC_SVC_OFFERS_H
#define GW_SVC_SVC_OFFERS_H

#include "svc/registry.h"

struct svc_offer {
    char name[SERVICE_NAME_MAX + 1];
    uint16_t port;       /* 0: by name only */
    bool is_tcp, is_udp; /* neither: the exit */
};

/* Reads the JSON of svc_list.h.  A peer that tells no ports (shurli) has its services at the
 * well-known ones.  What is not enabled, no service or of another form is passed over, and so are
 * entries beyond `max`.  Returns how many, or GW_EPROTO: no list at all. */
int svc_offers_read(struct bytes json, struct svc_offer *out, size_t max);

#endif
