/* testpeers.h - peer ids for tests. */
#ifndef GW_TESTS_TESTPEERS_H
#define GW_TESTS_TESTPEERS_H

#include "id/peerid.h"
#include "vec.h"

/* libp2p specs, peer-ids, "String representation": an Ed25519 id; an RSA id, and the same as a CID
 * in base32. */
#define PEER_A       "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
#define PEER_B       "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"
#define PEER_B_CID32 "bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe"

static inline struct peerid peer_of(const char *text)
{
    struct peerid id;
    assert_int_equal(peerid_parse(bytes_of(text), &id), 0);
    return id;
}

#endif
