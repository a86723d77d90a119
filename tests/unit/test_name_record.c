/* test_name_record.c - id/name_record.h with records that another implementation signed
 * (tests/vectors/name_record.txt), and with what a liar may send. */
#include "id/name_record.h"

#include "keyfile.h"

#define NOW_S      1796000000u
#define EXPIRES_S  (NOW_S + NAME_RECORD_LIFE_S)
#define SEQUENCE   1796000000000u
#define OCTETS_MAX 512

static struct key *owner, *other;

struct vector {
    const char *name;
    struct bytes peer, key, sealed;
    uint8_t octets[3][OCTETS_MAX];
};

static struct vector vectors[] = { { .name = "laptop" }, { .name = "" } };

static struct bytes take_hex(char **line, uint8_t out[OCTETS_MAX])
{
    const char *word = fileio_next_word(line);
    return (struct bytes){ out, *word == '-' ? 0 : hex_read(word, out, OCTETS_MAX) };
}

static int setup(void **state)
{
    char *text = vectors_read("name_record.txt"), *next = text, *line;
    size_t n = 0;
    (void)state;

    owner = keyfile_ed25519();
    assert_int_equal(key_generate(&other), 0);
    while ((line = vectors_next(&next))) {
        assert_true(n < COUNT(vectors));
        struct vector *v = &vectors[n++];
        const char *name = fileio_next_word(&line);
        assert_string_equal(*name == '-' ? "" : name, v->name);
        v->peer = take_hex(&line, v->octets[0]);
        v->key = take_hex(&line, v->octets[1]);
        v->sealed = take_hex(&line, v->octets[2]);
    }
    assert_int_equal(n, COUNT(vectors));
    free(text);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    key_free(owner);
    key_free(other);
    return 0;
}

static struct multiaddr maddr(const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse(bytes_of(text), &a), 0);
    return a;
}

/* What a vector says, but for its owner. */
static struct name_record record_of(const struct vector *v)
{
    struct name_record r = { .sequence = SEQUENCE,
                             .expires_s = EXPIRES_S,
                             .addrs = { maddr("/ip4/192.0.2.1/udp/4001/quic-v1") },
                             .naddrs = 1 };
    strcpy(r.name, v->name);
    r.peer = *key_peerid(owner);
    if (v->peer.n)
        assert_int_equal(peerid_from_bytes(v->peer, &r.peer), 0);
    return r;
}

static struct name_record laptop(void)
{
    return record_of(&vectors[0]);
}

struct sealed {
    uint8_t b[NAME_RECORD_MAX];
    struct bytes v;
};

static void seal(struct sealed *s, const struct key *k, const struct name_record *r)
{
    int n = name_record_seal(k, r, s->b, sizeof s->b);
    assert_true(n > 0);
    s->v = (struct bytes){ s->b, (size_t)n };
}

/* A record whose octets are put together by hand. */
static void seal_text(struct sealed *s, struct bytes text)
{
    int n = envelope_seal(owner, &envelope_name_record, text, s->b, sizeof s->b);
    assert_true(n > 0);
    s->v = (struct bytes){ s->b, (size_t)n };
}

static void full_key(const struct vector *v, uint8_t out[NAME_RECORD_KEY])
{
    assert_int_equal(v->key.n, NAME_RECORD_KEY - 4);
    memcpy(out, "/gw/", 4);
    memcpy(out + 4, v->key.p, v->key.n);
}

static int check(struct bytes key, struct bytes value)
{
    struct name_record r;
    return name_record_check(key, value, NOW_S, &r);
}

static void test_open_takes_what_another_implementation_signed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct name_record got, want = record_of(&vectors[i]);
        assert_int_equal(name_record_open(vectors[i].sealed, NOW_S, &got), 0);
        assert_string_equal(got.name, want.name);
        assert_true(peerid_eq(&got.owner, key_peerid(owner)));
        assert_true(peerid_eq(&got.peer, &want.peer));
        assert_true(got.sequence == want.sequence && got.expires_s == want.expires_s);
        assert_int_equal(got.naddrs, 1);
        assert_true(multiaddr_eq(&got.addrs[0], &want.addrs[0]));
    }
}

/* Ed25519 signatures leave no choice. */
static void test_seal_puts_the_octets_of_another_implementation(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct name_record r = record_of(&vectors[i]);
        struct sealed s;
        seal(&s, owner, &r);
        assert_bytes(s.v, vectors[i].sealed);
    }
}

static void test_key_is_the_hash_of_owner_and_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t got[NAME_RECORD_KEY], want[NAME_RECORD_KEY];
        full_key(&vectors[i], want);
        name_record_key(key_peerid(owner), bytes_of(vectors[i].name), got);
        assert_memory_equal(got, want, sizeof got);
    }
}

static void test_check_takes_a_record_under_its_own_key_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t key[NAME_RECORD_KEY];
        full_key(&vectors[i], key);
        assert_int_equal(check((struct bytes){ key, sizeof key }, vectors[i].sealed), 0);
        assert_int_equal(check((struct bytes){ key, sizeof key }, vectors[!i].sealed), GW_EINVAL);
        assert_int_equal(check((struct bytes){ key, sizeof key - 1 }, vectors[i].sealed),
                         GW_EINVAL);
        key[0] ^= 1;
        assert_int_equal(check((struct bytes){ key, sizeof key }, vectors[i].sealed), GW_EINVAL);
    }
}

static void test_check_refuses_the_same_name_of_another_owner(void **state)
{
    (void)state;
    uint8_t key[NAME_RECORD_KEY];
    struct name_record r = laptop();
    struct sealed s;
    seal(&s, other, &r);
    full_key(&vectors[0], key);
    assert_int_equal(check((struct bytes){ key, sizeof key }, s.v), GW_EINVAL);
}

static void test_open_refuses_a_change_of_any_octet(void **state)
{
    (void)state;
    for (size_t i = 0; i < vectors[0].sealed.n; i++) {
        struct name_record r;
        uint8_t b[OCTETS_MAX];
        memcpy(b, vectors[0].sealed.p, vectors[0].sealed.n);
        b[i] ^= 0x01;
        assert_true(name_record_open((struct bytes){ b, vectors[0].sealed.n }, NOW_S, &r) < 0);
    }
}

static void test_open_refuses_a_wrong_signature(void **state)
{
    (void)state;
    struct name_record r = laptop();
    struct sealed s;
    seal(&s, owner, &r);
    s.b[s.v.n - 1] ^= 0x80;
    assert_int_equal(name_record_open(s.v, NOW_S, &r), GW_EDENIED);
}

static void test_open_refuses_envelopes_for_other_purposes(void **state)
{
    (void)state;
    static const struct envelope_kind other_domain = { "gw-other", "/gw/name-record" };
    static const struct envelope_kind *const kinds[] = { &envelope_peer_record, &other_domain };
    static const int want[] = { GW_EPROTO, GW_EDENIED };
    struct name_record r;
    uint8_t b[OCTETS_MAX];
    for (size_t i = 0; i < COUNT(kinds); i++) {
        int n = envelope_seal(owner, kinds[i], (struct bytes)B("\x0a\x01x"), b, sizeof b);
        assert_true(n > 0);
        assert_int_equal(name_record_open((struct bytes){ b, (size_t)n }, NOW_S, &r), want[i]);
    }
}

static void test_open_wants_an_expiry_between_now_and_a_month(void **state)
{
    (void)state;
    static const struct {
        uint64_t expires_s;
        int err;
    } cases[] = {
        { 0, GW_ETIMEOUT },
        { NOW_S, GW_ETIMEOUT },
        { NOW_S + 1, 0 },
        { NOW_S + NAME_RECORD_AHEAD_S, 0 },
        { NOW_S + NAME_RECORD_AHEAD_S + 1, GW_ETIMEOUT },
        { UINT64_MAX, GW_ETIMEOUT },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct name_record r = laptop();
        struct sealed s;
        r.expires_s = cases[i].expires_s;
        seal(&s, owner, &r);
        assert_int_equal(name_record_open(s.v, NOW_S, &r), cases[i].err);
    }
}

static void test_open_passes_over_addresses_that_it_cannot_read(void **state)
{
    (void)state;
    /* expires 1796172800; addrs: garbage, nothing, code 0x7f (unknown), /ip4/192.0.2.1/udp/4001 */
    static const struct bytes text = B(
        "\x20\x80\xd8\xbd\xd8\x06\x2a\x02\xff\xff\x2a\x00\x2a\x02\x7f\x01"
        "\x2a\x09\x04\xc0\x00\x02\x01\x91\x02\x0f\xa1");
    struct multiaddr want = maddr("/ip4/192.0.2.1/udp/4001");
    struct name_record r;
    struct sealed s;
    seal_text(&s, text);
    assert_int_equal(name_record_open(s.v, NOW_S, &r), 0);
    assert_int_equal(r.naddrs, 1);
    assert_true(multiaddr_eq(&r.addrs[0], &want));
}

static void test_open_refuses_what_is_no_record(void **state)
{
    (void)state;
    static const struct bytes texts[] = {
        B("\x20"),                                   /* ends inside a field */
        B("\x0a\x06Laptop\x20\x80\xd8\xbd\xd8\x06"), /* a capital letter */
        B("\x12\x04peer\x20\x80\xd8\xbd\xd8\x06"),   /* no peer id */
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct name_record r;
        struct sealed s;
        seal_text(&s, texts[i]);
        assert_int_equal(name_record_open(s.v, NOW_S, &r), GW_EPROTO);
    }
}

static void test_open_refuses_what_is_too_long(void **state)
{
    (void)state;
    struct bytes v = vectors[0].sealed;
    uint8_t b[NAME_RECORD_MAX + 1], padding[NAME_RECORD_MAX] = { 0 };
    struct name_record r;
    for (int over = 0; over < 2; over++) {
        struct wr w = wr_init((struct span){ b, (size_t)(NAME_RECORD_MAX + over) });
        wr_bytes(&w, v);
        pb_put_bytes(&w, 9, (struct bytes){ padding, w.left - 3 }); /* an unknown field */
        assert_true(!w.full && w.left == 0);
        assert_int_equal(name_record_open((struct bytes){ b, (size_t)(w.p - b) }, NOW_S, &r),
                         over ? GW_EPROTO : 0);
    }
}

static void test_seal_has_room_for_the_largest(void **state)
{
    (void)state;
    struct name_record again, r = laptop();
    struct sealed s;
    memset(r.name, 'a', NAME_MSG_NAME_MAX);
    r.sequence = UINT64_MAX;
    for (r.naddrs = 0; r.naddrs < NAME_MSG_ADDRS_MAX; r.naddrs++) {
        struct multiaddr *a = &r.addrs[r.naddrs];
        memset(a->b, 'x', sizeof a->b);
        a->n = MULTIADDR_MAX;
        memcpy(a->b, "\x90\x03\xfc\x01/", 5); /* /unix, 252 octets */
    }
    seal(&s, owner, &r);
    assert_int_equal(name_record_open(s.v, NOW_S, &again), 0);
    assert_int_equal(again.naddrs, NAME_MSG_ADDRS_MAX);
    assert_true(multiaddr_eq(&again.addrs[7], &r.addrs[7]));
    assert_string_equal(again.name, r.name);
}

static void test_seal_refuses_what_open_would(void **state)
{
    (void)state;
    uint8_t b[NAME_RECORD_MAX];
    struct name_record r = laptop();
    assert_int_equal(name_record_seal(owner, &r, b, 100), GW_ENOMEM);
    r.name[0] = 'L';
    assert_int_equal(name_record_seal(owner, &r, b, sizeof b), GW_EINVAL);
    r = laptop();
    r.naddrs = NAME_MSG_ADDRS_MAX + 1;
    assert_int_equal(name_record_seal(owner, &r, b, sizeof b), GW_EINVAL);
}

static void test_cmp_prefers_the_greater_sequence_then_the_later_expiry(void **state)
{
    (void)state;
    struct name_record r = laptop();
    struct sealed old, later, newer, renamed;
    r.expires_s |= 0x7f; /* so that the later one is less as octets */
    seal(&old, owner, &r);
    r.expires_s++;
    seal(&later, owner, &r);
    r.expires_s -= 10;
    r.sequence++;
    seal(&newer, owner, &r);
    r.naddrs = 0;
    seal(&renamed, owner, &r);
    assert_true(name_record_cmp(newer.v, later.v) > 0);
    assert_true(name_record_cmp(later.v, newer.v) < 0);
    assert_true(name_record_cmp(later.v, old.v) > 0);
    assert_int_equal(name_record_cmp(old.v, old.v), 0);
    /* both ends of a network agree on one of two that are as new */
    int one = name_record_cmp(newer.v, renamed.v), two = name_record_cmp(renamed.v, newer.v);
    assert_true((one > 0 && two < 0) || (one < 0 && two > 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_takes_what_another_implementation_signed),
        cmocka_unit_test(test_seal_puts_the_octets_of_another_implementation),
        cmocka_unit_test(test_key_is_the_hash_of_owner_and_name),
        cmocka_unit_test(test_check_takes_a_record_under_its_own_key_only),
        cmocka_unit_test(test_check_refuses_the_same_name_of_another_owner),
        cmocka_unit_test(test_open_refuses_a_change_of_any_octet),
        cmocka_unit_test(test_open_refuses_a_wrong_signature),
        cmocka_unit_test(test_open_refuses_envelopes_for_other_purposes),
        cmocka_unit_test(test_open_wants_an_expiry_between_now_and_a_month),
        cmocka_unit_test(test_open_passes_over_addresses_that_it_cannot_read),
        cmocka_unit_test(test_open_refuses_what_is_no_record),
        cmocka_unit_test(test_open_refuses_what_is_too_long),
        cmocka_unit_test(test_seal_has_room_for_the_largest),
        cmocka_unit_test(test_seal_refuses_what_open_would),
        cmocka_unit_test(test_cmp_prefers_the_greater_sequence_then_the_later_expiry),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
