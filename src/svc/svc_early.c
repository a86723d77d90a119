#include "svc/svc_early.h"

#include <stdlib.h>

#include "base/err.h"
#include "wire/udp_msg.h"

int svc_early_add(struct svc_early *e, struct bytes v)
{
    if (v.n == 0)
        return 0;
    if (v.n > SVC_EARLY_MAX - e->n)
        return GW_ELIMIT;
    uint8_t *more = realloc(e->p, e->n + v.n);
    if (!more)
        return GW_ENOMEM;
    e->p = more;
    memcpy(e->p + e->n, v.p, v.n);
    e->n += v.n;
    return 0;
}

static void cut(struct svc_early *e, size_t at, size_t n)
{
    e->n -= n;
    memmove(e->p + at, e->p + at + n, e->n - at);
}

void svc_early_skip(struct svc_early *e, size_t n)
{
    cut(e, 0, n);
}

size_t svc_early_drop_datagrams(struct svc_early *e)
{
    struct bytes datagram;
    size_t at = 0, kept = 0, dropped = 0;
    int used;

    while ((used = udp_msg_decode((struct bytes){ e->p + at, e->n - at }, &datagram)) > 0) {
        if (kept++ < SVC_EARLY_DATAGRAMS) {
            at += (size_t)used;
            continue;
        }
        cut(e, at, (size_t)used);
        dropped += (size_t)used;
    }
    return dropped;
}

void svc_early_clear(struct svc_early *e)
{
    free(e->p);
    *e = (struct svc_early){ 0 };
}
