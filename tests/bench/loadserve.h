/* loadserve.h - the service the load generator talks to.  The first octet of a connection picks
 * what it does:
 *   D  sends without end
 *   U  swallows, and returns its running count (8 octets, little endian) for each 64 KiB, so that
 *      "up" is measured where the data arrives and not where it is queued
 *   E  echoes
 *   Q  answers each octet with the count of all U connections together  */
#ifndef BENCH_LOADSERVE_H
#define BENCH_LOADSERVE_H

/* Serves until the process is ended. */
_Noreturn void loadserve_run(const char *bind_addr, int port);

#endif
