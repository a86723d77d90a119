/* pages.h - what a browser sees at the proxy port itself: `/` status, `/proxy.pac`, `/metrics`,
 * `/status.json`.  All numbers come from ctl_status_make, as those of `gw status` do. */
#ifndef GW_WEB_PAGES_H
#define GW_WEB_PAGES_H

#include "base/strbuf.h"
#include "ctl/ctl_deps.h"

/* A proxy_page_fn (gate/proxy_in.h) whose argument is a const struct ctl_deps *. */
int pages_get(void *ctl_deps, struct bytes path, struct bytes host, struct strbuf *out);

#endif
