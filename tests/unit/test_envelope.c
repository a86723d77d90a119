/* test_envelope.c - id/envelope.h with envelopes that js-libp2p sealed
 * (tests/vectors/envelope.txt). */
#include "id/envelope.h"

#include "keyfile.h"
#include "wire/voucher_msg.h"

#define OCTETS_MAX 2048

struct vector {
    const struct envelope_kind *kind;
    struct peerid signer;
    struct bytes payload, envelope;
    uint8_t octets[2][OCTETS_MAX];
};

static struct vector vectors[4];
static struct key *host; /* the ed25519 key of key.txt */

static struct peerid id_of(const char *type)
{
    uint8_t priv[KEYFILE_MAX], pub[KEYFILE_MAX];
    size_t npriv, npub;
    struct peerid id;

    keyfile_vector(type, priv, &npriv, pub, &npub);
    peerid_from_pubkey((struct bytes){ pub, npub }, &id);
    return id;
}

static struct bytes take_hex(char **line, uint8_t out[OCTETS_MAX])
{
    return (struct bytes){ out, hex_read(fileio_next_word(line), out, OCTETS_MAX) };
}

static void read_vectors(void)
{
    char *text = vectors_read("envelope.txt"), *next = text, *line;
    size_t n = 0;
    while ((line = vectors_next(&next))) {
        if (*line == '#')
            continue;
        assert_true(n < COUNT(vectors));
        struct vector *v = &vectors[n++];
        bool is_voucher = !strcmp(fileio_next_word(&line), "voucher");
        v->kind = is_voucher ? &envelope_voucher : &envelope_peer_record;
        v->signer = id_of(fileio_next_word(&line));
        v->payload = take_hex(&line, v->octets[0]);
        v->envelope = take_hex(&line, v->octets[1]);
    }
    assert_int_equal(n, COUNT(vectors));
    free(text);
}

static int setup(void **state)
{
    (void)state;
    host = keyfile_ed25519();
    read_vectors();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    key_free(host);
    return 0;
}

static int open_as(struct bytes in, const struct envelope_kind *kind)
{
    struct bytes payload;
    struct peerid signer;
    return envelope_open(in, kind, &payload, &signer);
}

static void test_open_takes_what_js_sealed_and_names_the_signer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct bytes payload;
        struct peerid signer;
        assert_int_equal(envelope_open(vectors[i].envelope, vectors[i].kind, &payload, &signer), 0);
        assert_bytes(payload, vectors[i].payload);
        assert_true(peerid_eq(&signer, &vectors[i].signer));
    }
}

/* Ed25519 signatures leave no choice. */
static void test_seal_puts_the_octets_of_js(void **state)
{
    (void)state;
    size_t seen = 0;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t b[512];
        if (!peerid_eq(&vectors[i].signer, key_peerid(host)))
            continue;
        int n = envelope_seal(host, vectors[i].kind, vectors[i].payload, b, sizeof b);
        assert_bytes((struct bytes){ b, (size_t)n }, vectors[i].envelope);
        seen++;
    }
    assert_int_equal(seen, 2); /* a voucher and a peer record */
}

static void test_vouchers_of_js_are_canonical(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct voucher_msg m;
        struct peerid relay;
        uint8_t b[VOUCHER_MSG_MAX];
        if (vectors[i].kind != &envelope_voucher)
            continue;
        assert_int_equal(voucher_msg_decode(vectors[i].payload, &m), 0);
        assert_int_equal(peerid_from_bytes(m.relay, &relay), 0);
        assert_true(peerid_eq(&relay, &vectors[i].signer));
        assert_true(m.expires_s == 1796000000);
        int n = voucher_msg_encode(b, sizeof b, &m);
        assert_bytes((struct bytes){ b, (size_t)n }, vectors[i].payload);
    }
}

static void test_open_refuses_a_change_of_any_octet(void **state)
{
    (void)state;
    for (size_t i = 0; i < vectors[0].envelope.n; i++) {
        uint8_t b[OCTETS_MAX];
        memcpy(b, vectors[0].envelope.p, vectors[0].envelope.n);
        b[i] ^= 0x01;
        assert_true(open_as((struct bytes){ b, vectors[0].envelope.n }, &envelope_voucher) < 0);
    }
}

static void test_open_refuses_every_part_of_an_envelope(void **state)
{
    (void)state;
    for (size_t n = 0; n < vectors[0].envelope.n; n++)
        assert_int_equal(open_as((struct bytes){ vectors[0].envelope.p, n }, &envelope_voucher),
                         GW_EPROTO);
}

static void test_open_wants_the_domain_and_the_payload_type(void **state)
{
    (void)state;
    static const struct envelope_kind other_domain = { "libp2p-relay-rsvq", "\x03\x02" };
    static const struct envelope_kind other_type = { "libp2p-relay-rsvp", "\x03\x01" };
    assert_int_equal(open_as(vectors[0].envelope, &other_domain), GW_EDENIED);
    assert_int_equal(open_as(vectors[0].envelope, &other_type), GW_EPROTO);
    assert_int_equal(open_as(vectors[0].envelope, &envelope_peer_record), GW_EPROTO);
}

static void test_open_refuses_a_second_encoding_of_the_key(void **state)
{
    (void)state;
    struct envelope_msg m;
    uint8_t key[KEY_PUB_PB_LEN + 2], b[512];
    assert_int_equal(envelope_msg_decode(vectors[0].envelope, &m), 0);
    memcpy(key, m.public_key.p, KEY_PUB_PB_LEN);
    memcpy(key + KEY_PUB_PB_LEN, "\x18\x01", 2); /* an unknown field */
    m.public_key = (struct bytes){ key, sizeof key };
    int n = envelope_msg_encode(b, sizeof b, &m);
    assert_int_equal(open_as((struct bytes){ b, (size_t)n }, &envelope_voucher), GW_EPROTO);
}

static int seal_voucher(uint8_t *dst, size_t cap)
{
    return envelope_seal(host, &envelope_voucher, vectors[0].payload, dst, cap);
}

static void test_seal_keeps_its_room_and_its_limit(void **state)
{
    (void)state;
    static uint8_t payload[2 * ENVELOPE_MSG_MAX], wire[2 * ENVELOPE_MSG_MAX];
    /* key 2 + 36, type 4, payload 1 + 2, signature 2 + 64 */
    struct bytes v = { payload, ENVELOPE_MSG_MAX - 111 };
    assert_needs_room(vectors[0].envelope, seal_voucher);
    assert_int_equal(envelope_seal(host, &envelope_voucher, v, wire, sizeof wire),
                     ENVELOPE_MSG_MAX);
    assert_int_equal(open_as((struct bytes){ wire, ENVELOPE_MSG_MAX }, &envelope_voucher), 0);
    v.n++;
    assert_int_equal(envelope_seal(host, &envelope_voucher, v, wire, sizeof wire), GW_EINVAL);
    v.n = sizeof payload;
    assert_int_equal(envelope_seal(host, &envelope_voucher, v, wire, sizeof wire), GW_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_takes_what_js_sealed_and_names_the_signer),
        cmocka_unit_test(test_seal_puts_the_octets_of_js),
        cmocka_unit_test(test_vouchers_of_js_are_canonical),
        cmocka_unit_test(test_open_refuses_a_change_of_any_octet),
        cmocka_unit_test(test_open_refuses_every_part_of_an_envelope),
        cmocka_unit_test(test_open_wants_the_domain_and_the_payload_type),
        cmocka_unit_test(test_open_refuses_a_second_encoding_of_the_key),
        cmocka_unit_test(test_seal_keeps_its_room_and_its_limit),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
