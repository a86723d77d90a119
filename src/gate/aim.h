/* aim.h - where a host leads that a client asks for: to a peer, straight to the internet from here,
 * or there by the exit of a peer (front.h). */
#ifndef GW_GATE_AIM_H
#define GW_GATE_AIM_H

#include "gate/front.h"

struct aim_rules { /* borrowed, but for via */
    struct resolver *resolver;
    struct loopback *loopback; /* NULL: no stable addresses */
    struct dns *dns;           /* NULL: none */
    enum front_other other;
    char *via;           /* of FRONT_VIA; owned */
    front_path_fn *path; /* NULL: any will do */
    void *path_arg;
};

/* The path to a peer when the target does not say. */
enum host_path aim_path(const struct aim_rules *rules, const struct peerid *peer);

enum aim_kind { AIM_PEER, AIM_DIRECT, AIM_EXIT };

/* err 0: the kind stands in the aim, and the answer (borrowed for the call) is the peer's or the
 * exit's, NULL for AIM_DIRECT.  Else GW_E* and why, borrowed for the call. */
typedef void aim_done_fn(void *arg, int err, const struct name_answer *answer, const char *why);

struct aim { /* embedded */
    enum aim_kind kind;
    char *via; /* AIM_EXIT: the exit's name as it was configured then; owned */
    const struct aim_rules *rules;
    const char *host;
    struct resolver_req *lookup; /* NULL: none under way */
    aim_done_fn *done;
    void *arg;
};

/* Borrows rules, and host until done.  Calls done once, from inside or later. */
void aim_start(struct aim *a, const struct aim_rules *rules, const char *host, aim_done_fn *done,
               void *arg);
void aim_fini(struct aim *a); /* done will not be called; fine when zeroed */

#endif
