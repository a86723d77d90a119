/* doctor_report.h - what the doctor has found, and how it is told (ctl_doctor.h). */
#ifndef GW_CTL_DOCTOR_REPORT_H
#define GW_CTL_DOCTOR_REPORT_H

#include <jansson.h>

#include "ctl/ctl_doctor.h"
#include "p2p/loss.h"

struct doctor_try {
    struct multiaddr addr;
    int err; /* 0: it answered */
    uint64_t took_us;
};

struct doctor_report {
    const char *name;
    bool is_resolved;
    int err;                        /* of the lookup, else of connecting; 0: none */
    char trail[RESOLVER_TRAIL_MAX]; /* what each tier said */
    const char *tier;
    struct peerid peer;
    uint64_t rtt_us; /* the best of npongs */
    unsigned npongs;
    int loss_err; /* 0: `loss` has been measured; GW_EUNSUP: there is nothing to see it by */
    struct loss_result loss;
    int there_err; /* 0: `there` has been told */
    struct checkup_state here, there;
    size_t ntries;
    struct doctor_try tries[DOCTOR_ADDRS_MAX];
};

/* Adds those of the peer's addresses that are not there yet; without with_loopback not those that
 * another machine means when it says them. */
void doctor_report_add(struct doctor_report *r, const struct multiaddr *addrs, size_t n,
                       bool with_loopback);

/* The answer, with the path in use as it is now.  Returns owned, or NULL when out of memory. */
json_t *doctor_report_json(const struct ctl_deps *d, const struct doctor_report *r);

#endif
