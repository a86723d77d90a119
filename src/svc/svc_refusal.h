/* svc_refusal.h - why a caller is sent away: the status on the wire and a sentence for people.
 * Pure. */
#ifndef GW_SVC_SVC_REFUSAL_H
#define GW_SVC_SVC_REFUSAL_H

#include "wire/tunnel_msg.h"

enum svc_stage {                  /* how far it came; the same error means something else at each */
                 SVC_STAGE_RIGHT, /* may the caller use it? */
                 SVC_STAGE_TARGET, /* reaching the service's own target */
                 SVC_STAGE_EXIT,   /* reaching the destination that the caller named */
};

struct svc_refusal {
    enum svc_stage stage;
    int err;
    enum tunnel_status status;
    const char *text;
};

/* Never NULL: what the list does not know is an internal failure. */
const struct svc_refusal *svc_refusal_of(enum svc_stage stage, int err);

#endif
