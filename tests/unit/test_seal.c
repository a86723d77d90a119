/* test_seal.c - the encrypted stream between a raw stream that the test holds and a toy cipher:
 * what is gathered, what is reported as drained and when, what is credited, and what ends it. */
#include "transport/seal.h"

#include <stdlib.h>

#include "base/err.h"
#include "looprig.h"

#define HEAD      3
#define TAIL      2
#define PLAIN_MAX 100
#define UNIT_MAX  (HEAD + PLAIN_MAX + TAIL)
#define AHEAD     (256u << 10) /* seal.c: octets in the raw stream, delivered and not credited */

/* ---- the raw stream ---- */

static struct {
    struct stream s;
    uint8_t out[1 << 16]; /* the beginning of what was written */
    size_t nout, credited;
    unsigned nresets;
    int err;
    bool has_fin;
} raw;

static ssize_t raw_write(struct stream *s, struct bytes v)
{
    (void)s;
    assert_false(raw.has_fin); /* net/stream.h */
    size_t room = raw.nout < sizeof raw.out ? sizeof raw.out - raw.nout : 0;
    memcpy(raw.out + sizeof raw.out - room, v.p, v.n < room ? v.n : room);
    raw.nout += v.n;
    return 0;
}

static void raw_credit(struct stream *s, size_t n)
{
    (void)s;
    raw.credited += n;
}

static void raw_shutdown(struct stream *s)
{
    (void)s;
    raw.has_fin = true;
}

static void raw_reset(struct stream *s, int err)
{
    (void)s;
    raw.nresets++;
    raw.err = err;
}

static const struct stream_ops raw_ops = {
    .write = raw_write, .credit = raw_credit, .shutdown = raw_shutdown, .reset = raw_reset
};

static void say(const char *text)
{
    raw.s.ev->on_data(&raw.s, bytes_of(text));
}

static void drain(size_t n)
{
    raw.s.ev->on_drained(&raw.s, n);
}

/* ---- the cipher: a unit is a letter, two digits (octets of plaintext), the plaintext and ".."
 * ----
 */

static struct {
    int seal_err;
    unsigned nfreed;
} toy;

static ssize_t toy_open(void *cipher, struct span in, const struct cipher_sink *out,
                        struct bytes *plain)
{
    (void)cipher;
    if (in.n < HEAD)
        return 0;
    size_t n = (size_t)(in.p[1] - '0') * 10 + (size_t)(in.p[2] - '0');
    if (in.n < HEAD + n + TAIL)
        return 0;
    if (in.p[0] == 'E')
        return GW_ECLOSED;
    if (in.p[0] == 'A') { /* asks for an answer */
        int err = out->put(out->arg, bytes_of("answer"));
        if (err)
            return err;
    }
    *plain = (struct bytes){ in.p + HEAD, n };
    return in.p[0] == 'X' ? GW_EPROTO : (ssize_t)(HEAD + n + TAIL);
}

static int toy_seal(void *cipher, struct span plain, const struct cipher_sink *out)
{
    uint8_t *unit = plain.p - HEAD;
    (void)cipher;

    if (toy.seal_err)
        return toy.seal_err;
    unit[0] = 'D';
    unit[1] = (uint8_t)('0' + plain.n / 10);
    unit[2] = (uint8_t)('0' + plain.n % 10);
    memcpy(plain.p + plain.n, "..", TAIL);
    return out->put(out->arg, (struct bytes){ unit, HEAD + plain.n + TAIL });
}

static int toy_say_end(void *cipher, const struct cipher_sink *out)
{
    (void)cipher;
    return out->put(out->arg, bytes_of("E00.."));
}

static void toy_free(void *cipher)
{
    (void)cipher;
    toy.nfreed++;
}

static const struct cipher_ops toy_ops = {
    .plain_max = PLAIN_MAX,
    .unit_max = UNIT_MAX,
    .head = HEAD,
    .tail = TAIL,
    .open = toy_open,
    .seal = toy_seal,
    .say_end = toy_say_end,
    .free = toy_free,
};

/* ---- the owner ---- */

static struct looprig rig;
static struct stream *s; /* NULL once closed */
static struct {
    char got[1024];
    size_t ngot, drained;
    int neofs, nclosed, err;
    bool holds; /* credits nothing */
} owner;

static void on_data(struct stream *st, struct bytes v)
{
    memcpy(owner.got + owner.ngot, v.p, v.n);
    owner.ngot += v.n;
    if (!owner.holds)
        st->ops->credit(st, v.n);
}

static void on_drained(struct stream *st, size_t n)
{
    (void)st;
    assert_true(n > 0);
    owner.drained += n;
}

static void on_eof(struct stream *st)
{
    (void)st;
    owner.neofs++;
}

static void on_close(struct stream *st, int err)
{
    (void)st;
    assert_int_equal(toy.nfreed, 0);
    owner.nclosed++;
    owner.err = err;
    s = NULL;
}

static const struct stream_events events = {
    .on_data = on_data, .on_drained = on_drained, .on_eof = on_eof, .on_close = on_close
};

static void start(const char *early)
{
    s = seal_new(rig.turn, &raw.s, &toy_ops, NULL, bytes_of(early));
    assert_non_null(s);
    stream_own(s, &events, NULL);
}

static void write_text(const char *text)
{
    assert_int_equal(s->ops->write(s, bytes_of(text)), 0);
}

static void assert_out(const char *want)
{
    assert_int_equal(raw.nout, strlen(want));
    assert_memory_equal(raw.out, want, raw.nout);
}

static void assert_in(const char *want)
{
    assert_int_equal(owner.ngot, strlen(want));
    assert_memory_equal(owner.got, want, owner.ngot);
}

static int setup(void **state)
{
    (void)state;
    looprig_init(&rig);
    memset(&raw, 0, sizeof raw);
    memset(&toy, 0, sizeof toy);
    memset(&owner, 0, sizeof owner);
    raw.s.ops = &raw_ops;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (s)
        raw.s.ev->on_close(&raw.s, 0);
    assert_int_equal(owner.nclosed, 1);
    assert_int_equal(toy.nfreed, 1);
    looprig_fini(&rig);
    return 0;
}

/* ---- output ---- */

static void test_what_one_turn_writes_leaves_as_one_unit(void **state)
{
    (void)state;
    start("");
    write_text("ab");
    struct span room = s->ops->reserve(s, 50);
    assert_true(room.n >= 3);
    memcpy(room.p, "cde", 3);
    s->ops->commit(s, 2);
    assert_out("");
    looprig_run(&rig);
    assert_out("D04abcd..");
    looprig_run(&rig);
    assert_out("D04abcd..");
}

static void test_a_full_unit_leaves_at_once(void **state)
{
    (void)state;
    char text[PLAIN_MAX + 11];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    start("");
    write_text(text);
    assert_int_equal(raw.nout, UNIT_MAX);
    looprig_run(&rig);
    assert_int_equal(raw.nout, UNIT_MAX + HEAD + 10 + TAIL);
}

static void test_drained_is_what_the_raw_stream_holds_no_more(void **state)
{
    (void)state;
    start("");
    write_text("0123456789");
    looprig_run(&rig); /* 15 octets */
    assert_int_equal(owner.drained, 0);
    drain(5); /* the cipher's own */
    assert_int_equal(owner.drained, 0);
    drain(4);
    assert_int_equal(owner.drained, 4);
    write_text("ab"); /* 6 and 7 in the raw stream, and 8 of them ours */
    looprig_run(&rig);
    drain(12);
    assert_int_equal(owner.drained, 11);
    drain(1);
    assert_int_equal(owner.drained, 12);
    assert_int_equal(s->ops->acked(s), 12);
}

static void test_no_room_means_that_drained_follows(void **state)
{
    (void)state;
    struct span room;
    size_t left = 0;

    start("");
    while ((room = s->ops->reserve(s, 1)).n) { /* as many short units as it takes */
        room.p[0] = 'x';
        s->ops->commit(s, 1);
        looprig_run(&rig);
        drain(1); /* not more than is ours of it */
        left++;
    }
    assert_in_range(raw.nout - left, AHEAD, AHEAD + UNIT_MAX);
    size_t before = owner.drained;
    for (; left < raw.nout && owner.drained == before; left++)
        drain(1);
    assert_true(owner.drained > before);
}

static void test_shutdown_seals_says_the_end_and_ends_the_raw_stream(void **state)
{
    (void)state;
    start("");
    write_text("last");
    s->ops->shutdown(s);
    s->ops->shutdown(s);
    assert_out("D04last..E00..");
    assert_true(raw.has_fin);
    say("D02ok.."); /* the other direction goes on */
    assert_in("ok");
    drain(raw.nout);
    assert_int_equal(owner.drained, 4);
}

static void test_a_cipher_that_answers_behind_our_end_is_not_heard(void **state)
{
    (void)state;
    start("");
    say("A01x..");
    assert_out("answer");
    s->ops->shutdown(s);
    say("A01y..");
    assert_in("xy");
    assert_int_equal(raw.nresets, 0);
}

static void test_what_cannot_be_sealed_ends_the_stream_once(void **state)
{
    (void)state;
    start("");
    toy.seal_err = GW_ENOMEM;
    write_text("x");
    looprig_run(&rig);
    assert_int_equal(raw.nresets, 1);
    assert_int_equal(raw.err, GW_ENOMEM);
    write_text("y"); /* nobody has been told yet */
    assert_int_equal(s->ops->reserve(s, 1).n, 0);
    s->ops->shutdown(s);
    s->ops->reset(s, GW_ECANCELED);
    looprig_run(&rig);
    assert_int_equal(raw.nresets, 1);
    assert_int_equal(owner.nclosed, 0);
    raw.s.ev->on_close(&raw.s, raw.err);
    assert_int_equal(owner.err, GW_ENOMEM);
}

/* ---- input ---- */

static void test_units_are_opened_wherever_they_are_cut(void **state)
{
    (void)state;
    static const char text[] = "D01a..D00..D03bcd..D01e..";

    for (size_t first = 0; first < sizeof text; first++) {
        for (size_t second = first; second < sizeof text; second++) {
            char part[3][sizeof text] = { 0 };

            memcpy(part[0], text, first);
            memcpy(part[1], text + first, second - first);
            memcpy(part[2], text + second, sizeof text - 1 - (second < sizeof text ? second : 0));
            start(part[0]);
            looprig_run(&rig);
            say(part[1]);
            say(part[2]);
            assert_in("abcde");
            assert_int_equal(raw.credited, sizeof text - 1);
            teardown(NULL);
            setup(NULL);
        }
    }
    start("");
}

static void test_a_socket_reads_behind_the_part_of_a_unit(void **state)
{
    (void)state;
    start("D03a");
    looprig_run(&rig);
    struct span room = raw.s.ev->on_alloc(&raw.s);
    assert_int_equal(room.n, UNIT_MAX - 4);
    memcpy(room.p, "bc..D0", 6);
    raw.s.ev->on_data(&raw.s, (struct bytes){ room.p, 6 });
    assert_in("abc");
    assert_int_equal(raw.credited, 8);
}

static void test_octets_not_credited_hold_the_raw_stream_back(void **state)
{
    (void)state;
    start("");
    owner.holds = true;
    say("D05hello..D0");
    assert_int_equal(raw.credited, 12 - 5 - 2); /* but the plaintext and what waits */
    s->ops->credit(s, 5);
    assert_int_equal(raw.credited, 10);
    raw.s.ev->on_data(&raw.s, (struct bytes){ (const uint8_t *)"1x..", 4 });
    assert_int_equal(raw.credited, 15);
    s->ops->credit(s, 1);
    assert_int_equal(raw.credited, 16);
}

static void test_early_octets_come_in_the_next_turn(void **state)
{
    (void)state;
    start("D02hi..");
    assert_in("");
    looprig_run(&rig);
    assert_in("hi");
    assert_int_equal(raw.credited, 7);
}

static void test_the_end_that_was_said_is_an_end_and_another_is_not(void **state)
{
    (void)state;
    start("");
    say("D01x..E00..D01y..");
    assert_in("x");
    assert_int_equal(owner.neofs, 1);
    raw.s.ev->on_eof(&raw.s);
    assert_int_equal(owner.neofs, 1);
    assert_int_equal(raw.nresets, 0);
    teardown(NULL);
    setup(NULL);
    start("D01x..D");
    raw.s.ev->on_eof(&raw.s);
    assert_in("x");
    assert_int_equal(owner.neofs, 0);
    assert_int_equal(raw.err, GW_ERESET);
}

static void test_what_cannot_be_opened_ends_the_stream(void **state)
{
    (void)state;
    start("");
    say("D01x..X01y..D01z..");
    assert_in("x");
    assert_int_equal(raw.nresets, 1);
    assert_int_equal(raw.err, GW_EPROTO);
    assert_int_equal(owner.nclosed, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_one_turn_writes_leaves_as_one_unit),
        TEST(test_a_full_unit_leaves_at_once),
        TEST(test_drained_is_what_the_raw_stream_holds_no_more),
        TEST(test_no_room_means_that_drained_follows),
        TEST(test_shutdown_seals_says_the_end_and_ends_the_raw_stream),
        TEST(test_a_cipher_that_answers_behind_our_end_is_not_heard),
        TEST(test_what_cannot_be_sealed_ends_the_stream_once),
        TEST(test_units_are_opened_wherever_they_are_cut),
        TEST(test_a_socket_reads_behind_the_part_of_a_unit),
        TEST(test_octets_not_credited_hold_the_raw_stream_back),
        TEST(test_early_octets_come_in_the_next_turn),
        TEST(test_the_end_that_was_said_is_an_end_and_another_is_not),
        TEST(test_what_cannot_be_opened_ends_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
