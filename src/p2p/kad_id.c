/* kad_id.c - see kad_id.h. */
#include "p2p/kad_id.h"

#include "id/sha256.h"

_Static_assert(KAD_ID_LEN == SHA256_LEN, "a point is a hash");

void kad_id_of_key(struct bytes key, struct kad_id *out)
{
    sha256(&key, 1, out->b);
}

void kad_id_of_peer(const struct peerid *peer, struct kad_id *out)
{
    kad_id_of_key((struct bytes){ peer->mh, peer->n }, out);
}

int kad_id_cmp(const struct kad_id *target, const struct kad_id *a, const struct kad_id *b)
{
    for (size_t i = 0; i < KAD_ID_LEN; i++) {
        if (a->b[i] != b->b[i])
            return (a->b[i] ^ target->b[i]) - (b->b[i] ^ target->b[i]);
    }
    return 0;
}

unsigned kad_id_shared(const struct kad_id *a, const struct kad_id *b)
{
    for (unsigned i = 0; i < KAD_ID_LEN; i++) {
        unsigned differ = a->b[i] ^ b->b[i];
        if (differ)
            return i * 8 + (unsigned)__builtin_clz(differ << 24);
    }
    return KAD_ID_BITS;
}
