/* ctl_netcheck.c - see ctl_netcheck.h. */
#include "ctl/ctl_netcheck.h"

#include "ctl/checkup_json.h"

void ctl_netcheck_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    static struct checkup_state self;
    char id[PEERID_STR_MAX];
    (void)req;

    checkup_look(d->checkup, NULL, &self);
    json_t *v = checkup_json_state(d, &self);
    json_object_set_new(v, "peer_id", json_string(peerid_print(host_peerid(d->host), id)));
    json_object_set_new(v, "meaning", checkup_json_meaning(&self));
    ctl_session_reply(s, v);
}
