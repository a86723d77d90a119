/* kad_file.h - the routing table in a file, for the next start: a line `PEER-ID ADDRESS...` for
 * each contact, `#` begins a comment. */
#ifndef GW_P2P_KAD_FILE_H
#define GW_P2P_KAD_FILE_H

#include "p2p/kad_table.h"

#define KAD_FILE_MAX 256 /* contacts written and read, more are left out */

/* 0, or as fileio_replace.  An empty table leaves the file as it is: it may do better next time. */
int kad_file_save(const char *path, const struct kad_table *t);

/* Calls `each` for what can be read; lines that cannot are left out.  Returns how many, or as
 * fileio_read. */
int kad_file_load(const char *path,
                  void (*each)(void *arg, const struct peerid *peer, const struct multiaddr *addrs,
                               size_t naddrs),
                  void *arg);

#endif
