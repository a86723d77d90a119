/* page_status.h - the page that a person sees at the proxy port: what this node is, how to use it,
 * who is connected, what went wrong lately.  Everything shown is escaped; whatever is missing in
 * the status is left out or shown as empty. */
#ifndef GW_WEB_PAGE_STATUS_H
#define GW_WEB_PAGE_STATUS_H

#include <jansson.h>

#include "base/strbuf.h"

#define PAGE_STATUS_ROWS_MAX 200 /* of one table */

/* status: of ctl_status_make.  `at`: HOST:PORT of the proxy port as the reader knows it; `command`:
 * as ctl_deps has it.  A fault stays in out->err. */
void page_status(const json_t *status, const char *at, const char *command, struct strbuf *out);

#endif
