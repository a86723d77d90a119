/* fake_front.h - the functions of gate/front.h that entrances call; the test says what becomes of
 * an open. */
#ifndef GW_TESTS_FAKE_FRONT_H
#define GW_TESTS_FAKE_FRONT_H

#include "gate/front.h"

#define FAKE_FRONT_MAX 8

struct front_open {
    struct front_target target;
    const char *kind;
    front_opened_fn *done;
    void *arg;
    bool is_opened, is_failed, is_canceled;
    uint8_t sent[8192]; /* by front_send */
    size_t nsent;
    bool is_last;
    struct stream *client; /* joined; NULL once closed */
    uint8_t got[65536];    /* from the joined client */
    size_t ngot;
    bool has_eof;
};

struct front {
    struct front_open open[FAKE_FRONT_MAX]; /* in the order of asking */
    size_t n;
    bool is_full; /* the next front_open gives NULL */
};

/* err 0: the service is open. */
void fake_front_opened(struct front *f, size_t i, int err);
/* Ends the joined clients that are left. */
void fake_front_drop(struct front *f);

#endif
