/* autonat_backs.h - hears the nonces of those who dial us back (AutoNAT v2, dial-back streams). */
#ifndef GW_P2P_AUTONAT_BACKS_H
#define GW_P2P_AUTONAT_BACKS_H

#include "host/host.h"

#define AUTONAT_BACKS_MAX 4    /* streams heard at once */
#define AUTONAT_BACK_MS   5000 /* for the nonce to come */

struct autonat_backs;

/* Whether that is the nonce we wait for: it is receipted then, else the stream is reset. */
typedef bool autonat_nonce_fn(void *arg, struct conn *c, uint64_t nonce);

/* Serves the protocol; borrows the host.  Returns owned (free it before the host), or NULL. */
struct autonat_backs *autonat_backs_new(struct host *h, autonat_nonce_fn *on_nonce, void *arg);
void autonat_backs_free(struct autonat_backs *k); /* NULL is fine */

#endif
