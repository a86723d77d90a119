/* test_names_msg.c - questions and answers of /gw/names/1.0.0.  The octets follow from the schema
 * in wire/names_msg.h (doc/PROTOCOLS.md) by the rules of protobuf.dev, Encoding. */
#include "wire/names_msg.h"

#include "pblist.h"

static const struct {
    struct bytes wire;
    struct names_question m;
} questions[] = {
    { B("\x14" /* 20 octets */
        "\x12\x03"
        "bob"            /* 2: network */
        "\x1a\x06server" /* 3: host */
        "\x2a\x02r1\x2a\x01"
        "2"), /* 5: via; a FIND has no 1 */
      { .network = B("bob"), .host = B("server"), .via = { 2, { B("r1"), B("2") } } } },
    { B("\x0e\x08\x01\x12\x03"
        "bob\x22\x05"
        "claim"), /* 4 */
      { .type = NAMES_CLAIM, .network = B("bob"), .claim = B("claim") } },
    { B("\x09\x08\x02\x12\x01n\x1a\x02hh"),
      { .type = NAMES_RELEASE, .network = B("n"), .host = B("hh") } },
    { B("\x05\x08\x03\x12\x01n"), { .type = NAMES_LIST, .network = B("n") } },
    { B("\x00"), { .type = NAMES_FIND } },
};

static const struct {
    struct bytes wire;
    struct names_answer m;
} answers[] = {
    { B("\x1e" /* 30 octets */
        "\x12\x0a\x0a\x02"
        "c1\x12\x01"
        "a\x12\x01"
        "b"                              /* 2: an entry, with two addresses */
        "\x1a\x0a\x0a\x03one\x12\x03two" /* 3: a relay of the route */
        "\x1a\x04\x0a\x02r2"             /* 3: one that tells no address */
        ),
      { .nentries = 1,
        .entries = { { B("c1"), { 2, { B("a"), B("b") } } } },
        .nroute = 2,
        .route = { { B("one"), { 1, { B("two") } } }, { .id = B("r2") } } } },
    { B("\x08\x08\x02\x22\x04gone"), { .status = NAMES_TAKEN, .why = B("gone") } },
    { B("\x0a\x12\x03\x0a\x01x\x12\x03\x0a\x01y"),
      { .nentries = 2, .entries = { { .claim = B("x") }, { .claim = B("y") } } } },
};

static int decode_question(struct bytes in)
{
    struct names_question m;
    return names_question_decode(in, &m);
}

static int decode_answer(struct bytes in)
{
    struct names_answer m;
    return names_answer_decode(in, &m);
}

static int encode_question(uint8_t *dst, size_t cap)
{
    return names_question_encode(dst, cap, &questions[0].m);
}

static int encode_answer(uint8_t *dst, size_t cap)
{
    return names_answer_encode(dst, cap, &answers[0].m);
}

static void test_question_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(questions); i++) {
        const struct names_question *want = &questions[i].m;
        struct names_question m;
        uint8_t b[64];
        assert_int_equal(names_question_decode(questions[i].wire, &m), questions[i].wire.n);
        assert_int_equal(m.type, want->type);
        assert_bytes(m.network, want->network);
        assert_bytes(m.host, want->host);
        assert_bytes(m.claim, want->claim);
        assert_list(&m.via, &want->via);
        int n = names_question_encode(b, sizeof b, want);
        assert_bytes((struct bytes){ b, (size_t)n }, questions[i].wire);
        assert_every_prefix_waits(questions[i].wire, decode_question);
    }
    assert_needs_room(questions[0].wire, encode_question);
}

static void test_answer_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        const struct names_answer *want = &answers[i].m;
        struct names_answer m;
        uint8_t b[64];
        assert_int_equal(names_answer_decode(answers[i].wire, &m), answers[i].wire.n);
        assert_int_equal(m.status, want->status);
        assert_int_equal(m.nentries, want->nentries);
        for (size_t k = 0; k < want->nentries; k++) {
            assert_bytes(m.entries[k].claim, want->entries[k].claim);
            assert_list(&m.entries[k].addrs, &want->entries[k].addrs);
        }
        assert_int_equal(m.nroute, want->nroute);
        for (size_t k = 0; k < want->nroute; k++) {
            assert_bytes(m.route[k].id, want->route[k].id);
            assert_list(&m.route[k].addrs, &want->route[k].addrs);
        }
        assert_bytes(m.why, want->why);
        int n = names_answer_encode(b, sizeof b, want);
        assert_bytes((struct bytes){ b, (size_t)n }, answers[i].wire);
        assert_every_prefix_waits(answers[i].wire, decode_answer);
    }
    assert_needs_room(answers[0].wire, encode_answer);
}

static void test_decode_refuses_what_nobody_means(void **state)
{
    static const struct {
        const char *what;
        struct bytes wire;
        int (*decode)(struct bytes);
    } bad[] = {
        { "a type of question that is not known", B("\x02\x08\x04"), decode_question },
        { "a question cut off in a field", B("\x02\x12\x05"), decode_question },
        { "a question of 8193 octets", B("\x81\x40"), decode_question },
        { "a status that is not known", B("\x02\x08\x09"), decode_answer },
        { "an answer of 65537 octets", B("\x81\x80\x04"), decode_answer },
        { "an entry without a claim",
          B("\x05\x12\x03\x12\x01"
            "a"),
          decode_answer },
        { "an entry cut off in a field", B("\x04\x12\x02\x0a\x05"), decode_answer },
        { "a relay without an id",
          B("\x05\x1a\x03\x12\x01"
            "a"),
          decode_answer },
        { "a route of five",
          B("\x19\x1a\x03\x0a\x01r\x1a\x03\x0a\x01r\x1a\x03\x0a\x01r"
            "\x1a\x03\x0a\x01r\x1a\x03\x0a\x01r"),
          decode_answer },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (bad[i].decode(bad[i].wire) != GW_EPROTO)
            fail_msg("taken: %s", bad[i].what);
    }
}

static void test_decode_passes_over_what_it_does_not_know(void **state)
{
    struct names_question q;
    struct names_answer a;
    (void)state;
    assert_true(names_question_decode((struct bytes)B("\x07\x78\x01\x12\x03"
                                                      "bob"),
                                      &q) > 0);
    assert_bytes(q.network, (struct bytes)B("bob"));
    assert_true(names_answer_decode((struct bytes)B("\x07\x7a\x01x\x08\x01\x90\x01\x00"), &a) ==
                GW_EPROTO); /* cut off */
    assert_true(names_answer_decode((struct bytes)B("\x08\x7a\x01x\x08\x01\x90\x01\x00"), &a) > 0);
    assert_int_equal(a.status, NAMES_UNKNOWN);
}

static void test_answer_takes_no_more_entries_than_its_bound(void **state)
{
    struct names_answer a;
    uint8_t wire[512];
    struct wr w = wr_init((struct span){ wire, sizeof wire });
    (void)state;
    wr_bytes(&w, (struct bytes)B("\xc6\x02")); /* 65 * 5 + 1 = 326 */
    for (int i = 0; i <= NAMES_ENTRIES_MAX; i++)
        wr_bytes(&w, (struct bytes)B("\x12\x03\x0a\x01x"));
    wr_bytes(&w, (struct bytes)B("\x08"));
    wr_u8(&w, 0);
    wire[0] = 0xc7;
    assert_int_equal(names_answer_decode((struct bytes){ wire, sizeof wire - w.left }, &a),
                     sizeof wire - w.left);
    assert_int_equal(a.nentries, NAMES_ENTRIES_MAX);
}

static void test_a_long_reason_is_cut(void **state)
{
    uint8_t wire[300] = { 0x84, 0x02, 0x22, 0x81, 0x02 }; /* 260 octets: field 4 of 257 */
    struct names_answer a;
    (void)state;
    memset(wire + 5, 'w', 257);
    assert_int_equal(names_answer_decode((struct bytes){ wire, 262 }, &a), 262);
    assert_int_equal(a.why.n, NAMES_WHY_MAX);
}

static void test_encode_refuses_what_decode_would(void **state)
{
    static const struct names_answer bad[] = {
        { .status = NAMES_STATUSES },
        { .nentries = 1 },
        { .nroute = 1 },
        { .nroute = NAMES_VIA_MAX + 1 },
        { .nentries = NAMES_ENTRIES_MAX + 1 },
    };
    static const struct names_question q = { .type = NAMES_LIST + 1 };
    static uint8_t b[64];
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(names_answer_encode(b, sizeof b, &bad[i]), GW_EINVAL);
    assert_int_equal(names_question_encode(b, sizeof b, &q), GW_EINVAL);
}

static void test_every_status_has_its_text(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NAMES_STATUSES; i++)
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(names_status_text(i), names_status_text(k));
    assert_non_null(names_status_text(NAMES_STATUSES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_question_goes_both_ways),
        cmocka_unit_test(test_answer_goes_both_ways),
        cmocka_unit_test(test_decode_refuses_what_nobody_means),
        cmocka_unit_test(test_decode_passes_over_what_it_does_not_know),
        cmocka_unit_test(test_answer_takes_no_more_entries_than_its_bound),
        cmocka_unit_test(test_a_long_reason_is_cut),
        cmocka_unit_test(test_encode_refuses_what_decode_would),
        cmocka_unit_test(test_every_status_has_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
