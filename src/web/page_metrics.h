/* page_metrics.h - the numbers of ctl_status_make in the text format of Prometheus, version 0.0.4.
 */
#ifndef GW_WEB_PAGE_METRICS_H
#define GW_WEB_PAGE_METRICS_H

#include <jansson.h>

#include "base/strbuf.h"

#define PAGE_METRICS_PEERS_MAX 1000 /* connected peers that have series of their own */

/* A fault stays in out->err. */
void page_metrics(const json_t *status, struct strbuf *out);

#endif
