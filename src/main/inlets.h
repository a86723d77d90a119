/* inlets.h - the local ports where clients come in: proxy listeners, forwards and DNS servers, as
 * the config lists them, and listeners that were passed to this process. */
#ifndef GW_MAIN_INLETS_H
#define GW_MAIN_INLETS_H

#include "main/inlet.h"
#include "main/node.h"

struct inlets;

/* Borrows all.  `page`, with `page_arg`: the pages of the proxy port; `command` as proxy_in_config
 * has it.  Returns owned with nothing
 * open yet, or NULL when out of memory. */
struct inlets *inlets_new(const struct node *n, const struct config *c, proxy_page_fn *page,
                          void *page_arg, const char *command);
void inlets_free(struct inlets *in); /* NULL is fine */

/* Takes n passed descriptors, before the first inlets_apply.  Each that listens is a proxy listener
 * from now on, whatever the config says; a line with its address means it.  The others are closed,
 * and logged. */
void inlets_adopt(struct inlets *in, const int *fds, size_t n);

/* Makes what is open agree with the config: opens what is new, closes what is gone, and leaves
 * alone what stays, with its clients.  Returns 0, or GW_E* with a sentence in `err`; then nothing
 * has changed. */
int inlets_apply(struct inlets *in, const struct config *c, char err[CONF_ERR_MAX]);
/* Logs what inlets_apply has opened, and warns of what is open to other machines. */
void inlets_report(struct inlets *in, const struct config *c);

/* What is open, with the real ports (ctl_deps.h). */
void inlets_each_proxy(const struct inlets *in, void (*each)(void *arg, const char *listen),
                       void *arg);
void inlets_each_dns(const struct inlets *in, void (*each)(void *arg, const char *listen),
                     void *arg);
void inlets_each_forward(const struct inlets *in,
                         void (*each)(void *arg, const char *listen, const char *target,
                                      const char *protocol),
                         void *arg);

#endif
