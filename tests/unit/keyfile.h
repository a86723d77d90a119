/* keyfile.h - the key pairs of tests/vectors/key.txt. */
#ifndef GW_TESTS_KEYFILE_H
#define GW_TESTS_KEYFILE_H

#include "hex.h"
#include "id/key.h"
#include "tmpfiles.h"

#define KEYFILE_MAX 4096 /* octets of either half */

/* Reads one pair: the PrivateKey and the PublicKey message. */
static inline void keyfile_vector(const char *type, uint8_t priv[KEYFILE_MAX], size_t *npriv,
                                  uint8_t pub[KEYFILE_MAX], size_t *npub)
{
    *npriv = *npub = 0;
    char *text = vectors_read("key.txt"), *next = text, *line;
    while ((line = vectors_next(&next))) {
        const char *name = fileio_next_word(&line), *a = fileio_next_word(&line),
                   *b = fileio_next_word(&line);
        if (strcmp(name, type) != 0)
            continue;
        *npriv = hex_read(a, priv, KEYFILE_MAX);
        *npub = hex_read(b, pub, KEYFILE_MAX);
        free(text);
        return;
    }
    fail_msg("no vector for %s", type);
}

/* The one of them that can be a node's own; owned. */
static inline struct key *keyfile_ed25519(void)
{
    uint8_t priv[KEYFILE_MAX], pub[KEYFILE_MAX];
    size_t npriv, npub;
    struct tmpfiles files;
    struct key *k;

    keyfile_vector("ed25519", priv, &npriv, pub, &npub);
    tmpfiles_init(&files);
    assert_int_equal(fileio_replace(files.path, (struct bytes){ priv, npriv }, 0600), 0);
    assert_int_equal(key_load(files.path, &k), 0);
    tmpfiles_fini(&files);
    return k;
}

#endif
