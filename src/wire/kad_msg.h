/* kad_msg.h - the messages of libp2p Kademlia (libp2p specs, kad-dht).  Pure: no I/O, no
 * allocation.
 *
 *     message Message {
 *         MessageType type = 1;           // enum kad_type; 0 is left out
 *         bytes key = 2;
 *         Record record = 3;
 *         repeated Peer closerPeers = 8;
 *         repeated Peer providerPeers = 9;
 *         int32 clusterLevelRaw = 10;     // not used
 *     }
 *     message Record {
 *         bytes key = 1;
 *         bytes value = 2;
 *         string timeReceived = 5;
 *     }
 *     message Peer {
 *         bytes id = 1;
 *         repeated bytes addrs = 2;
 *         ConnectionType connection = 3;  // passed over, and left out: NOT_CONNECTED
 *     }
 *
 * On a stream each message has its length, a varint, in front of it.
 */
#ifndef GW_WIRE_KAD_MSG_H
#define GW_WIRE_KAD_MSG_H

#include "wire/peer_msg.h"

#define KAD_MSG_MAX       32768 /* octets of a message without its length: what we read and write */
#define KAD_MSG_PEERS_MAX 20    /* of each kind; more are passed over */
#define KAD_MSG_KEY_MAX   128
#define KAD_MSG_VALUE_MAX 4096 /* octets of a record's value */
#define KAD_MSG_TIME_MAX  64

/* As on the wire. */
enum kad_type {
    KAD_PUT_VALUE,
    KAD_GET_VALUE,
    KAD_ADD_PROVIDER,
    KAD_GET_PROVIDERS,
    KAD_FIND_NODE,
    KAD_PING,
};

struct kad_record { /* views; key.n == 0: no record */
    struct bytes key, value;
    struct bytes received; /* RFC 3339, of the node that holds it; may be empty */
};

struct kad_peers {
    size_t n;
    struct peer_msg v[KAD_MSG_PEERS_MAX];
};

struct kad_msg { /* views: into the input when decoded, the caller's when encoded */
    enum kad_type type;
    struct bytes key;
    struct kad_record record;
    struct kad_peers closer, providers;
};

/* Reads a whole message without its length.  A peer that is malformed or has no id is passed over,
 * and so is a record without a key.  Returns 0, or GW_EPROTO: malformed, of an unknown type, longer
 * than KAD_MSG_MAX, a key, a value or a time longer than allowed. */
int kad_msg_decode(struct bytes in, struct kad_msg *out);

/* Puts the message behind its length.  Peers that do not fit into KAD_MSG_MAX are left out, the
 * last of closer first.  Returns the octets put, or GW_EINVAL (what decode would refuse) or
 * GW_ENOMEM (no room). */
int kad_msg_encode(uint8_t *dst, size_t cap, const struct kad_msg *m);

#endif
