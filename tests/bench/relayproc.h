/* relayproc.h - what another process uses, from /proc. */
#ifndef BENCH_RELAYPROC_H
#define BENCH_RELAYPROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct relayproc {
    uint64_t rss; /* octets */
    double cpu_s; /* user and system */
    unsigned descriptors;
};

bool relayproc_read(pid_t pid, struct relayproc *out); /* false: it is not there */

#endif
