/* err.h - the one list of error codes.  0 is success, failures are negative.
 *
 * errno becomes a GW_E* at the system call (err_from_errno).  What an edge makes of a code (a SOCKS
 * reply, a tunnel status, an exit status) is one table at that edge.
 */
#ifndef GW_BASE_ERR_H
#define GW_BASE_ERR_H

#define GW_ERRORS(X)                                               \
    X(NOMEM, "out of memory")                                      \
    X(NOFD, "out of file descriptors")                             \
    X(PROTO, "peer broke the protocol")                            \
    X(UNSUP, "valid, but not supported here")                      \
    X(INVAL, "invalid value")                                      \
    X(SYNTAX, "syntax error")                                      \
    X(PERM, "permission denied by the system")                     \
    X(IO, "input/output error")                                    \
    X(NOSPACE, "no space left on the device")                      \
    X(INUSE, "address already in use")                             \
    X(NOTLOCAL, "not an address of this machine")                  \
    X(NONAME, "nobody who was asked knows the name")               \
    X(OFFLINE, "peer is not reachable")                            \
    X(SELF, "that is this node itself")                            \
    X(NOSERVICE, "peer offers no such service")                    \
    X(DENIED, "denied by the peer")                                \
    X(REFUSED, "connection refused")                               \
    X(UNREACH, "host unreachable")                                 \
    X(NETDOWN, "network unreachable")                              \
    X(TIMEOUT, "deadline passed")                                  \
    X(LIMIT, "a configured limit is reached")                      \
    X(RESET, "reset by the other end")                             \
    X(IDENTITY, "the peer that answered is not the one asked for") \
    X(NOPROTO, "peer does not speak the protocol")                 \
    X(EXISTS, "exists already")                                    \
    X(NOTFOUND, "not found")                                       \
    X(CANCELED, "given up")                                        \
    X(CLOSED, "connection is closed")

enum gw_err {
    GW_OK = 0,
    GW_ERR_BASE_ = -1000,
#define X(name, text) GW_E##name,
    GW_ERRORS(X)
#undef X
};

/* Returns a short lower-case sentence; never NULL. */
const char *gw_strerror(int err);

/* Maps an errno of a system call; unknown ones become GW_EIO. */
int err_from_errno(int e);

#endif
