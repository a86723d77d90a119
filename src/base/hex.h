/* hex.h - octets as hexadecimal text behind 0x, as JSON-RPC of Ethereum writes them ("Unformatted
 * data") and as people give keys of the DHT. */
#ifndef GW_BASE_HEX_H
#define GW_BASE_HEX_H

#include "base/cursor.h"

/* Lower case, with a NUL behind it.  Returns the length, or GW_ENOMEM: it does not fit. */
int hex0x_write(char *dst, size_t cap, struct bytes octets);
/* Digits in either case.  Returns the octets put, GW_ESYNTAX, or GW_ENOMEM: they do not fit. */
int hex0x_read(struct bytes text, uint8_t *dst, size_t cap);

#endif
