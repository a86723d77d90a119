/* front_target.h - what a client of the near side asks for: a host, and a port or service of it. */
#ifndef GW_GATE_FRONT_TARGET_H
#define GW_GATE_FRONT_TARGET_H

#include "host/host.h"
#include "name/name.h"
#include "svc/registry.h"

#define FRONT_TARGET_STR_MAX (NAME_MAX_OCTETS + SERVICE_NAME_MAX + 4) /* with brackets and NUL */

struct front_target {
    char host[NAME_MAX_OCTETS + 1];     /* a name or an IP address, without brackets */
    char service[SERVICE_NAME_MAX + 1]; /* "" = by port */
    uint16_t port;                      /* 0 = by service name */
    bool is_udp;                        /* datagrams: front_join_dgrams in place of front_join */
    enum host_path path;
    bool has_path; /* else front_set_paths decides */
};

/* Reads NAME:PORT or NAME:SERVICE, or an IPv6 address between brackets in place of the name; the
 * path stays "not given".  0; GW_ESYNTAX: no host, or no colon; GW_EINVAL: no port from 1 to 65535
 * and no name of a service. */
int front_target_parse(const char *text, struct front_target *out);
/* The reverse, with brackets around an IPv6 address; returns out. */
const char *front_target_print(const struct front_target *t, char out[FRONT_TARGET_STR_MAX]);

#endif
