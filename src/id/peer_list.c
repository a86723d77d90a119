/* peer_list.c - see peer_list.h.  Nothing of a list is read before its signature is known to be
 * good. */
#include "id/peer_list.h"

#include <stdio.h>

#include "base/base64.h"
#include "base/err.h"
#include "base/fileio.h"
#include "base/strbuf.h"
#include "base/utctime.h"
#include "id/pubkey.h"
#include "wire/keypb.h"

#define DOMAIN     "gw-peer-list:"
#define DOMAIN_LEN (sizeof DOMAIN - 1)
#define SIGNATURE  "signature "

/* --- the lines before the signature */

struct lines {
    struct multiaddr *out;
    size_t n, max;
    int64_t expires_s; /* 0: never */
};

static int take_expires(struct lines *l, const char *when)
{
    if (!when || l->expires_s)
        return GW_ESYNTAX;
    return utctime_parse(bytes_of(when), &l->expires_s);
}

/* One of a kind that we do not know may be of use to others. */
static int take_addr(struct lines *l, const char *text)
{
    struct multiaddr a;
    struct peerid id;

    int err = multiaddr_parse(bytes_of(text), &a);
    if (err)
        return err == GW_EUNSUP ? 0 : GW_ESYNTAX;
    if (!multiaddr_peer(&a, &id))
        return GW_ESYNTAX;
    if (l->n < l->max)
        l->out[l->n++] = a;
    return 0;
}

static int take_line(struct lines *l, char *text)
{
    const char *word = fileio_next_word(&text);

    if (!word)
        return 0;
    int err = strcmp(word, "expires") == 0 ? take_expires(l, fileio_next_word(&text))
                                           : take_addr(l, word);
    return err || !fileio_next_word(&text) ? err : GW_ESYNTAX;
}

/* Reads what follows the domain; *line says how far it came.  Modifies the text. */
static int read_lines(struct lines *l, struct strbuf *b, unsigned *line)
{
    char *text = b->p + DOMAIN_LEN, *one;
    int err = 0;

    if (strlen(text) != b->n - DOMAIN_LEN)
        return GW_ESYNTAX;
    for (*line = 0; !err && (one = fileio_next_line(&text)); ++*line)
        err = take_line(l, one);
    return err;
}

/* --- the signature */

/* What is signed, or its `err`; free it. */
static struct strbuf signed_text(struct bytes body)
{
    struct strbuf b = { .max = DOMAIN_LEN + PEER_LIST_TEXT_MAX };
    strbuf_puts(&b, DOMAIN);
    strbuf_put(&b, body);
    return b;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Splits the text before its last line; a newline at its end is not needed. */
static void split(struct bytes text, struct bytes *body, struct bytes *last)
{
    size_t end = text.n;
    while (end && is_blank(text.p[end - 1]))
        end--;
    size_t at = end;
    while (at && text.p[at - 1] != '\n')
        at--;
    *body = (struct bytes){ text.p, at };
    *last = (struct bytes){ text.p + at, end - at };
}

static int read_signature(struct bytes line, uint8_t sig[KEY_SIG_LEN])
{
    size_t skip = sizeof SIGNATURE - 1;

    if (line.n < skip || memcmp(line.p, SIGNATURE, skip) != 0)
        return GW_ESYNTAX;
    int n = base64_decode((struct bytes){ line.p + skip, line.n - skip }, sig, KEY_SIG_LEN);
    return n == KEY_SIG_LEN ? 0 : GW_ESYNTAX;
}

/* The PublicKey message that the id of an Ed25519 key consists of. */
static int key_of(const struct peerid *keeper, struct bytes *pubkey_pb)
{
    struct bytes inside = { keeper->mh + 2, keeper->n > 2 ? keeper->n - 2u : 0 };
    struct peerid same;
    struct keypb k;

    peerid_from_pubkey(inside, &same);
    if (!peerid_eq(&same, keeper) || pubkey_check(inside) != 0 || keypb_decode(inside, &k) != 0 ||
        k.type != KEYPB_ED25519)
        return GW_EUNSUP;
    *pubkey_pb = inside;
    return 0;
}

/* --- the list */

/* The text of `b` is that of a list whose signature is to be `sig`. */
static int verify_and_read(struct strbuf *b, struct bytes pubkey_pb, const uint8_t *sig,
                           struct lines *l, unsigned *line)
{
    int err = pubkey_verify(pubkey_pb, strbuf_bytes(b), (struct bytes){ sig, KEY_SIG_LEN });
    if (err)
        return err;
    return read_lines(l, b, line);
}

int peer_list_read(struct bytes text, const struct peerid *keeper, uint64_t now_s,
                   struct multiaddr *out, size_t max, unsigned *line)
{
    struct lines l = { .out = out, .max = max };
    struct bytes key, body, last;
    uint8_t sig[KEY_SIG_LEN];

    *line = 0;
    int err = key_of(keeper, &key);
    if (err)
        return err;
    split(text, &body, &last);
    if (text.n > PEER_LIST_TEXT_MAX || read_signature(last, sig) != 0)
        return GW_ESYNTAX;
    struct strbuf b = signed_text(body);
    err = b.err ? b.err : verify_and_read(&b, key, sig, &l, line);
    strbuf_free(&b);
    if (err)
        return err;
    return l.expires_s && (uint64_t)l.expires_s <= now_s ? GW_ETIMEOUT : (int)l.n;
}

int peer_list_sign(const struct key *k, struct bytes text, char out[PEER_LIST_SIGNATURE_MAX])
{
    struct lines l = { .max = 0 };
    uint8_t sig[KEY_SIG_LEN];
    char sig64[BASE64_LEN(KEY_SIG_LEN)];
    unsigned line;

    if (!text.n || text.p[text.n - 1] != '\n' ||
        text.n > PEER_LIST_TEXT_MAX - PEER_LIST_SIGNATURE_MAX)
        return GW_EINVAL;
    struct strbuf b = signed_text(text);
    int err = b.err;
    if (!err) {
        key_sign(k, strbuf_bytes(&b), sig);
        err = read_lines(&l, &b, &line) == 0 ? 0 : GW_EINVAL;
    }
    strbuf_free(&b);
    if (err)
        return err;
    base64_encode((struct bytes){ sig, sizeof sig }, sig64);
    snprintf(out, PEER_LIST_SIGNATURE_MAX, SIGNATURE "%.*s\n", (int)sizeof sig64, sig64);
    return 0;
}
