/* cli_trace.c - see cli_trace.h. */
#include "cli/cli_trace.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/cli_show.h"
#include "cli/cli_table.h"

#define TIME_STR_MAX 32

static const char *const head[] = { "TIER", "ASKED", "ANSWER", "TIME", "CACHED" };
#define COLUMNS (sizeof head / sizeof head[0])

static const char *time_text(long long us, char out[TIME_STR_MAX])
{
    if (us < 1000)
        snprintf(out, TIME_STR_MAX, "%lld us", us);
    else
        snprintf(out, TIME_STR_MAX, "%.1f ms", (double)us / 1e3);
    return out;
}

/* Where an answer lies: "for 5m", "in memory, 4m left". */
static void add_cached(struct cli_table *t, const json_t *v, const char *cached)
{
    long long left_s = json_integer_value(json_object_get(v, "left_s"));
    char age[UNITS_STR_MAX];

    units_show_age(left_s > 0 ? (uint64_t)left_s : 0, age);
    if (*cached)
        cli_table_add(t, "%s, %s left", strcmp(cached, "disk") ? "in memory" : "on disk", age);
    else if (left_s)
        cli_table_add(t, "for %s", age);
    else
        cli_table_add(t, "no");
}

static void add_tier(struct cli_table *t, const json_t *v, const json_t *tier)
{
    const char *asked = cli_show_str(tier, "asked"), *cached = cli_show_str(v, "cached");
    const char *why = log_esc(bytes_of(cli_show_str(tier, "why")));
    bool is_not_its = strcmp(asked, "not-its") == 0;
    bool is_asked = !is_not_its && strcmp(asked, "no") != 0;
    bool had_it = *cached && !strcmp(cli_show_str(tier, "tier"), cli_show_str(v, "tier"));
    bool has_it = had_it || strcmp(asked, "answered") == 0;
    char took[TIME_STR_MAX] = "";

    if (is_asked || had_it)
        time_text(json_integer_value(json_object_get(had_it ? v : tier, "took_us")), took);
    cli_table_add(t, "%s", cli_show_str(tier, "tier"));
    cli_table_add(t, "%s", is_asked ? "yes" : "no");
    if (has_it)
        cli_table_add(t, "found%s%s", *why ? ": " : "", why);
    else
        cli_table_add(t, "%s", is_not_its ? "not a name of this tier" : why);
    cli_table_add(t, "%s", took);
    if (has_it)
        add_cached(t, v, cached);
    else
        cli_table_add(t, "%s", "");
}

static int show_tiers(FILE *f, const json_t *v)
{
    struct cli_table *t = cli_table_headed(head, COLUMNS);
    json_t *tier;
    size_t i;

    json_array_foreach(json_object_get(v, "tiers"), i, tier) add_tier(t, v, tier);
    return cli_table_print(t, f);
}

int cli_show_trace(FILE *f, const json_t *v)
{
    char took[TIME_STR_MAX];
    int err = show_tiers(f, v);

    if (err)
        return err;
    if (!json_is_true(json_object_get(v, "found"))) {
        fprintf(f, "\nnot found: %s\n", cli_show_str(v, "error"));
        return 0;
    }
    fprintf(f, "\nfound in %s\n",
            time_text(json_integer_value(json_object_get(v, "took_us")), took));
    return cli_show_resolve(f, v);
}
