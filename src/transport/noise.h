/* noise.h - libp2p's Noise channel (specs/noise): XX with the host key's signature of the static
 * key, stream muxers told early. */
#ifndef GW_TRANSPORT_NOISE_H
#define GW_TRANSPORT_NOISE_H

#include "transport/secure.h"

#define NOISE_PROTOCOL "/noise"

extern const struct cipher_ops noise_ops;

/* A cipher for secure_start; borrows cfg until the handshake is over.  NULL: out of memory. */
void *noise_new(const struct secure_config *cfg, bool is_initiator);

#endif
