/* tier_exec.c - see tier_exec.h. */
#include "name/tier_exec.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/err.h"
#include "name/errands.h"
#include "name/tier_direct.h"
#include "net/child.h"

#define TTL_MAX_S 86400

struct tier_exec {
    char *path;
    const char *program; /* its last part */
    struct errands errands;
};

/* --- its answer */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_space(uint8_t c)
{
    return is_blank(c) || c == '\r' || c == '\n';
}

static struct bytes trim(struct bytes v)
{
    while (v.n && is_space(v.p[v.n - 1]))
        v.n--;
    while (v.n && is_space(*v.p))
        v = (struct bytes){ v.p + 1, v.n - 1 };
    return v;
}

/* Takes the next word off a trimmed line; false at its end. */
static bool next_word(struct bytes *line, struct bytes *word)
{
    while (line->n && is_blank(*line->p))
        *line = (struct bytes){ line->p + 1, line->n - 1 };
    *word = (struct bytes){ line->p, 0 };
    while (word->n < line->n && !is_blank(line->p[word->n]))
        word->n++;
    if (!word->n)
        return false;
    *line = (struct bytes){ line->p + word->n, line->n - word->n };
    return true;
}

/* More than a day is a day. */
static int read_ttl(struct bytes digits, uint64_t *ms)
{
    uint64_t s = 0;

    if (!digits.n)
        return GW_ESYNTAX;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return GW_ESYNTAX;
        s = s > TTL_MAX_S ? s : s * 10 + (digits.p[i] - (unsigned)'0');
    }
    *ms = (s < TTL_MAX_S ? s : TTL_MAX_S) * 1000;
    return 0;
}

/* An address of a kind that is not known is left out, as is one too many. */
static int read_addr(struct bytes word, struct name_answer *out)
{
    struct multiaddr a;
    struct peerid id;
    int err = multiaddr_parse(word, &a);

    if (err == GW_EUNSUP)
        return 0;
    if (err || (multiaddr_peer(&a, &id) && !peerid_eq(&id, &out->peer)))
        return GW_ESYNTAX;
    if (out->naddrs < RESOLVER_ADDRS_MAX) {
        multiaddr_strip_peer(&a);
        out->addrs[out->naddrs++] = a;
    }
    return 0;
}

int tier_exec_read(struct bytes line, struct name_answer *out)
{
    static const char ttl[] = "ttl=";
    const size_t n = sizeof ttl - 1;
    struct bytes word;

    *out = (struct name_answer){ .ttl_ms = RESOLVER_TTL_DEFAULT };
    line = trim(line);
    if (!next_word(&line, &word))
        return GW_ENONAME;
    if (peerid_parse(word, &out->peer) != 0)
        return GW_ESYNTAX;
    while (next_word(&line, &word)) {
        bool is_ttl = word.n >= n && memcmp(word.p, ttl, n) == 0;
        int err = is_ttl ? read_ttl((struct bytes){ word.p + n, word.n - n }, &out->ttl_ms)
                         : read_addr(word, out);
        if (err)
            return err;
    }
    return 0;
}

/* --- asking it */

/* What went wrong, as a phrase behind the program's name. */
static void say_why(char *why, size_t room, int err, int status)
{
    switch (err) {
    case GW_ENONAME:
        snprintf(why, room, "it knows none");
        break;
    case GW_ESYNTAX:
        snprintf(why, room, "its answer is not PEER-ID [MULTIADDR...] [ttl=SECONDS]");
        break;
    case GW_ETIMEOUT:
        snprintf(why, room, "no answer in %d s, killed", TIER_EXEC_MS / 1000);
        break;
    case GW_ELIMIT:
        snprintf(why, room, "more than %d octets of answer, killed", TIER_EXEC_OUT_MAX);
        break;
    case GW_EREFUSED:
        if (WIFSIGNALED(status))
            snprintf(why, room, "killed by signal %d", WTERMSIG(status));
        else
            snprintf(why, room, "ended with status %d", WEXITSTATUS(status));
        break;
    case GW_ENOTFOUND:
        snprintf(why, room, "there is no such program");
        break;
    case GW_EPERM:
        snprintf(why, room, "it may not be run");
        break;
    default:
        snprintf(why, room, "%s", gw_strerror(err));
    }
}

static void answer(const struct tier_exec *t, struct tier_query *q, int err, int status,
                   const struct name_answer *a)
{
    char phrase[96], why[192];

    if (!err) {
        tier_answer(q, 0, a, t->program);
        return;
    }
    say_why(phrase, sizeof phrase, err, status);
    snprintf(why, sizeof why, "%.64s: %s", t->program, phrase);
    tier_answer(q, err, NULL, why);
}

static void on_done(void *arg, int err, int status, struct bytes out)
{
    struct errand *e = arg;
    const struct tier_exec *t = e->of->tier;
    struct name_answer a;

    if (!err)
        err = tier_exec_read(out, &a);
    answer(t, errand_end(e), err, status, &a);
}

static int start(struct errand *e)
{
    const struct tier_exec *t = e->of->tier;
    const char *const argv[] = { t->path, NULL };
    char line[NAME_MAX_OCTETS + 2];
    struct child *c;

    snprintf(line, sizeof line, "%s\n", e->name.text);
    const struct child_req req = { .argv = argv,
                                   .input = bytes_of(line),
                                   .max_out = TIER_EXEC_OUT_MAX,
                                   .timeout_ms = TIER_EXEC_MS };
    int err = child_start(e->of->loop, &req, on_done, e, &c);
    e->run = err ? NULL : c;
    return err;
}

static void stop(void *run)
{
    child_cancel(run);
}

static const struct errand_ops runs = { .start = start, .cancel = stop };

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct tier_exec *t = tier;

    if (tier_direct_owns(n))
        tier_answer(q, GW_EUNSUP, NULL, NULL);
    else
        errands_lookup(&t->errands, n, q);
}

static void cancel(void *tier, struct tier_query *q)
{
    struct tier_exec *t = tier;
    errands_cancel(&t->errands, q);
}

const struct tier_ops tier_exec_ops = {
    .name = "exec", .timeout_ms = TIER_EXEC_MS + 500, .lookup = lookup, .cancel = cancel
};

struct tier_exec *tier_exec_new(struct ev_loop *loop, const char *path)
{
    struct tier_exec *t = calloc(1, sizeof *t);
    char *copy = strdup(path);
    if (!t || !copy) {
        free(t);
        free(copy);
        return NULL;
    }
    const char *slash = strrchr(copy, '/');
    t->path = copy;
    t->program = slash ? slash + 1 : copy;
    errands_init(&t->errands, loop, &runs, t);
    return t;
}

void tier_exec_free(struct tier_exec *t)
{
    if (!t)
        return;
    errands_fini(&t->errands);
    free(t->path);
    free(t);
}
