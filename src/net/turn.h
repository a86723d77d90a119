/* turn.h - work put off to the end of this turn of the loop, just before it sleeps; and what else a
 * loop has once.
 *
 * What one wake-up brings is gathered: ten packets for one socket become one write, ten reads for
 * one connection one burst of packets.  Tasks run first in, first out; what a task adds (itself
 * too) runs before the loop sleeps as well.  A task may free what it is embedded in.
 */
#ifndef GW_NET_TURN_H
#define GW_NET_TURN_H

#include "net/hangup.h"

struct turn;

struct turn_task { /* embedded; zeroed means idle */
    struct turn_task *prev, *next;
    void (*run)(struct turn_task *t);
};

struct turn *turn_new(struct ev_loop *loop); /* returns owned, or NULL when out of memory */
void turn_free(struct turn *t); /* tasks still queued become idle, unrun; NULL is fine */

void turn_add(struct turn *t, struct turn_task *task); /* fine when queued: stays in place */
void turn_del(struct turn *t, struct turn_task *task); /* fine when not queued */

struct hangup *turn_hangup(struct turn *t); /* borrowed */

#endif
