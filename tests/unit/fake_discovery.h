/* fake_discovery.h - the DHT and the relays of networks, as ctl sees them: the test answers. */
#ifndef GW_TESTS_FAKE_DISCOVERY_H
#define GW_TESTS_FAKE_DISCOVERY_H

#include "p2p/kad.h"
#include "p2p/names_ask.h"
#include "p2p/names_claims.h"

#define FAKE_ASKS_MAX 8

struct names_ask { /* a question under way */
    bool is_pending, is_cancelled;
    struct peerid relay;
    enum names_type type;
    char network[64], host[64];
    names_asked_fn *done;
    void *arg;
};

struct kad_request {
    bool is_pending, is_cancelled;
    char what[16]; /* "get" */
    uint8_t key[KAD_MSG_KEY_MAX];
    size_t nkey;
    char value[64]; /* of put, as text */
    kad_done_fn *done;
    void *arg;
};

struct fake_discovery {
    struct names_ask asks[FAKE_ASKS_MAX]; /* in order */
    size_t nasks;
    struct names_claim_info claims[4];
    size_t nclaims;
    struct kad_request request; /* the last one */
    struct kad_stats stats;
};
extern struct fake_discovery fake_discovery; /* zero it before a test */

void fake_names_answer(size_t i, int err, const struct names_answer *a); /* the i-th question */
void fake_kad_answer(const struct kad_result *r);                        /* the last request */

#endif
