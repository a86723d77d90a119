/* sha256.c - see sha256.h. */
#include "id/sha256.h"

#include <sodium.h>

void sha256(const struct bytes *parts, size_t n, uint8_t out[SHA256_LEN])
{
    crypto_hash_sha256_state st;

    crypto_hash_sha256_init(&st);
    for (size_t i = 0; i < n; i++)
        crypto_hash_sha256_update(&st, parts[i].p, parts[i].n);
    crypto_hash_sha256_final(&st, out);
}
