/* dht_run.h - what happens on a dht_net, and what is measured there. */
#ifndef GW_TESTS_DHT_RUN_H
#define GW_TESTS_DHT_RUN_H

#include "dht_walk.h"

struct dht_figures {
    unsigned lookups;
    double found; /* percent */
    unsigned hops_p50, hops_p99;
    double messages;           /* in the mean: questions and answers */
    double rtts_p50, rtts_p99; /* DHT_RTT_MS; of those that found */
};

/* All nodes join, one after the other: each asks some of the first ones, looks itself up, and a
 * point in each of its buckets. */
void dht_run_join(struct dht_net *net);

struct dht_values;

/* Name records, each stored by a node of its own at the k nearest. */
struct dht_values *dht_run_put(struct dht_net *net, unsigned count);
void dht_values_free(struct dht_values *v);

/* So many of 100 nodes leave within the time, and as many join; all others refresh their tables
 * and, if it is there still, who stored a value does so again, once. */
void dht_run_churn(struct dht_net *net, struct dht_values *v, unsigned percent, uint64_t ms);

/* Honest nodes look honest nodes up, or values, or the KAD_K nearest to some point: found is how
 * many of those that there are. */
void dht_run_find(struct dht_net *net, unsigned lookups, struct dht_figures *out);
void dht_run_get(struct dht_net *net, const struct dht_values *v, unsigned lookups,
                 struct dht_figures *out);
void dht_run_nearest(struct dht_net *net, unsigned lookups, struct dht_figures *out);

#endif
