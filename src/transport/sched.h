/* sched.h - whose turn it is to send: deficit round robin with a head start for those who were
 * quiet.
 *
 * After RFC 8290 (FQ-CoDel) s.4: a stream that had nothing to send enters a first list that is
 * served before the second; once it has used its quantum it takes turns with the others.  So an ssh
 * keystroke goes before bulk, and bulk streams share alike.  Pure: no I/O, no allocation.
 */
#ifndef GW_TRANSPORT_SCHED_H
#define GW_TRANSPORT_SCHED_H

#include <stdbool.h>
#include <stddef.h>

#define SCHED_QUANTUM 16384 /* octets of one turn */

struct sched_entry { /* embedded; zeroed means not queued */
    struct sched_entry *prev, *next;
    long deficit;
    bool is_queued;
    bool is_fresh;
};

struct sched { /* zeroed means empty */
    struct sched_entry *fresh, *bulk;
};

void sched_add(struct sched *s,
               struct sched_entry *e); /* has something to send; fine when queued */
void sched_del(struct sched *s, struct sched_entry *e); /* fine when not queued */

/* The entry that sends next, or NULL.  It stays until sched_sent or sched_idle is told. */
struct sched_entry *sched_next(struct sched *s);
void sched_sent(struct sched_entry *e, size_t n);        /* n octets of the turn are used */
void sched_idle(struct sched *s, struct sched_entry *e); /* it has nothing (more) to send now */

#endif
