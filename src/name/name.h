/* name.h - a host name as users type it: `laptop.grewal`, `db.alice`, `12D3KooW...`,
 * `laptop.grewal.p2p.`.  Pure: no allocation. */
#ifndef GW_NAME_NAME_H
#define GW_NAME_NAME_H

#include "base/cursor.h"

#define NAME_MAX_OCTETS 255
#define NAME_LABELS_MAX 32

struct name {
    char raw[NAME_MAX_OCTETS + 1];  /* as typed, without a final dot: base58 keeps its case */
    char text[NAME_MAX_OCTETS + 1]; /* lower case, without a final dot and without `.p2p` */
    size_t nlabels;
    uint8_t label_at[NAME_LABELS_MAX]; /* offsets into text */
    bool is_p2p;                       /* ended in .p2p: ours for certain */
};

/* 0, or GW_ESYNTAX: empty, an empty label, a label over 63 octets (a peer id excepted: in base32 it
 * is longer), over 255 octets or NAME_LABELS_MAX labels in all, or another octet than a-z A-Z 0-9
 * - _ . */
int name_parse(struct bytes text, struct name *out);

/* Views into the name; i < nlabels. */
struct bytes name_label(const struct name *n, size_t i);     /* lower case */
struct bytes name_raw_label(const struct name *n, size_t i); /* as typed */
struct bytes name_suffix(const struct name *n, size_t i); /* label i and what follows; lower case */

#endif
