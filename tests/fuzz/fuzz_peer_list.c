/* fuzz_peer_list.c - nobody's list is taken for signed; and any text, once it is signed, is refused
 * or gives addresses of peers, as many as there is room for. */
#include <stdlib.h>

#include "fuzz.h"
#include "id/peer_list.h"

#define NOW_S 1796000000u

static struct key *keeper;

static int read_as(struct bytes text, struct multiaddr *out, size_t max)
{
    unsigned line;
    return peer_list_read(text, key_peerid(keeper), NOW_S, out, max, &line);
}

static void check_signed(struct bytes body)
{
    static uint8_t text[PEER_LIST_TEXT_MAX];
    struct multiaddr addrs[4];
    char line[PEER_LIST_SIGNATURE_MAX];

    int err = peer_list_sign(keeper, body, line);
    assert(err == 0 || err == GW_EINVAL);
    if (err)
        return;
    struct bytes all = { text, body.n + strlen(line) };
    assert(all.n <= sizeof text);
    memcpy(text, body.p, body.n);
    memcpy(text + body.n, line, strlen(line));
    int n = read_as(all, addrs, 4);
    assert(n == GW_ETIMEOUT || (n >= 0 && n <= 4));
    for (int i = 0; i < n; i++) {
        struct peerid id;
        assert(multiaddr_peer(&addrs[i], &id));
    }
    assert(peer_list_sign(keeper, all, line) == GW_EINVAL);
    text[0] ^= 1;
    err = read_as(all, addrs, 4);
    assert(err == GW_EDENIED ||
           err == GW_ESYNTAX); /* it may have been the newline before the last */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };

    if (!keeper && key_generate(&keeper) != 0)
        abort();
    int err = read_as(in, NULL, 0);
    assert(err == GW_ESYNTAX || err == GW_EDENIED);
    check_signed(in);
    return 0;
}
