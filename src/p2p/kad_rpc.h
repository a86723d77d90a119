/* kad_rpc.h - one question of the DHT to one peer, on a stream of its own.
 *
 * A connection that is dialled for it is closed when it has been idle for KAD_IDLE_MS: a lookup
 * meets many peers, and most of them once.
 */
#ifndef GW_P2P_KAD_RPC_H
#define GW_P2P_KAD_RPC_H

#include "p2p/kad_env.h"

#define KAD_IDLE_MS 30000

struct kad_rpc;

/* err 0: `answer` (views for the call; nothing of it is checked) is of the type of the question, or
 * NULL when none was due: the question was taken.  Else GW_E*. */
typedef void kad_rpc_done_fn(void *arg, int err, const struct kad_msg *answer);

/* `q` is encoded at once.  ADD_PROVIDER is not answered.  All takes env->cfg.request_ms at most.
 * `done` once, from the loop; NULL: out of memory, or a message that cannot be encoded. */
struct kad_rpc *kad_rpc_start(const struct kad_env *env, const struct kad_contact *to,
                              const struct kad_msg *q, kad_rpc_done_fn *done, void *arg);
void kad_rpc_cancel(struct kad_rpc *r); /* done will not be called; NULL is fine */

#endif
