/* fuzz_multiaddr.c - the input as text and as binary: each form gives back what the other took. */
#include "fuzz.h"
#include "id/multiaddr.h"

static void check(const struct multiaddr *a)
{
    char text[MULTIADDR_STR_MAX], again_text[MULTIADDR_STR_MAX];
    struct multiaddr again;
    struct ipaddr ip;
    struct peerid id;
    uint16_t port;

    assert(a->n > 0 && a->n <= MULTIADDR_MAX);
    assert(multiaddr_from_bytes((struct bytes){ a->b, a->n }, &again) == 0);
    assert(multiaddr_eq(a, &again));
    multiaddr_print(a, text);
    assert(multiaddr_parse(bytes_of(text), &again) == 0);
    assert(multiaddr_eq(a, &again));
    assert(strcmp(multiaddr_print(&again, again_text), text) == 0);

    if (multiaddr_as_quic(a, &ip, &port))
        assert(ip.family == 4 || ip.family == 6);
    bool has_peer = multiaddr_peer(a, &id);
    assert(!has_peer || id.n > 0);
    multiaddr_strip_peer(&again);
    assert(again.n == a->n || has_peer);
    if (again.n == a->n || !again.n)
        return;
    assert(multiaddr_append_peer(&again, &id) == 0);
    assert(multiaddr_eq(a, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    struct multiaddr a;

    if (multiaddr_parse(in, &a) == 0)
        check(&a);
    if (multiaddr_from_bytes(in, &a) == 0) {
        assert(bytes_eq(in, (struct bytes){ a.b, a.n }));
        check(&a);
    }
    return 0;
}
