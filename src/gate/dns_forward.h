/* dns_forward.h - asks other DNS servers the questions that are not for us: the query goes out as
 * it came, but for its id, and so does the answer come back.
 *
 * Who wants to slip in an answer has to guess a random id and the port of a socket that is there
 * for this one question (RFC 5452), and has to have the address of the server.  A server that does
 * not answer in time, or with a failure of its own, is followed by the next one; the last one that
 * answered is asked first.  What came by UDP is asked by UDP, what came by TCP by TCP.
 */
#ifndef GW_GATE_DNS_FORWARD_H
#define GW_GATE_DNS_FORWARD_H

#include "net/sockaddr.h"
#include "net/turn.h"

#define DNS_FORWARDS_MAX   4    /* servers */
#define DNS_FORWARD_TRY_MS 1500 /* for one server; all of them are asked twice */
#define DNS_FORWARD_MAX    512  /* questions at a time */
#define DNS_FORWARD_OCTETS 4096 /* of one question */

struct dns_forward;

struct dns_forward *dns_forward_new(struct ev_loop *loop, struct turn *turn); /* owned, or NULL */
/* Those who wait are not called back.  NULL is fine. */
void dns_forward_free(struct dns_forward *f);

/* For questions from now on; copied.  n <= DNS_FORWARDS_MAX. */
void dns_forward_set_servers(struct dns_forward *f, const struct sockaddr_any *servers, size_t n);
bool dns_forward_has_servers(const struct dns_forward *f);

/* `query`, a whole message with one question, is copied.  `done` comes once, from the loop, with
 * the answer to the id of the query (borrowed for the call), or with none (n 0) when no server gave
 * one.  NULL: there is no server, the limits above, out of memory. */
struct dns_relay;
typedef void dns_forward_fn(void *arg, struct bytes answer);
struct dns_relay *dns_forward_ask(struct dns_forward *f, struct bytes query, bool by_tcp,
                                  dns_forward_fn *done, void *arg);
void dns_forward_cancel(struct dns_relay *q); /* done will not be called; NULL is fine */

#endif
