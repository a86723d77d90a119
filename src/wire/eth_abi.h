/* eth_abi.h - a call of a contract with one string and an answer of one string, as octets
 * (Solidity, "Contract ABI Specification"); JSON-RPC carries them as hexadecimal text
 * (base/hex.h).  Pure: no I/O, no allocation.
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

#endif
