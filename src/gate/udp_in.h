/* udp_in.h - a static UDP forward (-U): a local UDP port that leads to one service of a peer; every
 * local sender has a pipe of its own.  On a wildcard address, answers come from the address that
 * was asked. */
#ifndef GW_GATE_UDP_IN_H
#define GW_GATE_UDP_IN_H

#include "gate/front.h"

#define UDP_IN_SENDERS_MAX 1024 /* one more ends the one idle longest */

struct udp_in;

/* Binds `at`.  Borrows loop and front.  0 and *out owned; GW_EINUSE, ... */
int udp_in_open(struct ev_loop *loop, struct front *front, const struct sockaddr_any *at,
                const struct front_target *target, struct udp_in **out);
void udp_in_close(struct udp_in *u); /* NULL is fine */
void udp_in_set_target(struct udp_in *u,
                       const struct front_target *t);           /* for senders from now on */
const struct sockaddr_any *udp_in_addr(const struct udp_in *u); /* as bound */
const struct front_target *udp_in_target(const struct udp_in *u);
uint64_t udp_in_count(const struct udp_in *u); /* datagrams that came, since it is open */

#endif
