/* fuzz_authkeys.c - what is read lies inside the line; what an edit writes reads back as it was
 * meant. */
#include <stdlib.h>

#include "fuzz.h"
#include "svc/authedit.h"
#include "svc/authkeys.h"

static const int64_t now_s = 1700000000;

/* Whether every line is in order.  *uses: may the peer use ssh?  *named: how many lines are its. */
static bool read_all(struct bytes text, const struct peerid *peer, bool *uses, size_t *named)
{
    *uses = false;
    *named = 0;
    for (struct bytes line; authkeys_next_line(&text, &line);) {
        struct authkeys_line l;
        const char *why = NULL;
        int r = authkeys_parse(line, &l, &why);
        if (r < 0) {
            assert(r == GW_ESYNTAX && why);
            return false;
        }
        check_inside(l.comment, line);
        if (!r)
            continue;
        check_inside(l.services, line);
        assert(l.peer.n && l.expires_s >= 0);
        if (!peerid_eq(&l.peer, peer))
            continue;
        (*named)++;
        *uses |= authkeys_is_live(&l, now_s) && authkeys_has_service(&l, bytes_of("ssh"));
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const ssh[] = { "ssh", NULL };
    static const char id[] = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";
    struct peerid peer;
    bool uses;
    char *out;
    size_t n, named, before;

    assert(peerid_parse(bytes_of(id), &peer) == 0);
    struct bytes text = { data, size };
    if (!read_all(text, &peer, &uses, &before))
        return 0;

    assert(authedit_allow(text, &peer, ssh, NULL, now_s, &out, &n) == 0);
    assert(read_all((struct bytes){ (uint8_t *)out, n }, &peer, &uses, &named));
    assert(uses && named == (before ? before : 1));
    free(out);

    int e = authedit_deny(text, &peer, &out, &n);
    assert(e == (before ? 0 : GW_ENOTFOUND));
    if (e)
        return 0;
    assert(read_all((struct bytes){ (uint8_t *)out, n }, &peer, &uses, &named));
    assert(!uses && named == 0 && n <= size + 1);
    free(out);
    return 0;
}
