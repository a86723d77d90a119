/* test_cache_file.c - what was answered gets on the disk, if not at once. */
#include "name/cache_file.h"

#include "base/clock.h"
#include "base/fileio.h"
#include "base/log.h"
#include "looprig.h"
#include "testpeers.h"
#include "tmpfiles.h"

#define SAVE_MS 10

static const char *const tiers[] = { "DHT" };

static struct looprig rig;
static struct tmpfiles tmp;
static struct resolver_cache *cache;
static struct cache_file *file;

static void reopen(void)
{
    cache_file_close(file);
    resolver_cache_free(cache);
    cache = resolver_cache_new();
    assert_non_null(cache);
    file = cache_file_open(rig.loop, cache, tmp.path, SAVE_MS, tiers, COUNT(tiers));
    assert_non_null(file);
}

static int setup(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    looprig_init(&rig);
    tmpfiles_init(&tmp);
    file = NULL;
    cache = NULL;
    reopen();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cache_file_close(file);
    resolver_cache_free(cache);
    tmpfiles_fini(&tmp);
    looprig_fini(&rig);
    return 0;
}

static void learn(const char *name)
{
    const struct name_answer a = { .peer = peer_of(PEER_A), .tier = tiers[0], .ttl_ms = 600000 };
    resolver_cache_add(cache, name, &a, NULL, clock_wall_ms());
    cache_file_changed(file);
}

static bool is_on_disk(const char *name)
{
    char *text;
    size_t n;
    if (fileio_read(tmp.path, &text, &n) != 0)
        return false;
    bool is_there = strstr(text, name) != NULL;
    free(text);
    return is_there;
}

static void wait_for(const char *name)
{
    for (int i = 0; i < 2000 && !is_on_disk(name); i++)
        looprig_run_ms(&rig, 1);
    assert_true(is_on_disk(name));
}

static void test_a_change_is_written_a_while_later(void **state)
{
    (void)state;
    learn("alice");
    assert_false(is_on_disk("alice"));
    wait_for("alice");
}

static void test_close_writes_what_is_not_written_yet(void **state)
{
    (void)state;
    learn("alice");
    reopen();
    assert_true(is_on_disk("alice"));
    assert_non_null(resolver_cache_find(cache, "alice", clock_wall_ms()));
}

/* As on a disk that was full: a directory in its place cannot be replaced, even by root. */
static void test_what_could_not_be_written_is_tried_again(void **state)
{
    (void)state;
    assert_int_equal(mkdir(tmp.path, 0700), 0);
    learn("alice");
    looprig_run_ms(&rig, 5 * SAVE_MS);
    assert_int_equal(rmdir(tmp.path), 0);
    wait_for("alice");
}

static void test_without_a_change_nothing_is_written(void **state)
{
    (void)state;
    looprig_run_ms(&rig, 5 * SAVE_MS);
    reopen();
    assert_int_equal(access(tmp.path, F_OK), -1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_change_is_written_a_while_later),
        TEST(test_close_writes_what_is_not_written_yet),
        TEST(test_what_could_not_be_written_is_tried_again),
        TEST(test_without_a_change_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
