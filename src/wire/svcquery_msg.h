/* svcquery_msg.h - /shurli/service-query/1.0.0: ask a peer for the list of its services.
 * Pure: no I/O, no allocation.  The JSON inside is made and read elsewhere.
 *
 *     request   01 01
 *     answer    02 | length, u32 | JSON: [{"name":..., "protocol":..., "enabled":...}, ...]
 *     error     03 | length, u32 | text
 *
 * Decoders:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 * Encoders:  > 0  octets put    |  < 0  GW_E*
 */
#ifndef GW_WIRE_SVCQUERY_MSG_H
#define GW_WIRE_SVCQUERY_MSG_H

#include "base/cursor.h"

#define SVCQUERY_PROTOCOL    "/shurli/service-query/1.0.0"

#define SVCQUERY_REQUEST_LEN 2
#define SVCQUERY_HEADER_LEN  5     /* octets of an answer before its body */
#define SVCQUERY_BODY_MAX    65536 /* octets */

struct svcquery_answer {
    bool is_error;
    struct bytes body; /* the JSON, or the error's text: a view into the input, or the caller's */
};

/* GW_EPROTO: anything but the request. */
int svcquery_decode_request(struct bytes in);
int svcquery_encode_request(uint8_t *dst, size_t cap);

/* GW_EPROTO: neither an answer nor an error, or a body above SVCQUERY_BODY_MAX. */
int svcquery_decode_answer(struct bytes in, struct svcquery_answer *out);

/* GW_EINVAL: a body above SVCQUERY_BODY_MAX; GW_ENOMEM: no room. */
int svcquery_encode_answer(uint8_t *dst, size_t cap, const struct svcquery_answer *m);

#endif
