/* cache_file.c - see cache_file.h. */
#include "name/cache_file.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fileio.h"
#include "base/log.h"
#include "net/timer.h"
#include "p2p/backoff.h"

struct cache_file {
    struct resolver_cache *cache;
    char *path;
    uint64_t save_ms;
    struct timer save; /* runs while the file is behind the cache */
    struct backoff retry;
};

static int write_it(const struct cache_file *f)
{
    char *text = NULL;
    size_t n = 0;
    int err = resolver_cache_print(f->cache, clock_wall_ms(), &text, &n);

    if (!err)
        err = fileio_replace(f->path, (struct bytes){ (const uint8_t *)text, n }, 0600);
    free(text);
    if (err && !f->retry.failures)
        log_warn("names cache %s: %s", f->path, gw_strerror(err));
    return err;
}

static void on_save(void *arg)
{
    struct cache_file *f = arg;

    if (write_it(f) == 0)
        f->retry.failures = 0;
    else
        timer_start(&f->save, backoff_next_ms(&f->retry, (uint32_t)clock_mono_ns()));
}

static void read_it(struct cache_file *f, const char *const *tiers, size_t ntiers)
{
    char *text;
    size_t n;
    int err = fileio_read(f->path, &text, &n);

    if (err && err != GW_ENOTFOUND)
        log_warn("names cache %s: %s", f->path, gw_strerror(err));
    if (err)
        return;
    size_t bad = resolver_cache_read(f->cache, text, tiers, ntiers, clock_wall_ms());
    if (bad)
        log_info("names cache %s: bad lines left out: %zu", f->path, bad);
    free(text);
}

struct cache_file *cache_file_open(struct ev_loop *loop, struct resolver_cache *cache,
                                   const char *path, uint64_t save_ms, const char *const *tiers,
                                   size_t ntiers)
{
    struct cache_file *f = calloc(1, sizeof *f);

    if (!f || !(f->path = strdup(path))) {
        free(f);
        return NULL;
    }
    f->cache = cache;
    f->save_ms = save_ms;
    f->retry = (struct backoff){ .first_ms = 2 * save_ms, .max_ms = CACHE_FILE_RETRY_MAX_MS };
    timer_init(&f->save, loop, on_save, f);
    read_it(f, tiers, ntiers);
    return f;
}

void cache_file_changed(struct cache_file *f)
{
    if (f && !timer_is_running(&f->save))
        timer_start(&f->save, f->save_ms);
}

void cache_file_close(struct cache_file *f)
{
    if (!f)
        return;
    if (timer_is_running(&f->save))
        write_it(f);
    timer_stop(&f->save);
    free(f->path);
    free(f);
}
