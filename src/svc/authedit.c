#include "svc/authedit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "svc/authkeys.h"
#include "svc/registry.h"

struct grant { /* what authedit_allow is to write */
    const struct peerid *peer;
    const char *const *services; /* NULL: all */
    const char *comment;         /* NULL: keep */
};

static void put(FILE *f, struct bytes v)
{
    fwrite(v.p, 1, v.n, f);
}

static bool is_line_of(struct bytes line, const struct peerid *peer, struct authkeys_line *l)
{
    const char *why;
    return authkeys_parse(line, l, &why) > 0 && peerid_eq(&l->peer, peer);
}

static bool lists_exit(const struct grant *g)
{
    for (const char *const *s = g->services; s && *s; s++)
        if (strcmp(*s, SERVICE_EXIT) == 0)
            return true;
    return false;
}

/* May the line, which is in force, grow by it?  Not when one is for all, the other for the exit. */
static bool can_merge(const struct grant *g, const struct authkeys_line *l)
{
    if (l->services.n == 0)
        return !lists_exit(g);
    return g->services || !authkeys_has_service(l, bytes_of(SERVICE_EXIT));
}

/* Writes ` services=...`: what `old` (NULL: nothing) lists, and what it lacks of the grant. */
static void put_services(FILE *f, const struct grant *g, const struct authkeys_line *old)
{
    if (!g->services || (old && old->services.n == 0))
        return; /* all */
    const char *sep = "";
    fputs(" services=", f);
    if (old) {
        put(f, old->services);
        sep = ",";
    }
    for (const char *const *s = g->services; *s; s++) {
        if (old && authkeys_has_service(old, bytes_of(*s)))
            continue;
        fprintf(f, "%s%s", sep, *s);
        sep = ",";
    }
}

static void put_comment(FILE *f, const struct grant *g, struct bytes old)
{
    if (g->comment && *g->comment) {
        fprintf(f, " # %s", g->comment);
    } else if (old.n) {
        fputc(' ', f);
        put(f, old);
    }
    fputc('\n', f);
}

static void put_new(FILE *f, const struct grant *g)
{
    char id[PEERID_STR_MAX];
    fputs(peerid_print(g->peer, id), f);
    put_services(f, g, NULL);
    put_comment(f, g, (struct bytes){ 0 });
}

static void put_merged(FILE *f, const struct grant *g, struct bytes line,
                       const struct authkeys_line *l, bool is_live)
{
    struct bytes unused;
    put(f, authkeys_next_word(&line)); /* the peer id as it was written */
    put_services(f, g, is_live ? l : NULL);
    for (struct bytes w; (w = authkeys_next_word(&line)).n && w.p[0] != '#';) {
        if (authkeys_option(w, "services", &unused) ||
            (!is_live && authkeys_option(w, "expires", &unused)))
            continue;
        fputc(' ', f);
        put(f, w);
    }
    put_comment(f, g, l->comment);
}

/* Ends the stream; a failed write is out of memory. */
static int finish(FILE *f, char **out, int err)
{
    if (ferror(f))
        err = GW_ENOMEM;
    if (fclose(f) != 0)
        err = GW_ENOMEM;
    if (err) {
        free(*out);
        *out = NULL;
    }
    return err;
}

static bool grant_ok(const struct grant *g)
{
    if (g->services && !*g->services)
        return false;
    for (const char *const *s = g->services; s && *s; s++)
        if (!service_name_ok(bytes_of(*s)))
            return false;
    for (const char *c = g->comment; c && *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return true;
}

int authedit_allow(struct bytes text, const struct peerid *peer, const char *const *services,
                   const char *comment, int64_t now_s, char **out, size_t *n)
{
    struct grant g = { peer, services, comment };
    if (!grant_ok(&g))
        return GW_EINVAL;
    FILE *f = open_memstream(out, n);
    if (!f)
        return GW_ENOMEM;
    bool is_done = false;
    for (struct bytes line; authkeys_next_line(&text, &line);) {
        struct authkeys_line l;
        bool is_theirs = !is_done && is_line_of(line, peer, &l);
        bool is_live = is_theirs && authkeys_is_live(&l, now_s);
        if (is_theirs && (!is_live || can_merge(&g, &l))) {
            put_merged(f, &g, line, &l, is_live);
            is_done = true;
            continue;
        }
        put(f, line);
        fputc('\n', f);
    }
    if (!is_done)
        put_new(f, &g);
    return finish(f, out, 0);
}

int authedit_deny(struct bytes text, const struct peerid *peer, char **out, size_t *n)
{
    FILE *f = open_memstream(out, n);
    if (!f)
        return GW_ENOMEM;
    int err = GW_ENOTFOUND;
    for (struct bytes line; authkeys_next_line(&text, &line);) {
        struct authkeys_line l;
        if (is_line_of(line, peer, &l)) {
            err = 0;
            continue;
        }
        put(f, line);
        fputc('\n', f);
    }
    return finish(f, out, err);
}
