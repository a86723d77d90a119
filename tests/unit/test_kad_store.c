/* test_kad_store.c - what a DHT server keeps for others, by a clock turned by hand. */
#include "p2p/kad_store.h"

#include <stdio.h>

#include "failing_alloc.h"
#include "id/name_record.h"
#include "id/pubkey.h"
#include "keyfile.h"

#define NOW_S 1796000000u

static struct kad_store *store;
static struct peerid self;
static struct key *owner;

/* The n-th peer, and its PublicKey message: an Ed25519 key that nobody has the secret of. */
static struct bytes public_of(uint32_t i, uint8_t out[KEY_PUB_PB_LEN])
{
    memset(out, 0, KEY_PUB_PB_LEN);
    memcpy(out, "\x08\x01\x12\x20", 4);
    memcpy(out + 4, &i, sizeof i);
    return (struct bytes){ out, KEY_PUB_PB_LEN };
}

static struct peerid peer(uint32_t i)
{
    uint8_t pub[KEY_PUB_PB_LEN];
    struct peerid id;
    peerid_from_pubkey(public_of(i, pub), &id);
    return id;
}

static int setup(void **state)
{
    (void)state;
    self = peer(0);
    store = kad_store_new(&self);
    return store ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    alloc_left = UINT_MAX;
    kad_store_free(store);
    return 0;
}

static int setup_all(void **state)
{
    (void)state;
    owner = keyfile_ed25519();
    return 0;
}

static int teardown_all(void **state)
{
    (void)state;
    key_free(owner);
    return 0;
}

/* --- values */

struct entry { /* a key and a value that may stand under it */
    uint8_t keys[64], values[NAME_RECORD_MAX];
    struct bytes key, value;
};

static void name_entry(struct entry *e, const char *name, uint64_t sequence, uint64_t expires_s)
{
    struct name_record r = { .sequence = sequence, .expires_s = expires_s };
    snprintf(r.name, sizeof r.name, "%s", name);
    int n = name_record_seal(owner, &r, e->values, sizeof e->values);
    assert_true(n > 0);
    name_record_key(key_peerid(owner), bytes_of(name), e->keys);
    e->key = (struct bytes){ e->keys, NAME_RECORD_KEY };
    e->value = (struct bytes){ e->values, (size_t)n };
}

static void pk_entry(struct entry *e, struct bytes pub)
{
    struct peerid id;
    peerid_from_pubkey(pub, &id);
    memcpy(e->keys, "/pk/", 4);
    memcpy(e->keys + 4, id.mh, id.n);
    memcpy(e->values, pub.p, pub.n);
    e->key = (struct bytes){ e->keys, id.n + 4u };
    e->value = (struct bytes){ e->values, pub.n };
}

static void nth_entry(struct entry *e, uint32_t i)
{
    uint8_t pub[KEY_PUB_PB_LEN];
    pk_entry(e, public_of(i, pub));
}

static int put(const struct entry *e, uint64_t now_s)
{
    return kad_store_put(store, e->key, e->value, now_s);
}

static bool has(const struct entry *e, uint64_t now_s)
{
    struct bytes value;
    uint64_t received_s;
    if (!kad_store_get(store, e->key, now_s, &value, &received_s))
        return false;
    assert_bytes(value, e->value);
    return true;
}

static void test_name_record_is_kept_under_its_key(void **state)
{
    (void)state;
    struct entry e;
    struct bytes value;
    uint64_t received_s;
    name_entry(&e, "laptop", 1, NOW_S + 3600);
    assert_false(has(&e, NOW_S));
    assert_int_equal(put(&e, NOW_S), 0);
    assert_int_equal(kad_store_records(store), 1);
    assert_true(kad_store_get(store, e.key, NOW_S + 5, &value, &received_s));
    assert_bytes(value, e.value);
    assert_true(received_s == NOW_S);
}

static void test_other_keys_are_refused(void **state)
{
    (void)state;
    static const struct bytes keys[] = {
        B(""), B("/"), B("/gw"), B("/pk"), B("gw/"), B("/ipns/x"), B("/GW/x"), B("\x12\x20\xff"),
    };
    struct entry e;
    name_entry(&e, "laptop", 1, NOW_S + 3600);
    for (size_t i = 0; i < COUNT(keys); i++) {
        assert_int_equal(kad_value_check(keys[i], e.value, NOW_S), GW_EUNSUP);
        assert_int_equal(kad_store_put(store, keys[i], e.value, NOW_S), GW_EUNSUP);
        assert_int_equal(kad_value_cmp(keys[i], e.value, e.value), 0);
    }
    assert_int_equal(kad_store_records(store), 0);
}

static void test_record_of_another_key_name_or_time_is_refused(void **state)
{
    (void)state;
    struct entry laptop, server, expired, ahead;
    name_entry(&laptop, "laptop", 1, NOW_S + 3600);
    name_entry(&server, "server", 1, NOW_S + 3600);
    name_entry(&expired, "laptop", 9, NOW_S);
    name_entry(&ahead, "laptop", 9, NOW_S + NAME_RECORD_AHEAD_S + 1);
    assert_int_equal(kad_store_put(store, laptop.key, server.value, NOW_S), GW_EINVAL);
    assert_int_equal(put(&expired, NOW_S), GW_ETIMEOUT);
    assert_int_equal(put(&ahead, NOW_S), GW_ETIMEOUT);
    laptop.values[laptop.value.n - 1] ^= 1;
    assert_int_equal(put(&laptop, NOW_S), GW_EDENIED);
    laptop.value.n--;
    assert_int_equal(put(&laptop, NOW_S), GW_EPROTO);
    assert_int_equal(kad_store_records(store), 0);
}

static void test_greater_sequence_stays(void **state)
{
    (void)state;
    struct entry one, two;
    name_entry(&one, "laptop", 1, NOW_S + 3600);
    name_entry(&two, "laptop", 2, NOW_S + 1800);
    assert_true(kad_value_cmp(one.key, two.value, one.value) > 0);
    assert_int_equal(put(&one, NOW_S), 0);
    assert_int_equal(put(&two, NOW_S), 0);
    assert_int_equal(put(&one, NOW_S), GW_EEXISTS);
    assert_true(has(&two, NOW_S));
    assert_int_equal(kad_store_records(store), 1);
    /* what is better counts no longer than until it expires */
    assert_int_equal(put(&one, NOW_S + 1800), 0);
    assert_true(has(&one, NOW_S + 1800));
}

static void test_same_record_again_is_received_anew(void **state)
{
    (void)state;
    struct entry e;
    struct bytes value;
    uint64_t received_s;
    name_entry(&e, "laptop", 1, NOW_S + 3600);
    assert_int_equal(put(&e, NOW_S), 0);
    assert_int_equal(put(&e, NOW_S + 60), 0);
    assert_true(kad_store_get(store, e.key, NOW_S + 60, &value, &received_s));
    assert_true(received_s == NOW_S + 60);
    assert_int_equal(kad_store_records(store), 1);
}

static void test_record_lives_until_its_expiry_and_two_days_at_most(void **state)
{
    (void)state;
    struct entry soon, late, pk;
    name_entry(&soon, "soon", 1, NOW_S + 60);
    name_entry(&late, "late", 1, NOW_S + NAME_RECORD_AHEAD_S);
    nth_entry(&pk, 1);
    assert_int_equal(put(&soon, NOW_S) | put(&late, NOW_S) | put(&pk, NOW_S), 0);
    assert_true(has(&soon, NOW_S + 59));
    assert_false(has(&soon, NOW_S + 60));
    kad_store_expire(store, NOW_S + 59);
    assert_int_equal(kad_store_records(store), 3);
    kad_store_expire(store, NOW_S + 60);
    assert_int_equal(kad_store_records(store), 2);
    assert_true(has(&late, NOW_S + KAD_RECORD_LIFE_S - 1) &&
                has(&pk, NOW_S + KAD_RECORD_LIFE_S - 1));
    assert_false(has(&late, NOW_S + KAD_RECORD_LIFE_S) || has(&pk, NOW_S + KAD_RECORD_LIFE_S));
    kad_store_expire(store, NOW_S + KAD_RECORD_LIFE_S);
    assert_int_equal(kad_store_records(store), 0);
}

static void test_public_keys_of_every_type_are_kept(void **state)
{
    (void)state;
    static const char *const types[] = { "ecdsa", "ed25519", "secp256k1", "rsa" };
    for (size_t i = 0; i < COUNT(types); i++) {
        uint8_t priv[KEYFILE_MAX], pub[KEYFILE_MAX];
        size_t npriv, npub;
        struct entry e;
        keyfile_vector(types[i], priv, &npriv, pub, &npub);
        pk_entry(&e, (struct bytes){ pub, npub });
        assert_int_equal(put(&e, NOW_S), 0);
        assert_true(has(&e, NOW_S));
        assert_int_equal(kad_value_cmp(e.key, e.value, e.value), 0);
    }
}

static void test_public_key_stands_under_its_own_id_only(void **state)
{
    (void)state;
    struct entry one, two;
    nth_entry(&one, 1);
    nth_entry(&two, 2);
    assert_int_equal(kad_store_put(store, one.key, two.value, NOW_S), GW_EINVAL);
    one.key.n--;
    assert_int_equal(put(&one, NOW_S), GW_EINVAL);
    one.key.n = 4;
    assert_int_equal(put(&one, NOW_S), GW_EINVAL);
}

/* Else everybody could keep whatever it wants here, under the hash of it. */
static void test_octets_that_are_no_key_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct bytes value;
        int err;
    } bad[] = {
        { B(""), GW_EPROTO },
        { B("a film"), GW_EPROTO },
        { B("\x08\x01\x12\x03key"), GW_EPROTO }, /* too short */
        { B("\x08\x09\x12\x03key"), GW_EUNSUP }, /* unknown type */
        { B("\x08\x00\x12\x40 a film of sixty-four octets in the place of an RSA key, no more"),
          GW_EPROTO },
        { B("\x08\x01\x12\x20"
            "0123456789abcdef0123456789abcdef\x18\x01"),
          GW_EPROTO }, /* and more */
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct entry e;
        pk_entry(&e, bad[i].value);
        assert_int_equal(put(&e, NOW_S), bad[i].err);
    }
}

static struct kad_id id_of(struct bytes key)
{
    struct kad_id id;
    kad_id_of_key(key, &id);
    return id;
}

static void test_furthest_record_makes_room(void **state)
{
    (void)state;
    struct kad_id at, furthest = { 0 };
    struct entry e, last;
    kad_id_of_peer(&self, &at);
    for (uint32_t i = 1; i <= KAD_RECORDS_MAX; i++) {
        nth_entry(&e, i);
        assert_int_equal(put(&e, NOW_S), 0);
        struct kad_id id = id_of(e.key);
        if (i == 1 || kad_id_cmp(&at, &id, &furthest) > 0) {
            furthest = id;
            nth_entry(&last, i);
        }
    }
    assert_true(has(&last, NOW_S));
    for (uint32_t i = KAD_RECORDS_MAX + 1; has(&last, NOW_S); i++) {
        nth_entry(&e, i);
        struct kad_id id = id_of(e.key);
        bool is_nearer = kad_id_cmp(&at, &id, &furthest) < 0;
        assert_int_equal(put(&e, NOW_S), is_nearer ? 0 : GW_ELIMIT);
        assert_int_equal(has(&e, NOW_S), is_nearer);
        assert_int_equal(kad_store_records(store), KAD_RECORDS_MAX);
    }
    assert_int_equal(put(&last, NOW_S), GW_ELIMIT);
}

/* --- providers */

static struct multiaddr addr(uint16_t port)
{
    struct ipaddr ip = { .family = 4, .b = { 192, 0, 2, 1 } };
    struct multiaddr a;
    multiaddr_make_quic(&ip, port, &a);
    return a;
}

static struct bytes nth_key(uint32_t *i)
{
    return (struct bytes){ (const uint8_t *)i, sizeof *i };
}

/* Peer `who` provides key `what`, with one address: its number is the port. */
static int provide(uint32_t who, uint32_t what, uint64_t now_s)
{
    struct multiaddr a = addr((uint16_t)who);
    struct peerid p = peer(who);
    return kad_store_provide(store, nth_key(&what), &p, &a, 1, now_s);
}

static struct kad_contact told[2 * KAD_PROVIDERS_MAX];

static size_t providers(uint32_t what, uint64_t now_s)
{
    return kad_store_providers(store, nth_key(&what), now_s, told, COUNT(told));
}

static void assert_told(size_t at, uint32_t who, bool with_addrs)
{
    struct peerid p = peer(who);
    struct multiaddr a = addr((uint16_t)who);
    struct kad_id id;
    kad_id_of_peer(&p, &id);
    assert_true(peerid_eq(&told[at].peer, &p));
    assert_memory_equal(&told[at].id, &id, sizeof id);
    assert_int_equal(told[at].naddrs, with_addrs);
    if (with_addrs)
        assert_true(multiaddr_eq(&told[at].addrs[0], &a));
}

static void test_providers_are_told_the_latest_first(void **state)
{
    (void)state;
    assert_int_equal(providers(7, NOW_S), 0);
    for (uint32_t who = 1; who <= 3; who++)
        assert_int_equal(provide(who, 7, NOW_S + who), 0);
    assert_int_equal(provide(2, 8, NOW_S), 0);
    assert_int_equal(provide(1, 7, NOW_S + 4), 0); /* again */
    assert_int_equal(kad_store_provided(store), 2);
    assert_int_equal(providers(7, NOW_S + 4), 3);
    assert_told(0, 1, true);
    assert_told(1, 3, true);
    assert_told(2, 2, true);
    uint32_t what = 7;
    assert_int_equal(kad_store_providers(store, nth_key(&what), NOW_S + 4, told, 2), 2);
    assert_told(1, 3, true);
}

static void test_provider_is_told_for_a_day_its_addresses_for_half_an_hour(void **state)
{
    (void)state;
    assert_int_equal(provide(1, 7, NOW_S), 0);
    assert_int_equal(providers(7, NOW_S + KAD_PROVIDER_ADDRS_S - 1), 1);
    assert_told(0, 1, true);
    assert_int_equal(providers(7, NOW_S + KAD_PROVIDER_ADDRS_S), 1);
    assert_told(0, 1, false);
    kad_store_expire(store, NOW_S + KAD_PROVIDER_ADDRS_S);
    assert_int_equal(providers(7, NOW_S), 1);
    assert_told(0, 1, false); /* not even when the clock is set back */
    assert_int_equal(providers(7, NOW_S + KAD_PROVIDER_LIFE_S - 1), 1);
    assert_int_equal(providers(7, NOW_S + KAD_PROVIDER_LIFE_S), 0);
    kad_store_expire(store, NOW_S + KAD_PROVIDER_LIFE_S - 1);
    assert_int_equal(kad_store_provided(store), 1);
    kad_store_expire(store, NOW_S + KAD_PROVIDER_LIFE_S);
    assert_int_equal(kad_store_provided(store), 0);
}

static void test_expire_leaves_the_young_of_a_key(void **state)
{
    (void)state;
    provide(1, 7, NOW_S);
    provide(2, 7, NOW_S + 1);
    kad_store_expire(store, NOW_S + KAD_PROVIDER_LIFE_S);
    assert_int_equal(providers(7, NOW_S + KAD_PROVIDER_LIFE_S), 1);
    assert_told(0, 2, false);
}

static void test_latest_addresses_count_for_every_key(void **state)
{
    (void)state;
    struct multiaddr addrs[KAD_ADDRS_MAX + 1];
    struct peerid p = peer(1);
    uint32_t what = 8;
    for (size_t i = 0; i < COUNT(addrs); i++)
        addrs[i] = addr((uint16_t)(100 + i));
    provide(1, 7, NOW_S);
    assert_int_equal(kad_store_provide(store, nth_key(&what), &p, addrs, COUNT(addrs), NOW_S + 60),
                     0);
    assert_int_equal(providers(7, NOW_S + 60), 1);
    assert_int_equal(told[0].naddrs, KAD_ADDRS_MAX);
    for (size_t i = 0; i < KAD_ADDRS_MAX; i++)
        assert_true(multiaddr_eq(&told[0].addrs[i], &addrs[i]));
    assert_int_equal(kad_store_provide(store, nth_key(&what), &p, NULL, 0, NOW_S + 61), 0);
    assert_int_equal(providers(7, NOW_S + 61), 1);
    assert_told(0, 1, false);
}

static void test_oldest_provider_of_a_key_makes_room(void **state)
{
    (void)state;
    for (uint32_t who = 1; who <= KAD_PROVIDERS_MAX; who++)
        assert_int_equal(provide(who, 7, NOW_S + who), 0);
    assert_int_equal(provide(1, 7, NOW_S + 100), 0); /* not the oldest any more */
    assert_int_equal(provide(1000, 7, NOW_S + 101), 0);
    assert_int_equal(providers(7, NOW_S + 101), KAD_PROVIDERS_MAX);
    assert_told(0, 1000, true);
    assert_told(1, 1, true);
    assert_told(KAD_PROVIDERS_MAX - 1, 3, true);
}

static void test_one_peer_provides_a_limited_number_of_keys(void **state)
{
    (void)state;
    for (uint32_t what = 0; what < KAD_PER_PEER_MAX; what++)
        assert_int_equal(provide(1, what, NOW_S), 0);
    assert_int_equal(provide(1, KAD_PER_PEER_MAX, NOW_S), GW_ELIMIT);
    assert_int_equal(providers(KAD_PER_PEER_MAX, NOW_S), 0);
    assert_int_equal(provide(1, 0, NOW_S + 1), 0); /* one of them, again */
    assert_int_equal(provide(2, KAD_PER_PEER_MAX, NOW_S), 0);
    assert_int_equal(kad_store_provided(store), KAD_PER_PEER_MAX + 1);
    kad_store_expire(store, NOW_S + KAD_PROVIDER_LIFE_S);
    assert_int_equal(kad_store_provided(store), 1);
    assert_int_equal(provide(1, KAD_PER_PEER_MAX, NOW_S + KAD_PROVIDER_LIFE_S), 0);
}

static void test_furthest_provided_key_makes_room(void **state)
{
    (void)state;
    struct kad_id at, id, furthest = { 0 };
    uint32_t last = 0, next = KAD_PROVIDED_MAX;
    kad_id_of_peer(&self, &at);
    for (uint32_t what = 0; what < KAD_PROVIDED_MAX; what++) {
        assert_int_equal(provide(what, what, NOW_S), 0); /* each its only one */
        id = id_of(nth_key(&what));
        if (!what || kad_id_cmp(&at, &id, &furthest) > 0) {
            furthest = id;
            last = what;
        }
    }
    do {
        next++;
        id = id_of(nth_key(&next));
    } while (kad_id_cmp(&at, &id, &furthest) < 0);
    assert_int_equal(provide(1, next, NOW_S), GW_ELIMIT);
    do {
        next++;
        id = id_of(nth_key(&next));
    } while (kad_id_cmp(&at, &id, &furthest) > 0);
    /* the only key of this very provider is the one that goes */
    assert_int_equal(provide(last, next, NOW_S), 0);
    assert_int_equal(providers(last, NOW_S), 0);
    assert_int_equal(providers(next, NOW_S), 1);
    assert_told(0, last, true);
    assert_int_equal(kad_store_provided(store), KAD_PROVIDED_MAX);
}

static void test_provided_key_has_one_to_128_octets(void **state)
{
    (void)state;
    uint8_t key[KAD_MSG_KEY_MAX + 1] = { 0 };
    struct peerid p = peer(1);
    assert_int_equal(kad_store_provide(store, (struct bytes){ key, 0 }, &p, NULL, 0, NOW_S),
                     GW_EINVAL);
    assert_int_equal(
        kad_store_provide(store, (struct bytes){ key, sizeof key }, &p, NULL, 0, NOW_S), GW_EINVAL);
    assert_int_equal(
        kad_store_provide(store, (struct bytes){ key, sizeof key - 1 }, &p, NULL, 0, NOW_S), 0);
}

static void test_addresses_of_a_crowd_are_not_kept(void **state)
{
    (void)state;
    for (uint32_t who = 1; who <= KAD_ADDRESSED_MAX; who++)
        assert_int_equal(provide(who, who / KAD_PROVIDERS_MAX, NOW_S), 0);
    assert_int_equal(provide(KAD_ADDRESSED_MAX + 1, 1000, NOW_S), 0);
    assert_int_equal(providers(1000, NOW_S), 1);
    assert_told(0, KAD_ADDRESSED_MAX + 1, false);
    assert_int_equal(providers(KAD_ADDRESSED_MAX / KAD_PROVIDERS_MAX, NOW_S), 1);
    assert_told(0, KAD_ADDRESSED_MAX, true);
    assert_int_equal(providers(3, NOW_S), KAD_PROVIDERS_MAX);
    assert_told(0, 3 * KAD_PROVIDERS_MAX + KAD_PROVIDERS_MAX - 1, true);
}

static void test_out_of_memory_changes_nothing(void **state)
{
    (void)state;
    struct entry e, better;
    name_entry(&e, "laptop", 1, NOW_S + 3600);
    name_entry(&better, "laptop", 2, NOW_S + 3600);
    assert_int_equal(put(&e, NOW_S), 0);
    alloc_left = 0;
    assert_int_equal(put(&better, NOW_S), GW_ENOMEM);
    assert_true(has(&e, NOW_S));
    for (unsigned left = 0;; left++) {
        alloc_left = left;
        int err = provide(1, 7, NOW_S);
        alloc_left = UINT_MAX;
        if (!err)
            break;
        assert_int_equal(err, GW_ENOMEM);
        assert_int_equal(providers(7, NOW_S), 0);
        assert_int_equal(kad_store_provided(store), 0);
    }
    assert_int_equal(providers(7, NOW_S), 1);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_name_record_is_kept_under_its_key),
        WITH_STORE(test_other_keys_are_refused),
        WITH_STORE(test_record_of_another_key_name_or_time_is_refused),
        WITH_STORE(test_greater_sequence_stays),
        WITH_STORE(test_same_record_again_is_received_anew),
        WITH_STORE(test_record_lives_until_its_expiry_and_two_days_at_most),
        WITH_STORE(test_public_keys_of_every_type_are_kept),
        WITH_STORE(test_public_key_stands_under_its_own_id_only),
        WITH_STORE(test_octets_that_are_no_key_are_refused),
        WITH_STORE(test_furthest_record_makes_room),
        WITH_STORE(test_providers_are_told_the_latest_first),
        WITH_STORE(test_provider_is_told_for_a_day_its_addresses_for_half_an_hour),
        WITH_STORE(test_expire_leaves_the_young_of_a_key),
        WITH_STORE(test_latest_addresses_count_for_every_key),
        WITH_STORE(test_oldest_provider_of_a_key_makes_room),
        WITH_STORE(test_one_peer_provides_a_limited_number_of_keys),
        WITH_STORE(test_furthest_provided_key_makes_room),
        WITH_STORE(test_provided_key_has_one_to_128_octets),
        WITH_STORE(test_addresses_of_a_crowd_are_not_kept),
        WITH_STORE(test_out_of_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
