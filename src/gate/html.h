/* html.h - the frame of every page that gw shows: one self-contained document, light and dark,
 * readable on a phone, without script and without anything fetched from elsewhere. */
#ifndef GW_GATE_HTML_H
#define GW_GATE_HTML_H

#include "base/strbuf.h"

void html_begin(struct strbuf *b, const char *title); /* up to and with <h1>; title is escaped */
void html_end(struct strbuf *b);

/* A whole response: head (status, type, length, no-store, nosniff, CSP, `Connection: close`;
 * `extra`: more header lines, each with CRLF, or "") and body.  Returns 0 or GW_ENOMEM / GW_ELIMIT.
 */
int html_respond(struct strbuf *out, int status, const char *reason, const char *type,
                 const char *extra, struct bytes body);
/* What of such a response goes out (to HEAD: its head); a view.  n == 0: it could not be made. */
struct bytes html_response(const struct strbuf *out, bool to_head);

#endif
