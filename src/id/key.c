/* key.c - see key.h.  Every octet of a secret, the file's content included, stays in sodium_malloc
 * memory or in a buffer that is wiped. */
#include "id/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fileio.h"
#include "wire/keypb.h"

#define PUB_LEN    crypto_sign_PUBLICKEYBYTES
#define SECRET_LEN crypto_sign_SECRETKEYBYTES /* the seed, then the public key */
#define FILE_MAX   8192 /* octets; an RSA key is recognised too, and named so */

struct key { /* octets only: sodium_malloc does not align */
    uint8_t secret[SECRET_LEN];
    uint8_t public_pb[KEY_PUB_PB_LEN];
    struct peerid id;
};

int key_from_seed(const uint8_t seed[KEY_SEED_LEN], struct key **out)
{
    uint8_t pub[PUB_LEN];
    struct key *k = sodium_malloc(sizeof *k);
    if (!k)
        return GW_ENOMEM;
    crypto_sign_seed_keypair(pub, k->secret, seed);
    struct keypb pb = { KEYPB_ED25519, { pub, sizeof pub } };
    keypb_encode(k->public_pb, sizeof k->public_pb, &pb);
    peerid_from_pubkey(key_public_pb(k), &k->id);
    *out = k;
    return 0;
}

int key_generate(struct key **out)
{
    uint8_t seed[KEY_SEED_LEN];

    if (sodium_init() < 0)
        return GW_ENOMEM;
    randombytes_buf(seed, sizeof seed);
    int err = key_from_seed(seed, out);
    sodium_memzero(seed, sizeof seed);
    return err;
}

/* Returns the octets read into buf, or GW_E*.  A file of `cap` octets or more is no key. */
static int read_private(const char *path, uint8_t *buf, size_t cap)
{
    struct stat st;
    size_t n = 0;
    ssize_t r = 0;

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    int err = fstat(fd, &st) < 0 ? err_from_errno(errno) : 0;
    if (!err && (st.st_mode & (S_IRWXG | S_IRWXO)))
        err = GW_EPERM;
    while (!err && n < cap && (r = read(fd, buf + n, cap - n)) != 0) {
        if (r > 0)
            n += (size_t)r;
        else if (errno != EINTR)
            err = err_from_errno(errno);
    }
    close(fd);
    if (!err && n == cap)
        err = GW_ESYNTAX;
    return err ? err : (int)n;
}

/* Old files hold the public key twice (specs/peer-ids, "Ed25519"). */
static int from_file(struct bytes content, struct key **out)
{
    struct keypb pb;

    if (keypb_decode(content, &pb) != 0)
        return GW_ESYNTAX;
    if (pb.type != KEYPB_ED25519)
        return GW_EUNSUP;
    struct rd r = rd_init(pb.data);
    struct bytes seed = rd_bytes(&r, KEY_SEED_LEN), pub = rd_bytes(&r, PUB_LEN);
    struct bytes again = r.left ? rd_bytes(&r, PUB_LEN) : pub;
    if (r.short_ || r.left || !bytes_eq(pub, again))
        return GW_ESYNTAX;
    struct key *k;
    int err = key_from_seed(seed.p, &k);
    if (err)
        return err;
    if (sodium_memcmp(k->secret + KEY_SEED_LEN, pub.p, PUB_LEN) != 0) {
        key_free(k);
        return GW_ESYNTAX;
    }
    *out = k;
    return 0;
}

int key_load(const char *path, struct key **out)
{
    if (sodium_init() < 0)
        return GW_ENOMEM;
    uint8_t *buf = sodium_malloc(FILE_MAX);
    if (!buf)
        return GW_ENOMEM;
    int n = read_private(path, buf, FILE_MAX);
    int err = n < 0 ? n : from_file((struct bytes){ buf, (size_t)n }, out);
    sodium_free(buf);
    return err;
}

int key_save(const struct key *k, const char *path)
{
    uint8_t buf[SECRET_LEN + KEYPB_HEAD_MAX];
    struct keypb pb = { KEYPB_ED25519, { k->secret, sizeof k->secret } };
    int n = keypb_encode(buf, sizeof buf, &pb);
    int err = fileio_create(path, (struct bytes){ buf, (size_t)n }, S_IRUSR | S_IWUSR);
    sodium_memzero(buf, sizeof buf);
    return err;
}

void key_free(struct key *k)
{
    sodium_free(k); /* wipes; NULL is fine */
}

const struct peerid *key_peerid(const struct key *k)
{
    return &k->id;
}

struct bytes key_public_pb(const struct key *k)
{
    return (struct bytes){ k->public_pb, sizeof k->public_pb };
}

void key_sign(const struct key *k, struct bytes msg, uint8_t sig[KEY_SIG_LEN])
{
    crypto_sign_detached(sig, NULL, msg.p, msg.n, k->secret);
}

/* BLAKE2b of the label, keyed with the seed. */
void key_derive(const struct key *k, const char *label, uint8_t out[32])
{
    crypto_generichash(out, 32, (const uint8_t *)label, strlen(label), k->secret, KEY_SEED_LEN);
}
