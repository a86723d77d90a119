/* tier_eth.h - the tier of a contract on an Ethereum chain ([ethereum]), off unless configured: its
 * function
 *
 *     function resolve(string name) view returns (string)
 *
 * answers with what tier_exec's program would write: PEER-ID [MULTIADDR...] [ttl=SECONDS], or "".
 * Asked by JSON-RPC, eth_call at the latest block.
 */
#ifndef GW_NAME_TIER_ETH_H
#define GW_NAME_TIER_ETH_H

#include "name/resolver.h"

#define TIER_ETH_MS 8000

struct tier_eth;
extern const struct tier_ops tier_eth_ops; /* "Ethereum" */

/* `rpc`: fetch_url_ok; contract: tier_eth_address_ok; both copied.  Returns owned, or NULL.  Free
 * it when the resolver has stopped. */
struct tier_eth *tier_eth_new(struct ev_loop *loop, const char *rpc, const char *contract);
void tier_eth_free(struct tier_eth *t);     /* NULL is fine */
bool tier_eth_address_ok(const char *text); /* 0x and 40 hexadecimal digits */

#endif
