/* yamux_close.c - see yamux_close.h. */
#include "transport/yamux_close.h"

#include "base/err.h"

static const struct {
    enum yamux_code code;
    int err;
} codes[] = {
    { YAMUX_NORMAL, 0 },
    { YAMUX_PROTOCOL_ERROR, GW_EPROTO },
    { YAMUX_DENIED, GW_EDENIED },
    { YAMUX_LIMIT, GW_ELIMIT },
};
#define NCODES (sizeof codes / sizeof codes[0])

enum yamux_code yamux_close_code(int err)
{
    for (size_t i = 0; i < NCODES; i++)
        if (codes[i].err == err)
            return codes[i].code;
    return YAMUX_NORMAL;
}

int yamux_close_error(uint32_t code)
{
    for (size_t i = 0; i < NCODES; i++)
        if (codes[i].code == code)
            return codes[i].err;
    return GW_EPROTO;
}
