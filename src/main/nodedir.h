/* nodedir.h - the one directory of a node: gw.conf key names authorized_keys state/ ctl.sock. */
#ifndef GW_MAIN_NODEDIR_H
#define GW_MAIN_NODEDIR_H

#include "base/conf.h"
#include "id/key.h"

struct nodedir {
    char *dir, *conf, *key, *names, *authorized_keys, *ctl; /* owned paths */
    char *lock_path;
    char *ports, *loopback, *relay_state, *names_book, *names_cache, *dht; /* in state/ */
    int lock; /* descriptor that holds the lock; -1: none */
};

/* Fills in the paths; `conf` (may be NULL) stands in for DIR/gw.conf.  Returns 0, or GW_ENOMEM with
 * a sentence in `err`; call nodedir_close in either case. */
int nodedir_name(struct nodedir *d, const char *dir, const char *conf, char err[CONF_ERR_MAX]);
/* The same, and makes the directory (0700) when it is missing: GW_E* of fileio_mkdir_private too.
 */
int nodedir_open(struct nodedir *d, const char *dir, const char *conf, char err[CONF_ERR_MAX]);
void nodedir_close(struct nodedir *d);

/* Only one daemon runs on a directory: takes the lock, held until nodedir_close.  GW_EINUSE names
 * its holder. */
int nodedir_lock(struct nodedir *d, char err[CONF_ERR_MAX]);

/* The node's key, made on first use.  0 and *out owned, or GW_E* with a sentence in `err`. */
int nodedir_key(const struct nodedir *d, struct key **out, char err[CONF_ERR_MAX]);
/* Looks whether it is good, and makes none: where there is none yet that is fine. */
int nodedir_check_key(const struct nodedir *d, char err[CONF_ERR_MAX]);

/* Makes state/ when it is missing: what is kept there can be written.  As fileio_mkdir_private. */
int nodedir_make_state(const struct nodedir *d);

/* Was the one file changed after the other?  False when either is missing. */
bool nodedir_is_newer(const char *file, const char *than);

/* The random ports, which are kept so that addresses in other people's files stay good. */
struct nodedir_ports {
    uint16_t udp4, udp6, tcp4, tcp6; /* 0: none yet */
};
void nodedir_read_ports(const struct nodedir *d, struct nodedir_ports *out);
int nodedir_write_ports(const struct nodedir *d,
                        const struct nodedir_ports *p); /* as fileio_replace */

#endif
