/* eth_abi.h - a call of a contract with one string and an answer of one string, as octets
 * (Solidity, "Contract ABI Specification") and as the hexadecimal text of JSON-RPC (Ethereum
 * JSON-RPC, "Unformatted data").  Pure: no I/O, no allocation.
 *
 * A string argument is a word that says where it begins, there a word with its length, then its
 * octets with zeros up to a whole word.
 */
#ifndef GW_WIRE_ETH_ABI_H
#define GW_WIRE_ETH_ABI_H

#include "base/cursor.h"

#define ETH_ABI_WORD 32 /* octets */
/* Octets of a call with a string of n octets. */
#define ETH_ABI_CALL(n) \
    (4 + 2 * ETH_ABI_WORD + ((n) + ETH_ABI_WORD - 1) / ETH_ABI_WORD * ETH_ABI_WORD)

/* `selector`: the first four octets of the Keccak-256 of the function's signature.  Returns the
 * octets put, or GW_ENOMEM. */
int eth_abi_encode_call(uint8_t *dst, size_t cap, uint32_t selector, struct bytes arg);

/* The string of an answer, a view.  0, or GW_EPROTO: one that does not lie within it.  What stands
 * behind the string is not looked at. */
int eth_abi_decode_string(struct bytes in, struct bytes *out);

/* 0x and two digits for each octet.  Return octets put; GW_ENOMEM; the reader also GW_ESYNTAX.
 * `dst` of eth_abi_write_hex gets a NUL behind the text. */
int eth_abi_write_hex(char *dst, size_t cap, struct bytes octets);
int eth_abi_read_hex(struct bytes text, uint8_t *dst, size_t cap);

#endif
