/* handlers.h - which protocol ids are served, and by whom. */
#ifndef GW_HOST_HANDLERS_H
#define GW_HOST_HANDLERS_H

#include "host/host.h"

struct handler;

struct handlers {             /* zeroed means none */
    struct handler *exact;    /* by id */
    struct handler *prefixes; /* in the order they came; the first that wants it serves */
};

struct handler_target {
    host_handler_fn *fn;
    void *arg;
};

/* As host_handle. */
int handlers_add(struct handlers *hs, const char *protocol, host_wants_fn *wants,
                 host_handler_fn *fn, void *arg);

/* As host_unhandle. */
void handlers_remove(struct handlers *hs, const char *protocol);

/* Who serves this id to `peer`; false when nobody does.  `out` may be NULL. */
bool handlers_find(const struct handlers *hs, const struct peerid *peer, struct bytes protocol,
                   struct handler_target *out);

void handlers_each(const struct handlers *hs, void (*each)(void *arg, const char *protocol),
                   void *arg);
void handlers_fini(struct handlers *hs);

#endif
