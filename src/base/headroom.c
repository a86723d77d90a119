/* headroom.c - see headroom.h.  By mmap: a large block that is freed would change what malloc takes
 * from the heap. */
#include "base/headroom.h"

#include <stdlib.h>
#include <sys/mman.h>

#define OCTETS (2u << 20)

static void *aside; /* of libev, of which there is one in a process, too; NULL: none */

static void *take(void)
{
    void *p = mmap(NULL, OCTETS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

bool headroom_is_there(void)
{
    void *p = take();

    if (!p)
        return false;
    munmap(p, OCTETS);
    return true;
}

void *headroom_realloc(void *p, long n)
{
    if (n <= 0) {
        free(p);
        return NULL;
    }
    void *q = realloc(p, (size_t)n);
    if (!q && aside) {
        munmap(aside, OCTETS);
        aside = NULL;
        q = realloc(p, (size_t)n);
    } else if (q && !aside) {
        aside = take();
    }
    return q;
}
