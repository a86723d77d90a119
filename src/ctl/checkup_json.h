/* checkup_json.h - a checkup as JSON, as gw(1) documents it.
 *
 *     {version, ip4, ip6, udp, mapping, filtering, reach, port_map: words (checkup_words.h),
 *      announced[], candidates[], mapped[]: multiaddrs,
 *      relays[] {id, name, state, rtt_ms}}          rtt_ms is not there when it is not known
 */
#ifndef GW_CTL_CHECKUP_JSON_H
#define GW_CTL_CHECKUP_JSON_H

#include <jansson.h>

#include "ctl/ctl_deps.h"

/* Each returns an owned value, or NULL when out of memory.  What a peer has sent is escaped. */
json_t *checkup_json_state(const struct ctl_deps *d, const struct checkup_state *s);
json_t *checkup_json_meaning(const struct checkup_state *s); /* {ip4: "sentence", ..., relays} */

#endif
