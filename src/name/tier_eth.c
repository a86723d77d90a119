/* tier_eth.c - see tier_eth.h. */
#include "name/tier_eth.h"

#include <string.h>

bool tier_eth_address_ok(const char *text)
{
    return !strncmp(text, "0x", 2) && strspn(text + 2, "0123456789abcdefABCDEF") == 40 && !text[42];
}
