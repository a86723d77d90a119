/* dht_sim.c - how well lookups do among many nodes (doc/DHT.md).
 *
 *   dht_sim [-n NODES] [-q LOOKUPS] [-p PATHS] [-s SEED] [-l LIARS] [-c CHURN] [-o LOST] [-k]
 *
 * Liars, churn within an hour and lost messages in percent.  Two networks: one without liars, as it
 * is, with losses, and after churn; and one in which there are liars from the start (with -k only
 * this, and they collude).  Prints a table; exit status 1 when an owed figure is missed. */
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "dht_run.h"

#define HOUR_MS           (3600 * 1000)
#define LOOKUPS_PER_VALUE 4
#define HOPS_OWED         5 /* in the median */
#define HOPS_ANY          UINT_MAX
#define SCENARIO_MAX      32

struct options {
    struct dht_config net;
    unsigned lookups, liars, churn, loss;
};

static bool is_missed;

static void print_row(const char *scenario, const char *what, const struct dht_figures *f,
                      double owed, unsigned owed_hops)
{
    printf("| %s | %s | %u | %.2f | %u / %u | %.0f | %.1f / %.1f |\n", scenario, what, f->lookups,
           f->found, f->hops_p50, f->hops_p99, f->messages, f->rtts_p50, f->rtts_p99);
    fflush(stdout);
    is_missed |= f->found < owed || f->hops_p50 > owed_hops;
}

static void measure(struct dht_net *net, const struct dht_values *v, const struct options *o,
                    const char *scenario, double owed)
{
    struct dht_figures f;

    dht_run_find(net, o->lookups, &f);
    print_row(scenario, "node", &f, owed, HOPS_OWED);
    dht_run_get(net, v, o->lookups, &f);
    print_row(scenario, "value", &f, owed, HOPS_OWED);
    dht_run_nearest(net, o->lookups, &f);
    print_row(scenario, "the 20 nearest", &f, 0, HOPS_ANY);
}

static struct dht_net *grow(const struct dht_config *cfg, const char *name)
{
    struct dht_net *net = dht_net_new(cfg);

    dht_run_join(net);
    fprintf(stderr, "%s: all have joined, %" PRIu64 " messages\n", name, net->messages);
    return net;
}

/* With values that are put there by now. */
static void measure_anew(struct dht_net *net, const struct options *o, const char *scenario,
                         double owed)
{
    struct dht_values *v = dht_run_put(net, o->lookups / LOOKUPS_PER_VALUE + 1);

    measure(net, v, o, scenario, owed);
    dht_values_free(v);
}

static void run_honest(const struct options *o)
{
    struct dht_net *net = grow(&o->net, "plain");
    struct dht_values *v = dht_run_put(net, o->lookups / LOOKUPS_PER_VALUE + 1);
    char name[SCENARIO_MAX];

    measure(net, v, o, "plain", 99.9);
    net->cfg.loss = o->loss;
    snprintf(name, sizeof name, "loss %u %%", o->loss);
    measure_anew(net, o, name, 99.9);
    net->cfg.loss = 0;
    dht_run_churn(net, v, o->churn, HOUR_MS);
    snprintf(name, sizeof name, "churn %u %%", o->churn);
    measure(net, v, o, name, 99);
    dht_values_free(v);
    dht_net_free(net);
}

static void run_liars(const struct options *o)
{
    struct dht_config cfg = o->net;
    char name[SCENARIO_MAX];

    cfg.liars = o->liars;
    snprintf(name, sizeof name, "%s %u %%", cfg.collude ? "colluders" : "liars", o->liars);
    struct dht_net *net = grow(&cfg, name);
    measure_anew(net, o, name, cfg.collude ? 0 : 99);
    dht_net_free(net);
}

static unsigned number(const char *text, unsigned min, unsigned max)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*end || n < min || n > max) {
        fprintf(stderr, "dht_sim: %s: not between %u and %u\n", text, min, max);
        exit(2);
    }
    return (unsigned)n;
}

static void read_options(struct options *o, int argc, char **argv)
{
    for (int c; (c = getopt(argc, argv, "n:q:p:s:l:c:o:k")) != -1;) {
        switch (c) {
        case 'n':
            o->net.nodes = number(optarg, 2, 1000000);
            break;
        case 'q':
            o->lookups = number(optarg, 1, 1000000);
            break;
        case 'p':
            o->net.paths = number(optarg, 1, KAD_PATHS_MAX);
            break;
        case 's':
            o->net.seed = number(optarg, 0, UINT32_MAX);
            break;
        case 'l':
            o->liars = number(optarg, 0, 90);
            break;
        case 'c':
            o->churn = number(optarg, 0, 90);
            break;
        case 'o':
            o->loss = number(optarg, 0, 90);
            break;
        case 'k':
            o->net.collude = true;
            break;
        default:
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    struct options o = { .net = { .nodes = 10000, .seed = 1, .paths = 3 },
                         .lookups = 2000,
                         .liars = 20,
                         .churn = 20,
                         .loss = 5 };

    read_options(&o, argc, argv);
    printf("| %u nodes | looked up | lookups | found, %% | hops p50 / p99 | messages | "
           "round trips p50 / p99 |\n| --- | --- | --- | --- | --- | --- | --- |\n",
           o.net.nodes);
    if (!o.net.collude)
        run_honest(&o);
    run_liars(&o);
    return is_missed;
}
