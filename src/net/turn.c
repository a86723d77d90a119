/* turn.c - see turn.h. */
#include "net/turn.h"

#include <stdlib.h>
#include <utlist.h>

struct turn {
    struct ev_loop *loop;
    struct hangup *hangup;
    ev_prepare prepare;
    struct turn_task *queue; /* utlist DL: the head's prev is the tail, so != NULL means queued */
};

static void on_prepare(struct ev_loop *loop, ev_prepare *w, int revents)
{
    struct turn *t = w->data;
    (void)loop;
    (void)revents;

    while (t->queue) {
        struct turn_task *task = t->queue;
        turn_del(t, task);
        task->run(task); /* `task` may be gone now */
    }
}

struct turn *turn_new(struct ev_loop *loop)
{
    struct turn *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->loop = loop;
    t->hangup = hangup_new(loop);
    if (!t->hangup) {
        free(t);
        return NULL;
    }
    ev_prepare_init(&t->prepare, on_prepare);
    ev_set_priority(&t->prepare, EV_MINPRI); /* behind the other ones, which may add tasks */
    t->prepare.data = t;
    ev_prepare_start(loop, &t->prepare);
    return t;
}

void turn_free(struct turn *t)
{
    if (!t)
        return;
    while (t->queue)
        turn_del(t, t->queue);
    ev_prepare_stop(t->loop, &t->prepare);
    hangup_free(t->hangup);
    free(t);
}

struct hangup *turn_hangup(struct turn *t)
{
    return t->hangup;
}

void turn_add(struct turn *t, struct turn_task *task)
{
    if (!task->prev)
        DL_APPEND(t->queue, task);
}

void turn_del(struct turn *t, struct turn_task *task)
{
    if (!task->prev)
        return;
    DL_DELETE(t->queue, task);
    task->prev = NULL;
    task->next = NULL;
}
