/* test_noise_xx.c - Noise_XX against the vectors of three other programs
 * (tests/vectors/noise_xx.txt names them), and what it refuses. */
#include "transport/noise_xx.h"

#include <sodium.h>

#include "hex.h"

#define MESSAGES_MAX 8
#define TEXT_MAX     256

struct octets {
    uint8_t p[TEXT_MAX];
    size_t n;
};

struct vector {
    char source[32];
    struct octets prologue;
    uint8_t s[2][NOISE_KEY_LEN], e[2][NOISE_KEY_LEN]; /* the initiator's first */
    struct octets payload[MESSAGES_MAX], wire[MESSAGES_MAX];
    size_t nmessages;
};

static struct vector vectors[3];

static void read_octets(char **line, struct octets *out)
{
    out->n = hex_read(fileio_next_word(line), out->p, sizeof out->p);
}

static int read_vectors(void **state)
{
    char *text = vectors_read("noise_xx.txt"), *next = text, *line;
    struct vector *v = NULL;
    size_t n = 0;
    (void)state;

    while ((line = vectors_next(&next)) != NULL) {
        const char *what = fileio_next_word(&line);
        assert_true(v || strcmp(what, "xx") == 0);
        if (strcmp(what, "xx") == 0) {
            assert_true(n < COUNT(vectors));
            v = &vectors[n++];
            snprintf(v->source, sizeof v->source, "%s", fileio_next_word(&line));
            read_octets(&line, &v->prologue);
        } else if (strcmp(what, "msg") == 0) {
            assert_true(v->nmessages < MESSAGES_MAX);
            read_octets(&line, &v->payload[v->nmessages]);
            read_octets(&line, &v->wire[v->nmessages++]);
        } else {
            bool is_resp = strcmp(what, "resp") == 0;
            hex_read(fileio_next_word(&line), v->s[is_resp], NOISE_KEY_LEN);
            hex_read(fileio_next_word(&line), v->e[is_resp], NOISE_KEY_LEN);
        }
    }
    free(text);
    return n == COUNT(vectors) ? 0 : -1;
}

static struct bytes view(const struct octets *o)
{
    return (struct bytes){ o->p, o->n };
}

static void start(const struct vector *v, struct noise_xx x[2])
{
    for (int i = 0; i < 2; i++)
        noise_xx_init(&x[i], i == 0, view(&v->prologue), v->s[i], v->e[i]);
}

/* Both ends through the first n messages. */
static void run(const struct vector *v, struct noise_xx x[2], size_t n)
{
    start(v, x);
    for (size_t i = 0; i < n; i++) {
        struct noise_xx *from = &x[i % 2], *to = &x[(i + 1) % 2];
        uint8_t msg[2 * TEXT_MAX];
        struct bytes payload;

        assert_true(noise_xx_is_writing(from) && !noise_xx_is_writing(to));
        ssize_t len = noise_xx_write(from, view(&v->payload[i]), msg, sizeof msg);
        assert_true(len > 0);
        assert_bytes((struct bytes){ msg, (size_t)len }, view(&v->wire[i]));
        assert_int_equal(noise_xx_read(to, (struct span){ msg, (size_t)len }, &payload), 0);
        assert_bytes(payload, view(&v->payload[i]));
    }
}

static void test_handshake_and_transport_match_the_vectors(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(vectors); k++) {
        const struct vector *v = &vectors[k];
        struct noise_cipher tx[2], rx[2];
        struct noise_xx x[2];

        run(v, x, 3);
        for (int i = 0; i < 2; i++) {
            assert_true(noise_xx_is_done(&x[i]) && !noise_xx_is_writing(&x[i]));
            noise_xx_split(&x[i], &tx[i], &rx[i]);
        }
        for (size_t i = 3; i < v->nmessages; i++) {
            size_t n = v->payload[i].n;
            uint8_t msg[2 * TEXT_MAX];
            struct bytes plain;

            assert_int_equal(noise_seal(&tx[i % 2], view(&v->payload[i]), msg), 0);
            assert_bytes((struct bytes){ msg, n + NOISE_TAG_LEN }, view(&v->wire[i]));
            assert_int_equal(
                noise_open(&rx[(i + 1) % 2], (struct span){ msg, n + NOISE_TAG_LEN }, &plain), 0);
            assert_bytes(plain, view(&v->payload[i]));
        }
    }
}

/* Reads the first n octets of message i, one of them changed, in a block of their own size. */
static int read_changed(const struct vector *v, size_t i, size_t n, size_t flip)
{
    struct noise_xx x[2];
    struct bytes payload;
    uint8_t *p = malloc(n ? n : 1);

    assert_non_null(p);
    run(v, x, i);
    memcpy(p, v->wire[i].p, n);
    if (flip < n)
        p[flip] ^= 0x40;
    int err = noise_xx_read(&x[(i + 1) % 2], (struct span){ p, n }, &payload);
    free(p);
    return err;
}

static void test_read_refuses_a_forged_octet_anywhere(void **state)
{
    (void)state;
    const struct vector *v = &vectors[0];
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(read_changed(v, i, v->wire[i].n, SIZE_MAX), 0);
        for (size_t at = 0; at < v->wire[i].n; at++)
            assert_int_equal(read_changed(v, i, v->wire[i].n, at), GW_EPROTO);
    }
}

/* The first message is not authenticated; what was changed in it shows in the second. */
static void test_read_refuses_an_answer_to_another_first_message(void **state)
{
    (void)state;
    const struct vector *v = &vectors[0];
    struct noise_xx x[2];
    struct bytes payload;
    uint8_t msg[TEXT_MAX];

    start(v, x);
    assert_true(noise_xx_write(&x[0], view(&v->payload[0]), msg, sizeof msg) > 0);
    msg[v->wire[0].n - 1] ^= 1; /* of the payload */
    assert_int_equal(noise_xx_read(&x[1], (struct span){ msg, v->wire[0].n }, &payload), 0);
    ssize_t n = noise_xx_write(&x[1], view(&v->payload[1]), msg, sizeof msg);
    assert_true(n > 0);
    assert_int_equal(noise_xx_read(&x[0], (struct span){ msg, (size_t)n }, &payload), GW_EPROTO);
}

static void test_read_refuses_every_shorter_message(void **state)
{
    (void)state;
    const struct vector *v = &vectors[0];
    for (size_t n = 0; n < NOISE_KEY_LEN; n++)
        assert_int_equal(read_changed(v, 0, n, SIZE_MAX), GW_EPROTO);
    assert_int_equal(read_changed(v, 0, NOISE_KEY_LEN, SIZE_MAX), 0); /* no payload */
    for (size_t i = 1; i < 3; i++)
        for (size_t n = 0; n < v->wire[i].n; n++)
            assert_int_equal(read_changed(v, i, n, SIZE_MAX), GW_EPROTO);
}

static void test_read_refuses_another_prologue(void **state)
{
    (void)state;
    const struct vector *v = &vectors[0];
    struct noise_xx init, resp;
    struct bytes payload;
    uint8_t msg[TEXT_MAX];

    noise_xx_init(&init, true, (struct bytes){ 0 }, v->s[0], v->e[0]);
    noise_xx_init(&resp, false, view(&v->prologue), v->s[1], v->e[1]);
    ssize_t n = noise_xx_write(&init, (struct bytes){ 0 }, msg, sizeof msg);
    assert_int_equal(n, NOISE_KEY_LEN);
    assert_int_equal(noise_xx_read(&resp, (struct span){ msg, (size_t)n }, &payload), 0);
    n = noise_xx_write(&resp, (struct bytes){ 0 }, msg, sizeof msg);
    assert_int_equal(noise_xx_read(&init, (struct span){ msg, (size_t)n }, &payload), GW_EPROTO);
}

/* Points of small order, of curve and twist, which force an all-zero secret (RFC 7748 s.6.1 has the
 * check; the list is that of cr.yp.to/ecdh.html#validate). */
static const char *const small_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void test_keys_of_small_order_are_refused(void **state)
{
    (void)state;
    const struct vector *v = &vectors[0];
    for (size_t i = 0; i < COUNT(small_order); i++) {
        struct noise_xx x[2];
        struct bytes payload;
        uint8_t msg[TEXT_MAX];

        start(v, x);
        hex_read(small_order[i], msg, NOISE_KEY_LEN);
        assert_int_equal(noise_xx_read(&x[1], (struct span){ msg, NOISE_KEY_LEN }, &payload), 0);
        assert_int_equal(noise_xx_write(&x[1], (struct bytes){ 0 }, msg, sizeof msg), GW_EPROTO);

        run(v, x, 1);
        memcpy(msg, v->wire[1].p, v->wire[1].n);
        hex_read(small_order[i], msg, NOISE_KEY_LEN);
        assert_int_equal(noise_xx_read(&x[0], (struct span){ msg, v->wire[1].n }, &payload),
                         GW_EPROTO);
    }
}

static void test_write_without_room_is_nomem(void **state)
{
    (void)state;
    const struct vector *v = &vectors[0];
    for (size_t i = 0; i < 3; i++) {
        for (size_t cap = 0; cap < v->wire[i].n; cap++) {
            struct noise_xx x[2];
            uint8_t *p = malloc(cap + 1);

            assert_non_null(p);
            run(v, x, i);
            assert_int_equal(noise_xx_write(&x[i % 2], view(&v->payload[i]), p, cap), GW_ENOMEM);
            free(p);
        }
    }
}

static void split(struct noise_cipher *tx, struct noise_cipher *rx)
{
    struct noise_cipher unused[2];
    struct noise_xx x[2];

    run(&vectors[0], x, 3);
    noise_xx_split(&x[0], tx, &unused[0]);
    noise_xx_split(&x[1], &unused[1], rx);
}

static void test_open_refuses_forged_cut_and_repeated_messages(void **state)
{
    (void)state;
    struct noise_cipher tx, rx;
    struct bytes text = B("attack at dawn"), plain;
    uint8_t msg[64], copy[64];
    size_t n = text.n + NOISE_TAG_LEN;

    split(&tx, &rx);
    assert_int_equal(noise_seal(&tx, text, msg), 0);
    for (size_t i = 0; i < n; i++) {
        memcpy(copy, msg, n);
        copy[i] ^= 1;
        assert_int_equal(noise_open(&rx, (struct span){ copy, n }, &plain), GW_EPROTO);
        memcpy(copy, msg, n);
        assert_int_equal(noise_open(&rx, (struct span){ copy, i }, &plain), GW_EPROTO);
    }
    memcpy(copy, msg, n);
    assert_int_equal(noise_open(&rx, (struct span){ copy, n }, &plain), 0);
    assert_bytes(plain, text);
    assert_int_equal(noise_open(&rx, (struct span){ msg, n }, &plain), GW_EPROTO);
}

static void test_seal_ends_before_a_nonce_repeats(void **state)
{
    (void)state;
    struct noise_cipher tx, rx;
    struct bytes plain;
    uint8_t msg[NOISE_TAG_LEN];

    split(&tx, &rx);
    tx.n = rx.n = UINT64_MAX - 1;
    assert_int_equal(noise_seal(&tx, (struct bytes){ 0 }, msg), 0);
    assert_int_equal(noise_open(&rx, (struct span){ msg, sizeof msg }, &plain), 0);
    assert_int_equal(noise_seal(&tx, (struct bytes){ 0 }, msg), GW_ECLOSED);
    assert_int_equal(noise_open(&rx, (struct span){ msg, sizeof msg }, &plain), GW_EPROTO);
}

static void test_split_leaves_no_secret(void **state)
{
    (void)state;
    static const struct noise_xx zero;
    struct noise_cipher tx, rx;
    struct noise_xx x[2];

    run(&vectors[0], x, 3);
    noise_xx_split(&x[0], &tx, &rx);
    assert_memory_equal(&x[0], &zero, sizeof zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handshake_and_transport_match_the_vectors),
        cmocka_unit_test(test_read_refuses_a_forged_octet_anywhere),
        cmocka_unit_test(test_read_refuses_an_answer_to_another_first_message),
        cmocka_unit_test(test_read_refuses_every_shorter_message),
        cmocka_unit_test(test_read_refuses_another_prologue),
        cmocka_unit_test(test_keys_of_small_order_are_refused),
        cmocka_unit_test(test_write_without_room_is_nomem),
        cmocka_unit_test(test_open_refuses_forged_cut_and_repeated_messages),
        cmocka_unit_test(test_seal_ends_before_a_nonce_repeats),
        cmocka_unit_test(test_split_leaves_no_secret),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, read_vectors, NULL);
}
