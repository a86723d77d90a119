/* test_turn.c - order of the tasks of a turn, and that none is slept over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/turn.h"

static struct ev_loop *loop;
static struct turn *turn;
static char ran[16]; /* names in the order they ran */

struct named {
    struct turn_task task;
    char name;
    struct named *adds; /* what it adds when it runs */
    int again;          /* how often it adds itself */
};

static void run(struct turn_task *t)
{
    struct named *n = (struct named *)t;
    ran[strlen(ran)] = n->name;
    if (n->adds)
        turn_add(turn, &n->adds->task);
    if (n->again-- > 0)
        turn_add(turn, t);
}

#define NAMED(c)                     \
    {                                \
        .task.run = run, .name = (c) \
    }

static int setup(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    turn = turn_new(loop);
    memset(ran, 0, sizeof ran);
    return loop && turn ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    turn_free(turn);
    ev_loop_destroy(loop);
    return 0;
}

static void test_add_runs_first_in_first_out(void **state)
{
    (void)state;
    struct named a = NAMED('a'), b = NAMED('b'), c = NAMED('c');
    turn_add(turn, &b.task);
    turn_add(turn, &a.task);
    turn_add(turn, &c.task);
    assert_string_equal(ran, ""); /* nothing before the end of the turn */
    ev_run(loop, EVRUN_NOWAIT);
    assert_string_equal(ran, "bac");
    ev_run(loop, EVRUN_NOWAIT);
    assert_string_equal(ran, "bac");
}

static void test_add_twice_runs_once(void **state)
{
    (void)state;
    struct named a = NAMED('a'), b = NAMED('b');
    turn_add(turn, &a.task);
    turn_add(turn, &b.task);
    turn_add(turn, &a.task);
    ev_run(loop, EVRUN_NOWAIT);
    assert_string_equal(ran, "ab");
}

static void test_add_by_a_task_runs_in_the_same_turn(void **state)
{
    (void)state;
    struct named c = NAMED('c'), b = NAMED('b'), a = NAMED('a');
    a.adds = &c;
    a.again = 2;
    turn_add(turn, &a.task);
    turn_add(turn, &b.task);
    ev_run(loop, EVRUN_NOWAIT);
    assert_string_equal(ran, "abcacac");
}

static struct named late = NAMED('l');

static void on_prepare(struct ev_loop *l, ev_prepare *w, int revents)
{
    (void)l, (void)w, (void)revents;
    turn_add(turn, &late.task);
}

static void test_add_by_a_prepare_watcher_runs_before_the_sleep(void **state)
{
    (void)state;
    ev_prepare before, after; /* libev runs watchers of one kind in an order it does not promise */
    ev_prepare_init(&before, on_prepare);
    ev_prepare_init(&after, on_prepare);
    turn_free(turn);
    ev_prepare_start(loop, &before);
    turn = turn_new(loop);
    ev_run(loop, EVRUN_NOWAIT);
    assert_string_equal(ran, "l");
    ev_prepare_stop(loop, &before);
    ev_prepare_start(loop, &after);
    ev_run(loop, EVRUN_NOWAIT);
    assert_string_equal(ran, "ll");
    ev_prepare_stop(loop, &after);
}

static void test_del_takes_a_task_out(void **state)
{
    (void)state;
    struct named a = NAMED('a'), b = NAMED('b'), c = NAMED('c');
    turn_del(turn, &b.task); /* not queued: fine */
    turn_add(turn, &a.task);
    turn_add(turn, &b.task);
    turn_add(turn, &c.task);
    turn_del(turn, &b.task);
    turn_del(turn, &c.task);
    turn_add(turn, &c.task);
    ev_run(loop, EVRUN_NOWAIT);
    assert_string_equal(ran, "ac");
}

static void free_self(struct turn_task *t)
{
    strcat(ran, "f");
    free(t);
}

static void test_task_may_free_itself(void **state)
{
    (void)state;
    struct turn_task *t = calloc(1, sizeof *t);
    struct named a = NAMED('a');
    t->run = free_self;
    turn_add(turn, t);
    turn_add(turn, &a.task);
    ev_run(loop, EVRUN_NOWAIT);
    assert_string_equal(ran, "fa");
}

static void test_free_leaves_tasks_idle(void **state)
{
    (void)state;
    struct named a = NAMED('a'), b = NAMED('b');
    turn_add(turn, &a.task);
    turn_add(turn, &b.task);
    turn_free(turn);
    turn = turn_new(loop);
    turn_add(turn, &b.task);
    ev_run(loop, EVRUN_NOWAIT);
    assert_string_equal(ran, "b");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_add_runs_first_in_first_out),
        T(test_add_twice_runs_once),
        T(test_add_by_a_task_runs_in_the_same_turn),
        T(test_add_by_a_prepare_watcher_runs_before_the_sleep),
        T(test_del_takes_a_task_out),
        T(test_task_may_free_itself),
        T(test_free_leaves_tasks_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
