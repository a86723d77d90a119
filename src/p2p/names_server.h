/* names_server.h - the name service of a network's relay: /gw/names/1.0.0.
 *
 * Members (those who may use the relay) claim, release, find and list.  What is asked of another
 * network is handed on to all relays of it that we know, and the first good answer is given back
 * with the route; who may have that done, and whose questions are answered, is for names_judge
 * (pure).
 */
#ifndef GW_P2P_NAMES_SERVER_H
#define GW_P2P_NAMES_SERVER_H

#include "host/host.h"
#include "p2p/names_book.h"
#include "p2p/networks.h"
#include "wire/names_msg.h"

#define NAMES_SERVER_ASK_MS 3000 /* for another network's relay */
#define NAMES_PER_MINUTE \
    240 /* questions of one peer, relays of other networks excepted: ten times as many */
#define NAMES_PENDING_MAX 256 /* handed on at a time */

struct names_server;

typedef bool names_member_fn(void *arg, const struct peerid *peer);

struct names_server_parts { /* all borrowed */
    struct host *host;
    struct names_book *book;
    const struct networks *networks;
    names_member_fn *is_member;
    /* The names of the book have changed: one was claimed or released.  May be NULL. */
    void (*changed)(void *arg, const char *host);
    void *arg;
};

/* What to do with a question. */
enum names_verdict { NAMES_ANSWER_IT, NAMES_HAND_ON, NAMES_REFUSE };
/* On NAMES_REFUSE *status says why. */
enum names_verdict names_judge(const struct networks *n, const struct peerid *self,
                               const struct peerid *from, bool is_member,
                               const struct names_question *q, enum names_status *status);

/* Returns owned (free it between host_stop and host_free), or NULL. */
struct names_server *names_server_new(const struct names_server_parts *p);
void names_server_free(struct names_server *s); /* NULL is fine */

#endif
