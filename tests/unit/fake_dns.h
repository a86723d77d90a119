/* fake_dns.h - the functions of net/dns.h without a network: the test says what a name means, and
 * 127.1.0.0/16 stands for the public internet. */
#ifndef GW_TESTS_FAKE_DNS_H
#define GW_TESTS_FAKE_DNS_H

#include "net/dns.h"

struct dns {
    struct ev_loop *loop;
    /* the answer to every question */
    int err;
    const char *ips[4]; /* in IPv4 notation; NULL: no more */
    /* what was asked last */
    char host[256];
    unsigned asked;
    bool is_answered, is_cancelled;
};

#endif
