/* fake_front.h - the functions of gate/front.h that entrances call; the test says what becomes of
 * an open. */
#ifndef GW_TESTS_FAKE_FRONT_H
#define GW_TESTS_FAKE_FRONT_H

#include "gate/front.h"

#define FAKE_FRONT_MAX 8

struct front_open;
typedef void fake_datagram_fn(struct front_open *o, struct bytes v);

struct front_open {
    struct front *front;
    struct front_target target;
    const char *kind;
    front_opened_fn *done;
    void *arg;
    bool is_opened, is_failed, is_canceled;
    uint8_t sent[32768]; /* by front_send */
    size_t nsent;
    bool is_last;
    struct stream *client; /* joined; NULL once closed */
    uint8_t got[65536];    /* from the joined client */
    size_t ngot;           /* of a pipe of datagrams: the latest one's */
    bool has_eof;
    struct dgrams *dgrams; /* joined; NULL once closed.  The test sends through it */
    unsigned ndatagrams;   /* got from it */
    dgrams_done_fn *dgrams_done;
    void *dgrams_arg;
};

struct front_lookup {
    char host[NAME_MAX_OCTETS + 1];
    front_address_fn *done;
    void *arg;
    bool is_told, is_canceled;
};

struct front {
    struct front_open open[FAKE_FRONT_MAX]; /* in the order of asking */
    size_t n;
    fake_datagram_fn *on_datagram; /* sees every one of the joined pipes; NULL: nobody */
    bool is_full;                  /* the next front_open or front_address is refused */
    struct front_lookup lookup[FAKE_FRONT_MAX]; /* likewise */
    size_t nlookups;
    struct ipaddr addr; /* what front_name_of knows: the name of this address */
    const char *name;
    struct front_failure failures[FRONT_FAILURES_MAX]; /* newest first */
    size_t nfailures;
    struct front_stats stats;
};

/* err 0: the service is open. */
void fake_front_opened(struct front *f, size_t i, int err);
/* Ends a joined pipe of datagrams, from the far side. */
void fake_front_end_dgrams(struct front *f, size_t i, int err);
/* What a front_address came to; ip is for err 0. */
void fake_front_address(struct front *f, size_t i, int err, const struct ipaddr *ip);
/* Ends the joined clients that are left. */
void fake_front_drop(struct front *f);

#endif
