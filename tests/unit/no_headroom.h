/* no_headroom.h - headroom that is gone when a test says so.  The test is linked with
 * $(NO_HEADROOM), so that whoever looks for some comes here. */
#ifndef GW_TESTS_NO_HEADROOM_H
#define GW_TESTS_NO_HEADROOM_H

#include <limits.h>

#include "base/headroom.h"

static unsigned headroom_left = UINT_MAX; /* looks that find some before all others do not */

bool __wrap_headroom_is_there(void);

bool __wrap_headroom_is_there(void)
{
    if (headroom_left == UINT_MAX)
        return true;
    return headroom_left && headroom_left--;
}

#endif
