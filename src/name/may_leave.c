/* may_leave.c - see may_leave.h. */
#include "name/may_leave.h"

#include "name/tier_direct.h"

struct ownership {
    const struct name *name;
    bool is_owned;
};

static void look_at_domain(void *arg, const char *domain)
{
    struct ownership *o = arg;

    for (size_t i = 0; i < o->name->nlabels && !o->is_owned; i++)
        o->is_owned = bytes_eq(name_suffix(o->name, i), bytes_of(domain));
}

static void look_above_domain(void *arg, const char *domain)
{
    struct ownership *o = arg;
    struct bytes d = bytes_of(domain), above = name_suffix(o->name, 0);

    if (d.n < above.n)
        return;
    const uint8_t *end = d.p + (d.n - above.n);
    o->is_owned = o->is_owned ||
                  (memcmp(end, above.p, above.n) == 0 && (end == d.p || end[-1] == '.'));
}

bool may_leave(struct resolver *r, struct bytes host)
{
    struct name n;
    struct ownership o = { .name = &n };

    if (name_parse(host, &n) != 0 || n.is_p2p || n.nlabels < 2 || tier_direct_owns(&n) ||
        bytes_eq(name_label(&n, n.nlabels - 1), bytes_of("local")))
        return false;
    resolver_domains(r, look_at_domain, &o);
    return !o.is_owned;
}

bool may_leave_is_parent(struct resolver *r, struct bytes host)
{
    struct name n;
    struct ownership o = { .name = &n };

    if (name_parse(host, &n) == 0)
        resolver_domains(r, look_above_domain, &o);
    return o.is_owned;
}
