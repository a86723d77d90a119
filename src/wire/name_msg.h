/* name_msg.h - what a signed name record says (id/name_record.h signs it).  Pure: no I/O, no
 * allocation.
 *
 *     message NameRecord {
 *         string name = 1;        // of the owner's choice; lower case; empty: the owner itself
 *         bytes peer = 2;         // whom it names, a binary peer id; absent: the owner
 *         uint64 sequence = 3;    // the greater one counts; milliseconds since 1970 by custom
 *         uint64 expires = 4;     // seconds since 1970
 *         repeated bytes addrs = 5; // binary multiaddrs, hints where that peer is
 *         bytes sealed = 6;       // for who has a key to it: id/share_code.h
 *     }
 */
#ifndef GW_WIRE_NAME_MSG_H
#define GW_WIRE_NAME_MSG_H

#include "wire/pb.h"

#define NAME_MSG_NAME_MAX   255
#define NAME_MSG_ADDRS_MAX  8 /* more are passed over */
#define NAME_MSG_SEALED_MAX 1280
#define NAME_MSG_MAX        2560

struct name_msg { /* views: into the input when decoded, the caller's when encoded */
    struct bytes name;
    struct bytes peer; /* n == 0: the owner */
    uint64_t sequence, expires_s;
    struct pb_list addrs;
    struct bytes sealed;
};

/* Returns 0, or GW_EPROTO: malformed, longer than NAME_MSG_MAX, a name longer than allowed or with
 * other octets than a-z 0-9 - _ and . */
int name_msg_decode(struct bytes in, struct name_msg *out);
/* Returns the octets put, or GW_EINVAL (what decode would refuse, or pass over) or GW_ENOMEM (no
 * room). */
int name_msg_encode(uint8_t *dst, size_t cap, const struct name_msg *m);

#endif
