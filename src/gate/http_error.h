/* http_error.h - the answers of the proxy port that are not those of the service: what went wrong
 * and what can be done, as a page for a browser or as one line for another program.
 *
 * A failed open has its status and its error type (Proxy-Status, RFC 9209 s.2.3) from one table.
 * The statuses: 502 the next hop is known to be wrong or gone (no such name, service, program), 503
 * it may well work later (peer offline, a limit), 504 nobody answered in time, 403 somebody said
 * no.
 */
#ifndef GW_GATE_HTTP_ERROR_H
#define GW_GATE_HTTP_ERROR_H

#include "base/strbuf.h"
#include "gate/front.h"

#define HTTP_ERROR_MAX 32768 /* octets of any answer made here */

struct http_failure { /* all borrowed */
    const struct front_target *target;
    int err; /* as front_opened_fn has it, with its sentence */
    const char *why;
    const struct peerid *self; /* our id, for whoever has to allow us; NULL: not said */
    const char *gw;            /* the command of this node: "gw", "gw -d DIR" */
    bool is_page;              /* the client is a browser */
};

/* Both put a whole response, head included, into *out.  Return 0, or GW_ENOMEM or GW_ELIMIT. */

/* A service that could not be opened. */
int http_error_explain(struct strbuf *out, const struct http_failure *f);
/* A request that is not served.  `status` must be one that http_error.c has a reason phrase for;
 * `extra`: more header lines, each with CRLF, or "". */
int http_error_refuse(struct strbuf *out, int status, const char *extra, const char *text,
                      bool is_page);

#endif
