/* fuzz_dns_texts.c - the texts of an answer lie in the room one behind the other, and take no more
 * of it than the message has. */
#include "fuzz.h"

#include <stdlib.h>

#include "net/dns_texts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *room = malloc(size ? size : 1), *at = room;
    struct dns_texts t;

    assert(room);
    int rc = dns_texts_read((struct bytes){ data, size }, room, &t);
    assert(rc == 0 || rc == GW_ENONAME || rc == GW_EPROTO);
    assert(rc != 0 || (t.n > 0 && t.n <= DNS_TEXTS_MAX));
    for (size_t i = 0; rc == 0 && i < t.n; i++) {
        assert(t.v[i].p == at);
        at += t.v[i].n;
    }
    assert((size_t)(at - room) <= size);
    free(room);
    return 0;
}
