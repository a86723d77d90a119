/* fuzz_cert.c - cert_verify never faults; it gives an id or a reason; and what it accepts stands
 * no change. */
#include "fuzz.h"
#include "id/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t changed[8192];
    struct peerid id, other;
    const char *why = NULL;

    int err = cert_verify((struct bytes){ data, size }, &id, &why);
    assert((err == 0) == (id.n > 0));
    assert(err == 0 || (err < 0 && why && *why));
    if (err)
        return 0;
    assert(size > 0 && size <= sizeof changed);
    memcpy(changed, data, size);
    changed[size / 2] ^= 1;
    assert(cert_verify((struct bytes){ changed, size }, &other, &why) < 0);
    return 0;
}
