/* guess.c - see guess.h. */
#include "base/guess.h"

#include <string.h>

#define FAR_OFF GUESS_MAX

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* How many letters are to be added, taken away, changed, or swapped with the next one (optimal
 * string alignment). */
static size_t distance(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b), d[GUESS_MAX + 1][GUESS_MAX + 1];

    if (na > GUESS_MAX || nb > GUESS_MAX)
        return FAR_OFF;
    for (size_t i = 0; i <= na; i++)
        for (size_t k = 0; k <= nb; k++) {
            if (!i || !k) {
                d[i][k] = i + k;
                continue;
            }
            d[i][k] = least(d[i - 1][k] + 1, d[i][k - 1] + 1,
                            d[i - 1][k - 1] + (a[i - 1] != b[k - 1]));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
                d[i - 2][k - 2] + 1 < d[i][k])
                d[i][k] = d[i - 2][k - 2] + 1;
        }
    return d[na][nb];
}

const char *guess(const char *typed, const char *(*word)(const void *arg, size_t i),
                  const void *arg)
{
    const char *best = NULL, *w;
    size_t least_off = 3;

    for (size_t i = 0; (w = word(arg, i)) != NULL; i++) {
        bool is_begun = typed[0] && typed[1] && strncmp(typed, w, strlen(typed)) == 0;
        size_t off = is_begun ? 1 : distance(typed, w);
        if (off < least_off && 2 * off < strlen(typed) + is_begun) {
            least_off = off;
            best = w;
        }
    }
    return best;
}
