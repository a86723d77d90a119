/* sha256.h - SHA-256 (FIPS 180-4), for the layers that may not see a crypto library. */
#ifndef GW_ID_SHA256_H
#define GW_ID_SHA256_H

#include "base/cursor.h"

#define SHA256_LEN 32

/* Of all parts, one after the other, as if they were one. */
void sha256(const struct bytes *parts, size_t n, uint8_t out[SHA256_LEN]);

#endif
