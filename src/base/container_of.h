/* container_of.h - from an embedded member back to the struct that it is a part of. */
#ifndef GW_BASE_CONTAINER_OF_H
#define GW_BASE_CONTAINER_OF_H

#include <stddef.h>

/* `p` points to the member `member` of a `type`; gives that `type *`.  Not for const pointers. */
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))

#endif
