/* guess.h - what somebody may have meant who typed something else. */
#ifndef GW_BASE_GUESS_H
#define GW_BASE_GUESS_H

#include <stdbool.h>
#include <stddef.h>

#define GUESS_MAX 32 /* octets; longer words are not looked at */

/* The one of the words that `typed` is the beginning of, or a slip of the finger from (two letters
 * at most, and fewer than half of it); NULL: none.  `word` gives the i-th, and NULL behind the
 * last. */
const char *guess(const char *typed, const char *(*word)(const void *arg, size_t i),
                  const void *arg);

#endif
