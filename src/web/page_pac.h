/* page_pac.h - the proxy auto-configuration file: what is ours goes through gw, all else direct.
 *
 * Ours are the names that the resolver's tiers answer for and everything below them, `.p2p`, peer
 * ids in base36 (the form that fits a label), and the stable addresses of peers. */
#ifndef GW_WEB_PAGE_PAC_H
#define GW_WEB_PAGE_PAC_H

#include "base/strbuf.h"
#include "name/resolver.h"

/* `net`: A.B.0.0, that of the stable addresses; NULL: there are none.  `at`: HOST:PORT of the proxy
 * port.  A fault stays in out->err. */
void page_pac(struct resolver *r, const struct ipaddr *net, const char *at, struct strbuf *out);

#endif
