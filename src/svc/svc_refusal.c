#include "svc/svc_refusal.h"

#include "base/err.h"

const struct svc_refusal *svc_refusal_of(enum svc_stage stage, int err)
{
    static const struct svc_refusal all[] = {
        { SVC_STAGE_RIGHT, GW_ENOSERVICE, TUNNEL_NO_SERVICE, "no such service" },
        { SVC_STAGE_RIGHT, GW_EDENIED, TUNNEL_DENIED, "you may not use it" },

        { SVC_STAGE_TARGET, GW_EREFUSED, TUNNEL_REFUSED,
          "the service's program refused the connection" },
        { SVC_STAGE_TARGET, GW_ENOTFOUND, TUNNEL_REFUSED, "the service's program does not run" },
        { SVC_STAGE_TARGET, GW_EUNREACH, TUNNEL_UNREACHABLE, "no way to the service's host" },
        { SVC_STAGE_TARGET, GW_ENETDOWN, TUNNEL_UNREACHABLE, "no network to the service's host" },
        { SVC_STAGE_TARGET, GW_ETIMEOUT, TUNNEL_TIMED_OUT, "the service's program did not answer" },

        { SVC_STAGE_EXIT, GW_EINVAL, TUNNEL_FAILED, "an exit wants a destination HOST:PORT" },
        { SVC_STAGE_EXIT, GW_EDENIED, TUNNEL_DENIED,
          "an exit leads to other machines of the internet only" },
        { SVC_STAGE_EXIT, GW_ENONAME, TUNNEL_UNREACHABLE, "no such host" },
        { SVC_STAGE_EXIT, GW_EREFUSED, TUNNEL_REFUSED, "the destination refused the connection" },
        { SVC_STAGE_EXIT, GW_EUNREACH, TUNNEL_UNREACHABLE, "no way to the destination" },
        { SVC_STAGE_EXIT, GW_ENETDOWN, TUNNEL_UNREACHABLE, "the exit has no network to it" },
        { SVC_STAGE_EXIT, GW_ETIMEOUT, TUNNEL_TIMED_OUT, "the destination did not answer" },
    };
    static const struct svc_refusal other = { .status = TUNNEL_FAILED, .text = "internal failure" };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].stage == stage && all[i].err == err)
            return &all[i];
    return &other;
}
