/* fuzz_names_msg.c - what is accepted lies inside the input and survives a round trip. */
#include "pblist.h"
#include "wire/names_msg.h"

static int decode_question(struct bytes in)
{
    struct names_question m;
    return names_question_decode(in, &m);
}

static int decode_answer(struct bytes in)
{
    static struct names_answer m;
    return names_answer_decode(in, &m);
}

static void try_question(struct bytes in)
{
    static uint8_t out[NAMES_QUESTION_MAX + 16];
    struct names_question m, again;
    int used = names_question_decode(in, &m);

    assert(used >= 0 || used == GW_EPROTO);
    check_used(used, in, decode_question);
    if (used <= 0)
        return;
    check_inside(m.network, in);
    check_inside(m.host, in);
    check_inside(m.claim, in);
    check_list(&m.via, in);
    assert(m.type <= NAMES_LIST);
    int n = names_question_encode(out, sizeof out, &m);
    assert(n > 0 && n <= used); /* never longer than what another encoder put */
    assert(names_question_decode((struct bytes){ out, (size_t)n }, &again) == n);
    assert(again.type == m.type && bytes_eq(again.network, m.network));
    assert(bytes_eq(again.host, m.host) && bytes_eq(again.claim, m.claim));
    assert(lists_eq(&again.via, &m.via));
}

static void check_answer(const struct names_answer *m, struct bytes in)
{
    assert(m->status < NAMES_STATUSES && m->why.n <= NAMES_WHY_MAX);
    assert(m->nentries <= NAMES_ENTRIES_MAX && m->nroute <= NAMES_VIA_MAX);
    check_inside(m->why, in);
    for (size_t i = 0; i < m->nentries; i++) {
        assert(m->entries[i].claim.n);
        check_inside(m->entries[i].claim, in);
        check_list(&m->entries[i].addrs, in);
    }
    for (size_t i = 0; i < m->nroute; i++) {
        assert(m->route[i].id.n);
        check_inside(m->route[i].id, in);
        check_list(&m->route[i].addrs, in);
    }
}

static void check_same(const struct names_answer *a, const struct names_answer *b)
{
    assert(a->status == b->status && a->nentries == b->nentries && a->nroute == b->nroute);
    assert(bytes_eq(a->why, b->why));
    for (size_t i = 0; i < a->nentries; i++) {
        assert(bytes_eq(a->entries[i].claim, b->entries[i].claim));
        assert(lists_eq(&a->entries[i].addrs, &b->entries[i].addrs));
    }
    for (size_t i = 0; i < a->nroute; i++) {
        assert(bytes_eq(a->route[i].id, b->route[i].id));
        assert(lists_eq(&a->route[i].addrs, &b->route[i].addrs));
    }
}

static void try_answer(struct bytes in)
{
    static uint8_t out[NAMES_MSG_MAX + 16];
    static struct names_answer m, again;
    int used = names_answer_decode(in, &m);

    assert(used >= 0 || used == GW_EPROTO);
    check_used(used, in, decode_answer);
    if (used <= 0)
        return;
    check_answer(&m, in);
    int n = names_answer_encode(out, sizeof out, &m);
    assert(n > 0 && n <= used);
    assert(names_answer_decode((struct bytes){ out, (size_t)n }, &again) == n);
    check_same(&m, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_question((struct bytes){ data, size });
    try_answer((struct bytes){ data, size });
    return 0;
}
