/* headroom.h - memory for libraries that cannot be without any.
 *
 * Where malloc gives nothing libev and GMP abort, libtasn1 crashes (GnuTLS calls both of these) and
 * jansson's parser writes past the end of a string.  So whoever is about to hand them something
 * from outside looks first whether there is memory enough for all that they do with it, and takes
 * it for "out of memory" if not.  What is seen stays true during the call: there is one thread. */
#ifndef GW_BASE_HEADROOM_H
#define GW_BASE_HEADROOM_H

#include <stdbool.h>

/* Would the kernel still give this process 2 MiB?  malloc asks it for 1 MiB at a time at most; a
 * handshake and a JSON text of 64 KiB take less.  Costs two system calls. */
bool headroom_is_there(void);

/* realloc, for ev_set_allocator.  It keeps 2 MiB aside that nothing has touched and gives them up
 * when there is nothing else; later it puts as much aside again.  n == 0: frees.  NULL: even that
 * is spent. */
void *headroom_realloc(void *p, long n);

#endif
