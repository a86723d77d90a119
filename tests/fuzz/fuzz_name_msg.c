/* fuzz_name_msg.c - what is accepted keeps to its limits, lies inside the input and survives a
 * round trip. */
#include "pblist.h"
#include "wire/name_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t out[NAME_MSG_MAX];
    struct bytes in = { data, size };
    struct name_msg m, again;

    int err = name_msg_decode(in, &m);
    assert(err == 0 || err == GW_EPROTO);
    if (err)
        return 0;
    assert(size <= NAME_MSG_MAX && m.name.n <= NAME_MSG_NAME_MAX);
    assert(m.addrs.n <= NAME_MSG_ADDRS_MAX);
    check_inside(m.name, in);
    check_inside(m.peer, in);
    check_list(&m.addrs, in);
    int n = name_msg_encode(out, sizeof out, &m);
    assert(n >= 0 && (size_t)n <= size); /* never longer than what another encoder put */
    assert(name_msg_decode((struct bytes){ out, (size_t)n }, &again) == 0);
    assert(bytes_eq(again.name, m.name) && bytes_eq(again.peer, m.peer));
    assert(again.sequence == m.sequence && again.expires_s == m.expires_s);
    assert(lists_eq(&again.addrs, &m.addrs));
    return 0;
}
