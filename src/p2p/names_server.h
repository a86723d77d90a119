/* names_server.h - the name service of a network's relay: /gw/names/1.0.0.
 *
 * Members (those who may use the relay) claim, release, find and list.  What is asked of another
 * network is handed on to all relays of it that we know, and of a network that we do not know to
 * those of all that we trust; the first good answer is given back with the route.  Who may have
 * that done, and whose questions are answered, is for names_judge (pure).
 */
#ifndef GW_P2P_NAMES_SERVER_H
#define GW_P2P_NAMES_SERVER_H

#include "host/host.h"
#include "p2p/names_book.h"
#include "p2p/names_poll.h"
#include "wire/names_msg.h"

#define NAMES_SERVER_ASK_MS 3000 /* for another network's relay, */
#define NAMES_SERVER_HOP_MS 500  /* less so much for each relay that the question has passed */
#define NAMES_EXPIRE_S      60   /* so often the book is looked through for what has run out */
#define NAMES_PER_MINUTE    240  /* questions of one peer; of a relay that we trust: */
#define NAMES_RELAY_FACTOR  10   /* so many times as many */
#define NAMES_PENDING_MAX   256  /* questions that are read or handed on */
#define NAMES_PER_PEER_MAX  64   /* of them of one peer */
#define NAMES_POLL_MAX      16   /* relays that one question is handed on to */

struct names_server;

typedef bool names_member_fn(void *arg, const struct peerid *peer);

struct names_server_parts { /* all borrowed */
    struct host *host;
    struct names_book *book;
    const struct networks *networks;
    names_member_fn *is_member;
    void *arg;
};

/* What to do with a question. */
enum names_verdict { NAMES_ANSWER_IT, NAMES_HAND_ON, NAMES_REFUSE };
/* On NAMES_REFUSE *status says why.
 *
 * FIND within our own network: for members, and relays of a network with trust = full.  In another
 * one, handed on: for members when we trust it; for a relay of a third network that we trust fully
 * when transit is on.  All else is for members, in our own network. */
enum names_verdict names_judge(const struct networks *n, const struct peerid *self,
                               const struct peerid *from, bool is_member,
                               const struct names_question *q, enum names_status *status);
/* The relays that a question is handed on to: of its network, or of all that we trust when that one
 * is not known, but none that it has passed or comes from.  Views into n.  How many. */
size_t names_next_relays(const struct networks *n, const struct peerid *from,
                         const struct names_question *q,
                         const struct network_relay *out[NAMES_POLL_MAX]);

/* Returns owned (free it between host_stop and host_free), or NULL. */
struct names_server *names_server_new(const struct names_server_parts *p);
void names_server_free(struct names_server *s); /* NULL is fine */

#endif
