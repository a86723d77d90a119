/* cipher.h - what Noise and TLS have to offer to secure.c (the handshake) and seal.c (the stream).
 */
#ifndef GW_TRANSPORT_CIPHER_H
#define GW_TRANSPORT_CIPHER_H

#include <sys/types.h>

#include "base/cursor.h"
#include "id/peerid.h"

/* Where ciphertext goes.  0 or GW_E*. */
struct cipher_sink {
    int (*put)(void *arg, struct bytes v);
    void *arg;
};

struct cipher_proof { /* what a handshake has proved */
    struct peerid peer;
    const char *muxer; /* agreed on early: an element of the list that was offered; NULL: none */
};

struct cipher_ops {
    size_t plain_max;  /* octets that one call of seal takes */
    size_t unit_max;   /* octets of the longest unit of ciphertext */
    size_t head, tail; /* octets of room that seal finds before and behind the plaintext */

    /* Goes on with the handshake.  `in`: what has come and is not used.  Returns the octets used
     * (then it is called again with the rest), or < 0 GW_E*.  *is_done: `proof` is filled in. */
    ssize_t (*step)(void *cipher, struct bytes in, const struct cipher_sink *out, bool *is_done,
                    struct cipher_proof *proof);
    /* Opens what stands at the front of `in`, in place if it likes.  Returns the octets used and
     * *plain (may be empty; good until the next call), 0: needs more, or < 0 GW_E*; GW_ECLOSED: the
     * other end has said that it ends here. */
    ssize_t (*open)(void *cipher, struct span in, const struct cipher_sink *out,
                    struct bytes *plain);
    /* Encrypts, in place if it likes.  0 or GW_E*. */
    int (*seal)(void *cipher, struct span plain, const struct cipher_sink *out);
    /* Says that nothing will follow; NULL: the protocol cannot. */
    int (*say_end)(void *cipher, const struct cipher_sink *out);
    void (*free)(void *cipher); /* wipes it */
};

#endif
