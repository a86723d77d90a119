/* name_words.h - addresses and mapped ports as the words of a line say them: in the names file, and
 * in what the resolver keeps. */
#ifndef GW_NAME_NAME_WORDS_H
#define GW_NAME_NAME_WORDS_H

#include "name/resolver.h"

/* Reads one word into the answer, whose peer is set: a multiaddr (a /p2p/ at its end has to be the
 * peer's, and is dropped), or PORT=/protocol/id.  NULL, or what is wrong with it (static). */
const char *name_words_read(const char *word, struct name_answer *a);

#endif
