/* basex.h - base58 (bitcoin alphabet), base36 and base32 (lower case, no padding), as multibase
 * uses them. */
#ifndef GW_BASE_BASEX_H
#define GW_BASE_BASEX_H

#include "base/cursor.h"

#define BASEX_IN_MAX 128 /* octets to encode, or characters to decode, at most */

/* Encoders write text with a NUL into `out`; return its length, or GW_ENOMEM: it does not fit. */
int basex_encode58(struct bytes in, char *out, size_t cap);
int basex_encode36(struct bytes in, char *out, size_t cap);
int basex_encode32(struct bytes in, char *out, size_t cap);

/* Decoders return the octets put, GW_ESYNTAX on a foreign character, or GW_ENOMEM.
 * base36 and base32 are read without regard to case. */
int basex_decode58(struct bytes text, uint8_t *out, size_t cap);
int basex_decode36(struct bytes text, uint8_t *out, size_t cap);
int basex_decode32(struct bytes text, uint8_t *out, size_t cap);

#endif
