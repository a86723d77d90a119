/* checkup_words.h - what a checkup has found, in words: those of RFC 4787 for NATs, and one plain
 * sentence on what each means.  Pure. */
#ifndef GW_CTL_CHECKUP_WORDS_H
#define GW_CTL_CHECKUP_WORDS_H

#include "p2p/checkup.h"

struct checkup_words {   /* static strings */
    const char *key;     /* "mapping" */
    const char *value;   /* "endpoint-independent", "unknown", ... */
    const char *meaning; /* for the node that it is about; no full stop */
};

/* The i-th finding; false behind the last one. */
bool checkup_words(const struct checkup_net *net, size_t i, struct checkup_words *out);

const char *checkup_slot_name(enum checkup_slot s);         /* "held", "down", ... */
const char *checkup_punch_name(enum checkup_punch_state s); /* "none", "upgrading", "failed" */

size_t checkup_held(const struct checkup_state *s);            /* slots */
const char *checkup_say_relays(const struct checkup_state *s); /* what they mean */

#endif
