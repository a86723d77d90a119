/* err.c - names for error codes, and errno to GW_E*. */
#include "base/err.h"

#include <errno.h>

const char *gw_strerror(int err)
{
    switch (err) {
    case GW_OK:
        return "ok";
#define X(name, text) \
    case GW_E##name:  \
        return text;
        GW_ERRORS(X)
#undef X
    default:
        return "unknown error";
    }
}

int err_from_errno(int e)
{
    switch (e) {
    case 0:
        return GW_OK;
    case ENOMEM:
    case ENOBUFS:
        return GW_ENOMEM;
    case EMFILE:
    case ENFILE:
        return GW_ENOFD;
    case EACCES:
    case EPERM:
    case EROFS:
        return GW_EPERM;
    case ENOSPC:
    case EDQUOT:
        return GW_ENOSPACE;
    case EADDRINUSE:
        return GW_EINUSE;
    case ECONNREFUSED:
        return GW_EREFUSED;
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
        return GW_EUNREACH;
    case ENETUNREACH:
    case ENETDOWN:
        return GW_ENETDOWN;
    case ETIMEDOUT:
        return GW_ETIMEOUT;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
        return GW_ERESET;
    case EINVAL:
        return GW_EINVAL;
    case EEXIST:
        return GW_EEXISTS;
    case ENOENT:
    case ENOTDIR:
        return GW_ENOTFOUND;
    default:
        return GW_EIO;
    }
}
