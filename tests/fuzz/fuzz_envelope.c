/* fuzz_envelope.c - envelope_open never faults; and what it accepts names a signer, and for no
 * other purpose. */
#include "fuzz.h"
#include "id/envelope.h"

static void check(struct bytes in, const struct envelope_kind *kind,
                  const struct envelope_kind *other)
{
    struct bytes payload;
    struct peerid signer = { 0 };

    int err = envelope_open(in, kind, &payload, &signer);
    assert(err == 0 || err == GW_EPROTO || err == GW_EDENIED || err == GW_EUNSUP);
    if (err)
        return;
    assert(signer.n > 0);
    check_inside(payload, in);
    assert(envelope_open(in, other, &payload, &signer) == GW_EPROTO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    check(in, &envelope_voucher, &envelope_peer_record);
    check(in, &envelope_peer_record, &envelope_name_record);
    check(in, &envelope_name_record, &envelope_voucher);
    return 0;
}
