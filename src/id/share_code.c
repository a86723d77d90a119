/* share_code.c - see share_code.h. */
#include "id/share_code.h"

#include <sodium.h>

#include "base/err.h"

#define CHARS 12
#define GROUP 4 /* characters between two hyphens */
#define SEALED \
    (crypto_secretbox_xchacha20poly1305_NONCEBYTES + crypto_secretbox_xchacha20poly1305_MACBYTES)
#define OPEN_AT crypto_secretbox_xchacha20poly1305_NONCEBYTES

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

_Static_assert(sizeof((struct share_code *)NULL)->secret ==
                   crypto_secretbox_xchacha20poly1305_KEYBYTES,
               "the secret is a key");
_Static_assert(SHARE_CODE_STR_MAX == CHARS + CHARS / GROUP, "two hyphens and a NUL");

void share_code_draw(char out[SHARE_CODE_STR_MAX])
{
    char *p = out;

    for (unsigned i = 0; i < CHARS; i++) {
        if (i && i % GROUP == 0)
            *p++ = '-';
        *p++ = alphabet[randombytes_uniform(sizeof alphabet - 1)];
    }
    *p = '\0';
}

/* What stands for a character that was typed; '\0': nothing does. */
static char meant_by(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    c = c == '0' ? 'o' : c == '1' ? 'l' : c == '8' ? 'b' : c;
    return memchr(alphabet, c, sizeof alphabet - 1) ? c : '\0';
}

int share_code_read(struct share_code *c, const char *text)
{
    static const char label[] = "gw-share-code:";
    uint8_t both[KEY_SEED_LEN + sizeof c->secret];
    char plain[sizeof label + CHARS];
    size_t n = sizeof label - 1;

    *c = (struct share_code){ 0 };
    memcpy(plain, label, n);
    for (; *text; text++) {
        if (*text == '-' || *text == ' ')
            continue;
        char m = meant_by(*text);
        if (!m || n == sizeof plain - 1)
            return GW_ESYNTAX;
        plain[n++] = m;
    }
    if (n != sizeof plain - 1)
        return GW_ESYNTAX;
    if (sodium_init() < 0)
        return GW_ENOMEM;
    crypto_generichash(both, sizeof both, (const uint8_t *)plain, n, NULL, 0);
    int err = key_from_seed(both, &c->owner);
    memcpy(c->secret, both + KEY_SEED_LEN, sizeof c->secret);
    sodium_memzero(both, sizeof both);
    sodium_memzero(plain, sizeof plain);
    return err;
}

void share_code_wipe(struct share_code *c)
{
    key_free(c->owner);
    sodium_memzero(c, sizeof *c);
}

void share_code_key(const struct share_code *c, uint8_t out[NAME_RECORD_KEY])
{
    name_record_key(key_peerid(c->owner), (struct bytes){ 0 }, out);
}

int share_code_seal(const struct share_code *c, const struct peerid *peer,
                    const struct multiaddr *addrs, size_t naddrs, uint64_t now_s,
                    uint64_t expires_s, uint8_t *dst, size_t cap)
{
    uint8_t text[NAME_MSG_SEALED_MAX], sealed[NAME_MSG_SEALED_MAX];
    struct name_msg m = { .peer = { peer->mh, peer->n } };
    struct name_record r = { .peer = *key_peerid(c->owner),
                             .sequence = now_s * 1000,
                             .expires_s = expires_s };

    for (size_t i = 0; i < naddrs && i < SHARE_CODE_ADDRS_MAX; i++)
        pb_list_add(&m.addrs, (struct bytes){ addrs[i].b, addrs[i].n });
    int n = name_msg_encode(text, sizeof text - SEALED, &m);
    if (n < 0)
        return n;
    randombytes_buf(sealed, OPEN_AT);
    crypto_secretbox_xchacha20poly1305_easy(sealed + OPEN_AT, text, (unsigned)n, sealed, c->secret);
    r.sealed = (struct bytes){ sealed, (size_t)n + SEALED };
    return name_record_seal(c->owner, &r, dst, cap);
}

/* Fills out->peer and out->addrs from what was sealed. */
static int unseal(const struct share_code *c, struct bytes sealed, struct name_record *out)
{
    uint8_t text[NAME_MSG_SEALED_MAX];
    struct name_msg m;

    if (sealed.n < SEALED || sealed.n > sizeof text ||
        crypto_secretbox_xchacha20poly1305_open_easy(text, sealed.p + OPEN_AT, sealed.n - OPEN_AT,
                                                     sealed.p, c->secret) != 0)
        return GW_EDENIED;
    if (name_msg_decode((struct bytes){ text, sealed.n - SEALED }, &m) != 0 ||
        peerid_from_bytes(m.peer, &out->peer) != 0)
        return GW_EPROTO;
    out->naddrs = 0;
    for (size_t i = 0; i < m.addrs.n; i++)
        if (multiaddr_from_bytes(m.addrs.v[i], &out->addrs[out->naddrs]) == 0)
            out->naddrs++;
    return 0;
}

int share_code_open(const struct share_code *c, struct bytes record, uint64_t now_s,
                    struct name_record *out)
{
    uint8_t key[NAME_RECORD_KEY];

    share_code_key(c, key);
    int err = name_record_check((struct bytes){ key, sizeof key }, record, now_s, out);
    return err ? err : unseal(c, out->sealed, out);
}
