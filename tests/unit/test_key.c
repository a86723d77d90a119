/* test_key.c - id/key.h: the key file, signatures, derived secrets. */
#include "id/key.h"

#include "id/pubkey.h"
#include "keyfile.h"
#include "tmpfiles.h"

static struct tmpfiles files;

static int setup(void **state)
{
    (void)state;
    tmpfiles_init(&files);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tmpfiles_fini(&files);
    return 0;
}

static void write_file(const uint8_t *p, size_t n, mode_t mode)
{
    assert_int_equal(fileio_replace(files.path, (struct bytes){ p, n }, mode), 0);
}

static struct key *load_good(void)
{
    struct key *k;
    assert_int_equal(key_load(files.path, &k), 0);
    return k;
}

static void test_load_reads_the_vector(void **state)
{
    uint8_t priv[KEYFILE_MAX], pub[KEYFILE_MAX];
    size_t npriv, npub;
    (void)state;
    keyfile_vector("ed25519", priv, &npriv, pub, &npub);
    write_file(priv, npriv, 0600);
    struct key *k = load_good();
    assert_bytes(key_public_pb(k), (struct bytes){ pub, npub });
    struct peerid id;
    peerid_from_pubkey((struct bytes){ pub, npub }, &id);
    assert_true(peerid_eq(key_peerid(k), &id));
    key_free(k);
}

static void test_load_reads_the_old_form(void **state)
{
    uint8_t priv[KEYFILE_MAX], pub[KEYFILE_MAX], old[100];
    size_t npriv, npub;
    struct key *k;
    (void)state;
    keyfile_vector("ed25519", priv, &npriv, pub, &npub);
    memcpy(old, "\x08\x01\x12\x60", 4);
    memcpy(old + 4, priv + 4, 64);
    memcpy(old + 68, priv + 36, 32);
    write_file(old, sizeof old, 0600);
    k = load_good();
    assert_bytes(key_public_pb(k), (struct bytes){ pub, npub });
    key_free(k);
    old[99] ^= 1;
    write_file(old, sizeof old, 0600);
    assert_int_equal(key_load(files.path, &k), GW_ESYNTAX);
}

static void test_load_refuses_other_key_types(void **state)
{
    static const char *const types[] = { "rsa", "ecdsa", "secp256k1" };
    uint8_t priv[KEYFILE_MAX], pub[KEYFILE_MAX];
    size_t npriv, npub;
    struct key *k;
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        keyfile_vector(types[i], priv, &npriv, pub, &npub);
        write_file(priv, npriv, 0600);
        assert_int_equal(key_load(files.path, &k), GW_EUNSUP);
    }
}

static void test_load_refuses_files_that_others_can_read(void **state)
{
    static const mode_t modes[] = { 0644, 0640, 0604, 0620, 0601 };
    uint8_t priv[KEYFILE_MAX], pub[KEYFILE_MAX];
    size_t npriv, npub;
    struct key *k;
    (void)state;
    keyfile_vector("ed25519", priv, &npriv, pub, &npub);
    for (size_t i = 0; i < COUNT(modes); i++) {
        write_file(priv, npriv, modes[i]);
        assert_int_equal(key_load(files.path, &k), GW_EPERM);
    }
    write_file(priv, npriv, 0400);
    key_free(load_good());
}

static void test_load_refuses_what_is_no_key(void **state)
{
    uint8_t priv[KEYFILE_MAX], pub[KEYFILE_MAX], big[8193] = { 0 };
    size_t npriv, npub;
    struct key *k;
    (void)state;
    assert_int_equal(key_load(files.path, &k), GW_ENOTFOUND);
    keyfile_vector("ed25519", priv, &npriv, pub, &npub);
    for (size_t n = 0; n < npriv; n++) {
        write_file(priv, n, 0600);
        assert_int_equal(key_load(files.path, &k), GW_ESYNTAX);
    }
    priv[npriv] = '\n';
    write_file(priv, npriv + 1, 0600);
    assert_int_equal(key_load(files.path, &k), GW_ESYNTAX);
    write_file(big, sizeof big, 0600);
    assert_int_equal(key_load(files.path, &k), GW_ESYNTAX);
}

static void test_load_checks_that_the_halves_match(void **state)
{
    uint8_t priv[KEYFILE_MAX], pub[KEYFILE_MAX];
    size_t npriv, npub;
    struct key *k;
    (void)state;
    keyfile_vector("ed25519", priv, &npriv, pub, &npub);
    for (size_t i = 4; i < npriv; i += 7) {
        priv[i] ^= 0x10;
        write_file(priv, npriv, 0600);
        assert_int_equal(key_load(files.path, &k), GW_ESYNTAX);
        priv[i] ^= 0x10;
    }
}

static void test_save_then_load_is_the_same_key(void **state)
{
    struct key *k, *again, *other;
    struct stat st;
    (void)state;
    assert_int_equal(key_generate(&k), 0);
    assert_int_equal(key_generate(&other), 0);
    assert_false(peerid_eq(key_peerid(k), key_peerid(other)));
    assert_int_equal(key_save(k, files.path), 0);
    assert_int_equal(stat(files.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 68);
    assert_int_equal(key_save(other, files.path), GW_EEXISTS);
    again = load_good();
    assert_true(peerid_eq(key_peerid(k), key_peerid(again)));
    key_free(k);
    key_free(again);
    key_free(other);
    key_free(NULL);
}

static void test_sign_verifies_with_the_public_key(void **state)
{
    struct key *k;
    uint8_t sig[KEY_SIG_LEN];
    (void)state;
    assert_int_equal(key_generate(&k), 0);
    key_sign(k, bytes_of("message"), sig);
    struct bytes s = { sig, sizeof sig };
    assert_int_equal(pubkey_verify(key_public_pb(k), bytes_of("message"), s), 0);
    assert_int_equal(pubkey_verify(key_public_pb(k), bytes_of("messagE"), s), GW_EDENIED);
    key_free(k);
}

static void test_derive_depends_on_key_and_label_only(void **state)
{
    struct key *k, *again, *other;
    uint8_t a[32], b[32];
    (void)state;
    assert_int_equal(key_generate(&k), 0);
    assert_int_equal(key_generate(&other), 0);
    assert_int_equal(key_save(k, files.path), 0);
    again = load_good();
    key_derive(k, "one", a);
    key_derive(again, "one", b);
    assert_memory_equal(a, b, 32);
    key_derive(k, "two", b);
    assert_memory_not_equal(a, b, 32);
    key_derive(other, "one", b);
    assert_memory_not_equal(a, b, 32);
    key_free(k);
    key_free(again);
    key_free(other);
}

#define IN_FILES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FILES(test_load_reads_the_vector),
        IN_FILES(test_load_reads_the_old_form),
        IN_FILES(test_load_refuses_other_key_types),
        IN_FILES(test_load_refuses_files_that_others_can_read),
        IN_FILES(test_load_refuses_what_is_no_key),
        IN_FILES(test_load_checks_that_the_halves_match),
        IN_FILES(test_save_then_load_is_the_same_key),
        cmocka_unit_test(test_sign_verifies_with_the_public_key),
        IN_FILES(test_derive_depends_on_key_and_label_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
