/* daemon.h - the running node: every layer, built bottom up and torn down in reverse. */
#ifndef GW_MAIN_DAEMON_H
#define GW_MAIN_DAEMON_H

#include "ctl/ctl.h"
#include "main/discovery.h"
#include "main/inlets.h"
#include "main/node.h"
#include "main/options.h"
#include "main/reachable.h"
#include "p2p/loss.h"

struct daemon {
    const struct options *options; /* borrowed */
    struct ev_loop *loop;
    uint64_t start_ms; /* clock_mono_ms() */
    char *command;     /* owned; options_command */
    struct nodedir dir;
    struct config config; /* in force */
    struct config first;  /* that of the start, once it is no more: is_reloaded */
    bool is_reloaded;
    struct registry *services;
    struct authz *authz;
    struct node node;
    struct discovery discovery;
    struct reachable reachable;
    struct checkup *checkup;
    struct loss_server *loss;
    struct svc_in *svc_in;
    struct inlets *inlets;
    struct ctl_deps deps; /* for ctl and the pages; filled in when everything stands */
    struct ctl *ctl;
    ev_signal on_int, on_term, on_hup;
};

/* Runs in the foreground until SIGINT, SIGTERM or `gw stop`.  Returns the exit status; why it could
 * not start stands on stderr in one line. */
int daemon_run(const struct options *o);

#endif
