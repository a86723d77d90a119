/* kad_query.h - what the DHT is asked for: kad_get, kad_put, kad_find, kad_providers and
 * kad_provide of kad.h are one function here.
 */
#ifndef GW_P2P_KAD_QUERY_H
#define GW_P2P_KAD_QUERY_H

#include "p2p/kad_run.h"

#define KAD_QUORUM 3 /* as many agreeing answers end kad_get */

enum kad_query_kind {
    KAD_QUERY_GET,
    KAD_QUERY_PUT,
    KAD_QUERY_FIND, /* the key is a binary peer id */
    KAD_QUERY_PROVIDERS,
    KAD_QUERY_PROVIDE,
};

struct kad_queries { /* those of one DHT.  Embedded, outlives them */
    const struct kad_env *env;
    struct kad_runs runs;
    struct kad_request *list;
    uint64_t found; /* that ended with what was wanted */
};

/* `done` once, from the loop, with what kad.h says.  The key and the value (of PUT) are copied.
 * NULL: out of memory, or a key that is empty or longer than KAD_MSG_KEY_MAX. */
struct kad_request *kad_query(struct kad_queries *all, enum kad_query_kind kind, struct bytes key,
                              struct bytes value, kad_done_fn *done, void *arg);
void kad_queries_fini(struct kad_queries *all); /* ends all, without `done` */

#endif
