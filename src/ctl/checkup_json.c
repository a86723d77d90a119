/* checkup_json.c - see checkup_json.h. */
#include "ctl/checkup_json.h"

#include "ctl/checkup_words.h"
#include "ctl/ctl_status.h"

static json_t *addr_list(const struct checkup_addrs *from)
{
    char text[MULTIADDR_STR_MAX];
    json_t *list = json_array();

    for (size_t i = 0; i < from->n; i++)
        json_array_append_new(list, json_string(multiaddr_print(&from->v[i], text)));
    return list;
}

static json_t *relay_of(const struct ctl_deps *d, const struct checkup_relay *r)
{
    char id[PEERID_STR_MAX];
    const char *name = tier_static_name_of(d->names, &r->id);
    json_t *v = json_pack("{s:s, s:s, s:s}", "id", peerid_print(&r->id, id), "name",
                          name ? name : "", "state", checkup_slot_name(r->slot));

    if (r->rtt_us)
        json_object_set_new(v, "rtt_ms", json_real((double)r->rtt_us / 1000));
    return v;
}

static json_t *relay_list(const struct ctl_deps *d, const struct checkup_state *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->nrelays; i++)
        json_array_append_new(list, relay_of(d, &s->relays[i]));
    return list;
}

json_t *checkup_json_state(const struct ctl_deps *d, const struct checkup_state *s)
{
    struct checkup_words w;
    json_t *v = json_pack("{s:o}", "version", ctl_status_foreign(bytes_of(s->version)));

    for (size_t i = 0; checkup_words(&s->net, i, &w); i++)
        json_object_set_new(v, w.key, json_string(w.value));
    json_object_set_new(v, "announced", addr_list(&s->announced));
    json_object_set_new(v, "candidates", addr_list(&s->candidates));
    json_object_set_new(v, "mapped", addr_list(&s->mapped));
    json_object_set_new(v, "relays", relay_list(d, s));
    return v;
}

json_t *checkup_json_meaning(const struct checkup_state *s)
{
    struct checkup_words w;
    json_t *v = json_object();

    for (size_t i = 0; checkup_words(&s->net, i, &w); i++)
        json_object_set_new(v, w.key, json_string(w.meaning));
    json_object_set_new(v, "relays", json_string(checkup_say_relays(s)));
    return v;
}
