/* quic_cid.h - which connection a connection id belongs to; and, in a second table, a peer's
 * stateless-reset token. */
#ifndef GW_TRANSPORT_QUIC_CID_H
#define GW_TRANSPORT_QUIC_CID_H

#include <stddef.h>
#include <stdint.h>

#define QUIC_CID_LEN 8  /* octets of the ids that we choose */
#define QUIC_CID_MAX 20 /* RFC 9000 s.17.2 */

struct quic_conn;
struct quic_cids; /* the table */
struct quic_cid;  /* one entry */

struct quic_cids *quic_cids_new(void);    /* owned, or NULL */
void quic_cids_free(struct quic_cids *t); /* needs an empty table */

/* Enters an id in the table and in the connection's own list *owned.  0, GW_EEXISTS (another's),
 * GW_ENOMEM, GW_EINVAL (too long). */
int quic_cids_add(struct quic_cids *t, struct quic_cid **owned, const uint8_t *cid, size_t n,
                  struct quic_conn *c);
void quic_cids_del(struct quic_cids *t, struct quic_cid **owned, const uint8_t *cid,
                   size_t n); /* fine when absent or another's */
void quic_cids_del_all(struct quic_cids *t, struct quic_cid **owned);

struct quic_conn *quic_cids_find(struct quic_cids *t, const uint8_t *cid,
                                 size_t n); /* NULL: nobody's */

#endif
