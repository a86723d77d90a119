/* base64.h - base64 as HTTP writes credentials (RFC 4648 s.4): with padding, without line breaks.
 */
#ifndef GW_BASE_BASE64_H
#define GW_BASE_BASE64_H

#include "base/cursor.h"

/* Returns the octets put, GW_ESYNTAX (a foreign character, padding that is missing or misplaced,
 * bits set that no octet uses), or GW_ENOMEM: it does not fit. */
int base64_decode(struct bytes text, uint8_t *out, size_t cap);

#define BASE64_LEN(n) (((n) + 2) / 3 * 4) /* characters of n octets */
/* Puts BASE64_LEN(in.n) characters, and no NUL. */
void base64_encode(struct bytes in, char *out);

#endif
