/* inlets.h - the local ports where clients come in: proxy listeners and forwards, as the config
 * lists them. */
#ifndef GW_MAIN_INLETS_H
#define GW_MAIN_INLETS_H

#include "gate/forward_in.h"
#include "gate/socks5_in.h"
#include "main/config.h"

struct inlets;

/* Borrows all.  Returns owned with nothing open yet, or NULL when out of memory. */
struct inlets *inlets_new(struct ev_loop *loop, struct turn *turn, struct front *front,
                          const struct config *c);
void inlets_free(struct inlets *in); /* NULL is fine */

/* Makes what is open agree with the config: opens what is new, closes what is gone, and leaves
 * alone what stays, with its clients.  Returns 0, or GW_E* with a sentence in `err`; then nothing
 * has changed. */
int inlets_apply(struct inlets *in, const struct config *c, char err[CONF_ERR_MAX]);
/* Logs what inlets_apply has opened, and warns of what is open to other machines. */
void inlets_report(struct inlets *in, const struct config *c);

/* What is open, with the real ports (ctl_deps.h). */
void inlets_each_proxy(const struct inlets *in, void (*each)(void *arg, const char *listen),
                       void *arg);
void inlets_each_forward(const struct inlets *in,
                         void (*each)(void *arg, const char *listen, const char *target),
                         void *arg);

#endif
