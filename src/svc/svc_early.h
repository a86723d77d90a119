/* svc_early.h - octets of a caller that came before anybody could take them.  They are not
 * credited, so flow control bounds them, and a limit does that holds whatever the window is.  Pure.
 */
#ifndef GW_SVC_SVC_EARLY_H
#define GW_SVC_SVC_EARLY_H

#include "base/cursor.h"

#define SVC_EARLY_MAX       (1u << 20) /* octets */
#define SVC_EARLY_DATAGRAMS 8

struct svc_early { /* zeroed means empty */
    uint8_t *p;    /* owned */
    size_t n;
};

int svc_early_add(struct svc_early *e, struct bytes v); /* 0, GW_ELIMIT or GW_ENOMEM */
void svc_early_skip(struct svc_early *e, size_t n);     /* the first n octets are done with */
/* They are datagrams (wire/udp_msg.h): those behind the first SVC_EARLY_DATAGRAMS are lost. Returns
 * how many octets that were. */
size_t svc_early_drop_datagrams(struct svc_early *e);
void svc_early_clear(struct svc_early *e);

static inline struct bytes svc_early_bytes(const struct svc_early *e)
{
    return (struct bytes){ e->p, e->n };
}

#endif
