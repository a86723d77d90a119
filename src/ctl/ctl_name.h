/* ctl_name.h - `gw name`: what this node is called in its networks, and who is called what there.
 */
#ifndef GW_CTL_CTL_NAME_H
#define GW_CTL_CTL_NAME_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

#define CTL_NAME_CLAIM_MS 10000 /* so long the relays may take */
#define CTL_NAME_ASK_MS   5000  /* each question to one of them */

/* {name: HOST.NETWORK} -> {name, done, relays: [{peer, status, error}]}: it is written to gw.conf,
 * re-read and claimed from the network's relays; `done`: one of them says that it is ours.  When
 * all refuse it, gw.conf is put back. */
void ctl_name_claim(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

/* The same to give it back: it goes from gw.conf, and the relays are asked to release it.  On a
 * relay of that network it is taken from whoever has it; then relays is empty. */
void ctl_name_release(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

/* {[network], [probe]} -> {names: [{name, peer, expires_s}], relays: [{peer, network, status,
 * error}], done, [error]}: the names of one network or of all, as the first relay of each that
 * answers tells them.  Only what its holder has signed is believed; relays: those who told nothing.
 * `done`: each network has had a relay that answers; if not, `error` says which have none.  probe,
 * true: no names are told, and every relay is asked whether it would. */
void ctl_name_list(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

#endif
